"""Removing identifiers from a study: what is wanted, what the pixels show, and the report at the end."""
