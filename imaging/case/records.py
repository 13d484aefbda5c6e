"""Entries, deltas and checkpoints to and from the rows of a case file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from imaging.blocks import BLOCK, BlockDelta, Labels, PackedDelta, pack, unpack
from imaging.case.damage import DAMAGE
from imaging.case.entry import FIRST_HASH, MEASUREMENT, Entry, EntryKind, deltas_digest, entry_hash, has_measurements
from imaging.case.schema import MEASUREMENTS_VERSION, NOTES_VERSION
from imaging.change import Change
from imaging.geometry import Box
from imaging.measurement import Measurement
from imaging.measurements import Measurements
from imaging.segment import Segment
from imaging.segmentation import Segmentation

ENTRY_COLUMNS = "sequence, utc, author, tool, title, parameters, kind, target, records, segment_order"


def insert_entry(connection: sqlite3.Connection, entry: Entry, deltas: list[PackedDelta]) -> None:
    """Append one entry with its deltas and its hash. The caller holds the transaction.

    The first measurement or note makes the file one of the version that knows them; others stay readable for older
    programs.
    """
    needed = (
        NOTES_VERSION
        if entry.kind is EntryKind.NOTE
        else MEASUREMENTS_VERSION
        if has_measurements(entry.records)
        else 0
    )
    if needed > connection.execute("PRAGMA user_version").fetchone()[0]:
        connection.execute(f"PRAGMA user_version={needed}")
    row = connection.execute("SELECT hash FROM entries ORDER BY sequence DESC LIMIT 1").fetchone()
    previous = row[0] if row else FIRST_HASH
    digest = deltas_digest(deltas)
    connection.execute(
        f"INSERT INTO entries ({ENTRY_COLUMNS}, digest, previous, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            entry.sequence,
            entry.utc,
            entry.author,
            entry.tool,
            entry.title,
            json.dumps(entry.parameters),
            entry.kind.value,
            entry.target,
            json.dumps(entry.records),
            json.dumps(entry.order),
            digest,
            previous,
            entry_hash(entry, digest, previous),
        ),
    )
    connection.executemany(
        "INSERT INTO deltas VALUES (?,?,?,?,?,?,?,?)",
        [(entry.sequence, n, d.layer, *d.place, d.itemsize, d.data) for n, d in enumerate(deltas)],
    )


def read_entries(connection: sqlite3.Connection, after: int = 0) -> list[Entry]:
    """All entries above a sequence number, in order."""
    rows = connection.execute(f"SELECT {ENTRY_COLUMNS} FROM entries WHERE sequence > ? ORDER BY sequence", (after,))
    return [_entry(row) for row in rows]


def read_deltas(connection: sqlite3.Connection, sequence: int) -> list[PackedDelta]:
    """The packed deltas of one entry, in their order."""
    rows = connection.execute(
        "SELECT layer, k, j, i, itemsize, data FROM deltas WHERE sequence = ? ORDER BY position", (sequence,)
    )
    return [PackedDelta(layer, (k, j, i), itemsize, data) for layer, k, j, i, itemsize, data in rows]


def change_of(entry: Entry, packed: list[PackedDelta], shape: tuple[int, int, int]) -> Change:
    """The change that an entry of kind CHANGE recorded."""
    deltas = [unpack(p, shape) for p in packed]
    segments, measurements = [], []
    for pair in entry.records:
        if has_measurements([pair]):
            measurements.append((_measurement(pair[0]), _measurement(pair[1])))
        else:
            segments.append((_segment(pair[0]), _segment(pair[1])))
    return Change(deltas, segments, entry.order, boxes_of(deltas), measurements)


def boxes_of(deltas: list[BlockDelta]) -> dict[int, Box]:
    """Per layer, the region that the deltas touch."""
    boxes: dict[int, Box] = {}
    for delta in deltas:
        boxes[delta.layer] = boxes[delta.layer].union(delta.box) if delta.layer in boxes else delta.box
    return boxes


@dataclass(frozen=True)
class ChainReport:
    """Whether the journal is whole: ``broken_at`` is the first entry whose hash does not fit, None when all do."""

    entry_count: int
    broken_at: int | None

    @property
    def is_ok(self) -> bool:
        """True when every entry follows from the one before."""
        return self.broken_at is None


def verify_chain(connection: sqlite3.Connection) -> ChainReport:
    """Compute every hash anew, with the deltas."""
    previous, expected, count = FIRST_HASH, 1, 0
    rows = connection.execute(f"SELECT {ENTRY_COLUMNS}, digest, previous, hash FROM entries ORDER BY sequence")
    for row in rows.fetchall():
        sequence, (digest, stated_previous, stated_hash) = row[0], row[10:]
        count += 1
        try:
            is_whole = (
                sequence == expected
                and stated_previous == previous
                and deltas_digest(read_deltas(connection, sequence)) == digest
                and entry_hash(_entry(row[:10]), digest, previous) == stated_hash
            )
        except DAMAGE:  # what cannot even be read is not what was written
            is_whole = False
        if not is_whole:
            return ChainReport(count, sequence)
        previous, expected = stated_hash, expected + 1
    return ChainReport(count, None)


def write_checkpoint(
    connection: sqlite3.Connection, sequence: int, content: dict[str, Any], layers: list[Labels]
) -> None:
    """Store the whole state after an entry, and drop older checkpoints. The caller holds the transaction."""
    connection.execute("INSERT OR REPLACE INTO checkpoints VALUES (?,?)", (sequence, json.dumps(content)))
    for layer, labels in enumerate(layers):
        connection.executemany(
            "INSERT OR REPLACE INTO checkpoint_blocks VALUES (?,?,?,?,?,?,?)",
            ((sequence, layer, *p.place, p.itemsize, p.data) for p in _packed_blocks(layer, labels)),
        )
    connection.execute("DELETE FROM checkpoints WHERE sequence < ?", (sequence,))
    connection.execute("DELETE FROM checkpoint_blocks WHERE sequence < ?", (sequence,))


def read_checkpoint(connection: sqlite3.Connection, segmentation: Segmentation, measurements: Measurements) -> int:
    """Bring fresh objects to the newest checkpoint; returns its sequence, 0 when there is none."""
    row = connection.execute("SELECT sequence, content FROM checkpoints ORDER BY sequence DESC LIMIT 1").fetchone()
    if row is None:
        return 0
    sequence, content = row[0], json.loads(row[1])
    shape = segmentation.geometry.shape
    layers: list[Labels] = [np.zeros(shape, f"u{itemsize}") for itemsize in content["layers"]]
    blocks = connection.execute(
        "SELECT layer, k, j, i, itemsize, data FROM checkpoint_blocks WHERE sequence = ?", (sequence,)
    )
    for layer, k, j, i, itemsize, data in blocks:
        block = unpack(PackedDelta(layer, (k, j, i), itemsize, data), shape)
        layers[layer][block.box.slices] = block.xor
    segments = [Segment.from_json(record) for record in content["segments"]]
    segmentation.load(segments, layers, content["highest_number"], content["voxel_counts"])
    found = [Measurement.from_json(record) for record in content.get("measurements", [])]
    measurements.load(found, content.get("highest_measurement", 0))
    return int(sequence)


def checkpoint_content(segmentation: Segmentation, measurements: Measurements) -> dict[str, Any]:
    """What a checkpoint holds beside the voxels."""
    content = {
        "segments": [s.to_json() for s in segmentation.segments],
        "layers": [layer.itemsize for layer in segmentation.layers],
        "highest_number": segmentation.next_number - 1,
        "voxel_counts": [segmentation.voxel_count(s.number) for s in segmentation.segments],
    }
    if measurements.next_number > 1:
        content["measurements"] = [m.to_json() for m in measurements.all]
        content["highest_measurement"] = measurements.next_number - 1
    return content


def _packed_blocks(layer: int, labels: Labels) -> Iterator[PackedDelta]:
    nk, nj, ni = (-(-n // BLOCK) for n in labels.shape)
    for k in range(nk):
        slab = labels[k * BLOCK : (k + 1) * BLOCK]
        if not slab.any():
            continue
        for j in range(nj):
            for i in range(ni):
                block = slab[:, j * BLOCK : (j + 1) * BLOCK, i * BLOCK : (i + 1) * BLOCK]
                if block.any():
                    yield pack(BlockDelta(layer, (k, j, i), block))


def _entry(row: Any) -> Entry:
    sequence, utc, author, tool, title, parameters, kind, target, records, order = row
    before, after = json.loads(order)
    pairs = tuple((b, a) for b, a in json.loads(records))
    settings = json.loads(parameters)
    is_sound = all(isinstance(text, str) for text in (utc, author, tool, title)) and isinstance(settings, dict)
    if not is_sound or not isinstance(target, int | None):
        raise ValueError("an entry's fields are of other kinds than Limner writes")
    if any(not isinstance(record, dict | None) for pair in pairs for record in pair):
        raise ValueError("an entry's records are none")
    return Entry(
        sequence,
        utc,
        author,
        tool,
        title,
        settings,
        EntryKind(kind),
        target,
        pairs,
        (tuple(before), tuple(after)),
    )


def _measurement(record: dict[str, Any] | None) -> Measurement | None:
    return None if record is None else Measurement.from_json(record[MEASUREMENT])


def _segment(record: dict[str, Any] | None) -> Segment | None:
    return None if record is None else Segment.from_json(record)
