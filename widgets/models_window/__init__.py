"""The window of the models: what the store holds, and adding, trusting, testing and removing."""
