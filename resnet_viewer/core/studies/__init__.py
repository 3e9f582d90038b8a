"""What each study measures."""
