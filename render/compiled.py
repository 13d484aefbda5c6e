"""Numba, with its compiled code kept between runs: see ``render.compiled_folder``."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from render.compiled_folder import CHOICE, compiled_folder

if TYPE_CHECKING:

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile a function of numbers and arrays: it leaves the interpreter free, and may run on many threads."""

    def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile a function that makes no arrays, into those that call it.

        Threads that count who uses an array get into each other's way, all the more as it is counted at each call; so
        nothing is counted here, and an array that is made would never be let go.
        """


os.environ.setdefault(CHOICE, str(compiled_folder()))

if not TYPE_CHECKING:
    from numba import njit

    # NaN and infinity keep their meaning: distances are infinite where nothing is hit
    _SAFE = {"nsz", "arcp", "contract", "afn", "reassoc"}
    compiled = njit(nogil=True, cache=True, fastmath=_SAFE, error_model="numpy")
    inlined = njit(nogil=True, cache=True, fastmath=_SAFE, error_model="numpy", forceinline=True, _nrt=False)
