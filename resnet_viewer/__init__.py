"""See what residual connections do."""
