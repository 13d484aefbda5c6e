"""The window of the archives: other machines asked for studies, and what is wanted fetched."""
