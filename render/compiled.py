"""Numba, with its compiled code kept between runs: see ``render.compiled_folder``."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from render.compiled_folder import CHOICE, compiled_folder

if TYPE_CHECKING:

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile a function of numbers and arrays: it leaves the interpreter free, and may run on many threads."""


os.environ.setdefault(CHOICE, str(compiled_folder()))

if not TYPE_CHECKING:
    from numba import njit

    # NaN and infinity keep their meaning: distances are infinite where nothing is hit
    compiled = njit(nogil=True, cache=True, fastmath={"nsz", "arcp", "contract", "afn", "reassoc"}, error_model="numpy")
