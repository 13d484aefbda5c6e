"""Unique identifiers: which are valid (PS3.5 chapter 9), and new ones, by chance or from what is known."""

from __future__ import annotations

import hashlib
import re
import uuid

LONGEST = 64
_VALID = re.compile(r"[012](\.(0|[1-9]\d*))+")


def is_valid_uid(text: str) -> bool:
    """True for digits and dots as the standard wants them: a known root, no leading zeros, at most 64 characters."""
    return len(text) <= LONGEST and _VALID.fullmatch(text) is not None


def is_of_series(series_id: str, uid: str) -> bool:
    """True when ``series_id`` (`imaging.series.Series.id`) is this series, or a numbered part of it."""
    return bool(uid) and f"{series_id}.".startswith(f"{uid}.")


def new_uid() -> str:
    """A UID that nobody else has (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def uid_of(*parts: object) -> str:
    """The UID that belongs to these parts: the same ones give the same UID, whenever and wherever."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
    return f"2.25.{uuid.UUID(bytes=digest, version=5).int}"
