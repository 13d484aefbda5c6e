"""One entry of a case's journal, and the hash that chains it to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from imaging.blocks import PackedDelta
from imaging.change import Change

FIRST_HASH = "0" * 64
MEASUREMENT = "measurement"  # the key that tells a measurement's record from a segment's

RecordPair = tuple[dict[str, Any] | None, dict[str, Any] | None]  # before, after


class EntryKind(StrEnum):
    """What an entry does to the segmentation."""

    CHANGE = "change"
    UNDO = "undo"  # takes back the entry ``target``
    REDO = "redo"  # puts the entry ``target`` in force again
    NOTE = "note"  # what happened with the case without changing it: written out, sent; undo passes over it


@dataclass(frozen=True)
class Entry:
    """What happened, when, by whom; the voxels it changed stand beside it in the file.

    Attributes:
        sequence: 1, 2, 3... without gaps.
        utc: ISO 8601 time.
        author: a person's name or ``model NAME@VERSION+HASH``.
        tool: the tool's or command's id.
        title: what the history panel shows.
        parameters: what the tool was set to, JSON-able.
        kind: change, undo or redo.
        target: for undo and redo, the sequence of the change meant.
        records: segment records before and after (JSON-able), empty for undo and redo; measurements stand behind them,
            each under the key ``measurement``.
        order: segment numbers before and after.
    """

    sequence: int
    utc: str
    author: str
    tool: str
    title: str
    parameters: dict[str, Any] = field(default_factory=dict)
    kind: EntryKind = EntryKind.CHANGE
    target: int | None = None
    records: tuple[RecordPair, ...] = ()
    order: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())

    def canonical(self) -> bytes:
        """The bytes that are hashed: JSON with sorted keys."""
        content = {
            "sequence": self.sequence,
            "utc": self.utc,
            "author": self.author,
            "tool": self.tool,
            "title": self.title,
            "parameters": self.parameters,
            "kind": self.kind.value,
            "target": self.target,
            "records": self.records,
            "order": self.order,
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def deltas_digest(deltas: Iterable[PackedDelta]) -> str:
    """SHA-256 over an entry's packed deltas in their order in the file."""
    digest = hashlib.sha256()
    for delta in deltas:
        digest.update(f"{delta.layer},{delta.place},{delta.itemsize},{len(delta.data)};".encode())
        digest.update(delta.data)
    return digest.hexdigest()


def entry_hash(entry: Entry, digest: str, previous: str) -> str:
    """SHA-256 that seals an entry, its deltas and, through ``previous``, everything before it."""
    return hashlib.sha256(previous.encode() + digest.encode() + entry.canonical()).hexdigest()


def change_records(change: Change) -> tuple[RecordPair, ...]:
    """What a change did to segments and measurements, in the form of ``Entry.records``."""
    segments = [(b.to_json() if b else None, a.to_json() if a else None) for b, a in change.records]
    measurements = [
        ({MEASUREMENT: b.to_json()} if b else None, {MEASUREMENT: a.to_json()} if a else None)
        for b, a in change.measurements
    ]
    return (*segments, *measurements)


def has_measurements(records: Iterable[RecordPair]) -> bool:
    """True when some of an entry's records are measurements."""
    return any(MEASUREMENT in record for pair in records for record in pair if record is not None)
