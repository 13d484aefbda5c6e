"""Pure functions that turn a gesture or a command into an Edit; none knows another."""
