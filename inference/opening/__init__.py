"""From a model's folder to a recipe and a network; only in the worker, for this is where foreign code begins to run.

One module for each format, each with ``open_folder(folder, description) -> Opened``.
"""
