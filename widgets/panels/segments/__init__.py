"""The list of segments."""
