"""Many images through a model, one after the other: what is to be done, and the queue that does it."""
