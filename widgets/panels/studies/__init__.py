"""What can be opened: the shelf and what was opened before."""
