"""The case file: one SQLite database that holds every change, and from which everything else follows."""
