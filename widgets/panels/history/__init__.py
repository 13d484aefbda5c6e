"""The journal of the open case."""
