"""Where compiled code is kept between runs; asked for without loading Numba."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import platformdirs

CHOICE = "NUMBA_CACHE_DIR"  # Numba's own environment variable
ALL_DONE = "complete"  # a file in the folder: nothing is left to compile


def compiled_folder() -> Path:
    """The folder that Numba is told of, or was told of by somebody else; it need not exist.

    Numba renews kept code when the file of a function changes, but not when a constant or function that it took from
    another file does. So the folder is named after the contents of all files that may take part.
    """
    chosen = os.environ.get(CHOICE)
    if chosen:
        return Path(chosen)
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return Path(platformdirs.user_cache_dir("limner")) / "compiled" / digest.hexdigest()[:16]


def is_all_compiled() -> bool:
    """True when everything was compiled by ``render.cinematic.warm``."""
    return (compiled_folder() / ALL_DONE).is_file()


def is_anything_compiled() -> bool:
    """False on a machine where nothing was drawn yet: the first cinematic picture takes up to half a minute longer."""
    return any(compiled_folder().rglob("*.nbi"))
