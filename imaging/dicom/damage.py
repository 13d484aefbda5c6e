"""What pydicom raises on damaged objects, and how a person is told.

It reads values when they are asked for: any access to an element of a foreign object may raise any of these.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache

from imaging.errors import UserError
from imaging.sandboxed import FOREIGN_FAULTS


@cache
def pydicom_faults() -> tuple[type[Exception], ...]:
    """The exceptions, for an ``except`` around what looks at a foreign object."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    return (*FOREIGN_FAULTS, BytesLengthException, InvalidDicomError)


@contextlib.contextmanager
def naming_damage(sentence: str, hint: str = "") -> Iterator[None]:
    """Around what looks at a foreign object with pydicom: its exceptions become a ``UserError`` with this sentence.

    Their own texts quote values, which may name a patient; they are kept for the crash report only.
    """
    try:
        yield
    except pydicom_faults() as error:
        raise UserError(sentence, hint) from error
