"""The options and the findings of each study."""
