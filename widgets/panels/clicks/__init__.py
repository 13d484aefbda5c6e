"""The panel of a model that takes clicks."""
