"""Segmenting programs that are installed on their own, and run as they are: found, asked, and watched; never copied.

``kinds`` says which there are; ``totalsegmentator`` is what is particular of one. ``listing`` finds and asks, ``model``
is a run in our worker, ``program`` the worker's end of the process, ``keeper`` the process around the program.
"""
