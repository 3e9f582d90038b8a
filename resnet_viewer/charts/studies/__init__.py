"""What is drawn of each study's results."""
