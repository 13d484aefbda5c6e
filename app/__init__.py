"""Entry points and assembly: main window, command line, actions, wiring, crash handling."""
