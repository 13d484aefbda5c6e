"""What the active tool can be set to."""
