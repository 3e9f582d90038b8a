"""One file a family: how its networks are laid out."""
