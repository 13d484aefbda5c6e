"""The window of the queue: many images for one model."""
