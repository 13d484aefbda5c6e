"""What computes masks: operators, models, the worker process and its jobs."""
