"""Numba, with its compiled code kept between runs.

Numba renews kept code when the file of a function changes, but not when a constant or function that it took from
another file does. So the code is kept in a folder named after the contents of all files that may take part.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

if TYPE_CHECKING:

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile a function of numbers and arrays: it leaves the interpreter free, and may run on many threads."""


def _cache_folder() -> Path:
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return Path(platformdirs.user_cache_dir("limner")) / "compiled" / digest.hexdigest()[:16]


os.environ.setdefault("NUMBA_CACHE_DIR", str(_cache_folder()))

if not TYPE_CHECKING:
    from numba import njit

    # NaN and infinity keep their meaning: distances are infinite where nothing is hit
    compiled = njit(nogil=True, cache=True, fastmath={"nsz", "arcp", "contract", "afn", "reassoc"}, error_model="numpy")
