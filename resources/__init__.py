"""Data that ships with the program, reached by importlib.resources."""
