"""The few windows that open above the main window."""
