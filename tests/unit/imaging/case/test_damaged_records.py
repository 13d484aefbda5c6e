"""A case whose rows somebody changed is refused with a sentence: when it is opened, and when its past is replayed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.edit import AddSegment, PaintEdit
from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurement, RemoveMeasurements
from imaging.segment import Segment
from session.document import Document

SHAPE = (4, 20, 20)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A segment (1), two strokes (2, 3), a measurement that comes (4) and goes (5)."""
    document = Document([], Case.create(tmp_path / "a.limner", Geometry(SHAPE, np.eye(4)), []), author="me")
    document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
    for n in range(2):
        box = Box(n, n + 2, 0, 9, 0, 9)
        document.apply(PaintEdit(1, box, np.ones(box.shape, bool)), title="paint", tool="t")
    line = Measurement(1, MeasurementKind.LENGTH, ((0.0, 0.0, 0.0), (3.0, 0.0, 0.0)), (0.0, 0.0, 1.0), "It")
    document.apply(AddMeasurement(line), title="measure", tool="t")
    document.apply(RemoveMeasurements((1,)), title="remove", tool="t")
    document.close()
    return tmp_path / "a.limner"


def change(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement, values)
    connection.close()


def first_record(path: Path) -> dict:
    with sqlite3.connect(path) as connection:
        record = json.loads(connection.execute("SELECT records FROM entries WHERE sequence = 1").fetchone()[0])[0][1]
    connection.close()
    return record


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("records", b"\xff]"),
        ("records", "[[5, 6]]"),
        ("records", "[" * 100_000),
        ("kind", "chan,ge"),
        ("title", b"bytes"),
        ("parameters", "[]"),
        ("parameters", "{} 5"),
        ("segment_order", "[[], [7]]"),
        ("segment_order", "5"),
    ],
)
def test_entries_of_another_kind(path: Path, column: str, value: object) -> None:
    change(path, f"UPDATE entries SET {column} = ? WHERE sequence = 2", value)
    with pytest.raises(UserError, match="damaged"):
        Case.open(path)


@pytest.mark.parametrize(
    "fields",
    [
        {"number": "x"},
        {"number": 2.0},
        {"label_value": 0},
        {"label_value": 70_000},
        {"layer": 10**9},
        {"layer": -1},
        {"name": None},
        {"color": [1, 2]},
        {"color": [1, 2, 256]},
        {"state": "?"},
        {"type": {"value": 1, "scheme": "a", "meaning": "b"}},
        {"unknown": 1},
    ],
)
def test_a_segment_that_cannot_be(path: Path, fields: dict) -> None:
    records = json.dumps([[None, {**first_record(path), **fields}]])
    change(path, "UPDATE entries SET records = ? WHERE sequence = 1", records)
    with pytest.raises(UserError, match="Entry 1 of this case is damaged"):
        Case.open(path)


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE deltas SET layer = ?", 3),
        ("UPDATE deltas SET layer = ?", -1),
        ("UPDATE deltas SET itemsize = ?", "x"),
        ("UPDATE deltas SET data = ?", "text"),
        ("UPDATE deltas SET k = ?", 1 << 40),
        ("UPDATE deltas SET k = ?", 2.5),
    ],
)
def test_voxels_that_lie_nowhere(path: Path, statement: str, value: object) -> None:
    change(path, statement, value)
    with pytest.raises(UserError, match="damaged"):
        Case.open(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shape", [1e308, 20, 20]),
        ("shape", [99999999999, 20, 20]),
        ("shape", None),
        ("affine_lps", np.diag([1e308, 1e308, 1e308, 1]).tolist()),
        ("affine_lps", [[float("nan")] * 4] * 4),
        ("slice_origins_mm", [[0, 0, float("inf")]] * 4),
    ],
)
def test_a_grid_that_cannot_be(path: Path, field: str, value: object) -> None:
    with sqlite3.connect(path) as connection:
        geometry = json.loads(connection.execute("SELECT value FROM meta WHERE key = 'geometry'").fetchone()[0])
    connection.close()
    change(path, "UPDATE meta SET value = ? WHERE key = 'geometry'", json.dumps({**geometry, field: value}))
    with pytest.raises(UserError, match=r"damaged|memory"):
        Case.open(path)


def test_what_cannot_be_undone_changes_nothing(path: Path) -> None:
    """The removal of a measurement that never was: after a checkpoint nobody replays how it came."""
    document = Document([], Case.open(path), author="me")
    document.undo()  # the measurement is there again
    document.undo()  # and gone with its making
    before = document.segmentation.mask(1).copy()
    redone = document.case.journal.change(4)
    with pytest.raises(UserError, match="does not fit"):
        document.case.replay(redone.inverted())
    assert np.array_equal(document.segmentation.mask(1), before)
    assert document.measurements.all == ()
    document.close()


@pytest.mark.parametrize("column", ["records", "title", "kind", "segment_order"])
def test_an_unreadable_entry_breaks_the_chain_where_it_is(path: Path, column: str) -> None:
    case = Case.open(path, read_only=True)
    change(path, f"UPDATE entries SET {column} = ? WHERE sequence = 3", "[[[")
    assert case.verify().broken_at == 3
    case.close()


def test_the_untouched_case_opens(path: Path) -> None:
    case = Case.open(path)
    assert case.verify().is_ok
    assert case.segmentation.voxel_count(1) == 3 * 81
    case.close()


def test_too_little_memory_is_not_called_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("imaging.case.records.change_of", full)
    with pytest.raises(UserError, match="more memory than is free"):
        Case.open(path)
