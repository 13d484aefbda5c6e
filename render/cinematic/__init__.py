"""The path-traced picture: one method, described in ``kernel.py``, on two back ends (GLSL and Numba)."""
