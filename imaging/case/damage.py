"""What reading a case raises that something else than Limner wrote into, and how a person is told."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Final

from imaging.errors import UserError

# Rows hold JSON, numbers and packed blocks: other ones, or of another kind, meet our code somewhere on their way.
DAMAGE: Final = (
    sqlite3.Error,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextlib.contextmanager
def naming_damage(sentence: str, hint: str = "Run `limner case verify` on it.") -> Iterator[None]:
    """Around what reads rows of a case: whatever they make it raise becomes a ``UserError`` with this sentence."""
    try:
        yield
    except MemoryError as error:  # of what a damaged row asks for, or of a case that is too large for this computer
        raise UserError("This case needs more memory than is free.", "Close other programs.") from error
    except DAMAGE as error:
        raise UserError(sentence, hint) from error
