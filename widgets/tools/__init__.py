"""What the mouse and the pen do in a view; none knows another."""
