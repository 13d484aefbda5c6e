"""The panels at the window's sides; none knows another."""
