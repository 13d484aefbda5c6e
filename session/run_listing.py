"""Choosing runs of the workspace's log: by case, by model, by time; and what to call their images."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from imaging.case.schema import connect_reader
from imaging.errors import UserError
from imaging.json_text import read_json

MOST_CASES = 500  # the newest ones; looking into one takes about a millisecond
SHORT_HASH = 8


def image_hash(case: Path) -> str:
    """The hash of a case's image, by which the log knows it.

    Raises:
        UserError: no case, or its image's hash was never computed.
    """
    found = _hashes(case)
    if not found:
        raise UserError(f"The case {case.name} does not know its image's hash yet.", "Open it once in the window.")
    return found[0]


def case_names(workspace: Path, hashes: Collection[str]) -> dict[str, str]:
    """What to call images: the names of the workspace's own cases on them, which name no patient.

    Args:
        workspace: whose folder ``cases`` is looked into; the newest case on an image names it.
        hashes: of the images.

    Returns:
        A name for each image; the beginning of its hash where no case is found.
    """
    wanted = set(hashes) - {""}
    names: dict[str, str] = {}
    folder = workspace / "cases"
    files = sorted(folder.glob("*.limner"), key=lambda p: p.stat().st_mtime, reverse=True) if folder.is_dir() else []
    for case in files[:MOST_CASES]:
        if wanted <= names.keys():
            break
        try:
            found = _hashes(case)
        except UserError:
            continue  # opening it says what is wrong with it; here it only lends its name
        for each in found:
            if each in wanted:
                names.setdefault(each, case.stem)
    return {each: names.get(each, short_hash(each)) for each in hashes}


def short_hash(full: str) -> str:
    """The beginning of an image's hash."""
    return full[:SHORT_HASH] or "unknown"


def since_utc(text: str) -> str:
    """A date or time as it was typed, in this computer's time zone, as the log writes times.

    Raises:
        UserError: it is neither.
    """
    if not text:
        return ""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")
    except ValueError:
        raise UserError(f"“{text}” is no date.", "Write it as 2026-03-31 or 2026-03-31T14:30.") from None


def _hashes(case: Path) -> list[str]:
    try:
        with closing(connect_reader(case)) as connection:
            (text,) = connection.execute("SELECT value FROM meta WHERE key = 'images'").fetchone()
        return [image["pixel_hash"] for image in read_json(text) if image["pixel_hash"]]
    except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
        raise UserError(f"The case {case.name} cannot be read.", "Run `limner case verify` on it.") from error
