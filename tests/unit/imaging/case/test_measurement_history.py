"""Measurements are part of the case: undone, redone, found again after a kill, and no harm to older files."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import CHECKPOINT_ENTRIES, Case
from imaging.case.entry import FIRST_HASH, Entry, deltas_digest, entry_hash
from imaging.edit import AddSegment, PaintEdit
from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurement, RemoveMeasurements, UpdateMeasurement
from imaging.segment import Segment
from session.document import Document

SHAPE = (8, 20, 20)
UP = (0.0, 0.0, 1.0)

MEASURER = """
import sys
from pathlib import Path
import numpy as np
from imaging.case.case import Case
from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurement, UpdateMeasurement
from session.document import Document
document = Document([], Case.create(Path(sys.argv[1]), Geometry((8, 20, 20), np.eye(4)), []), author="me")
for n in range(1, 4):
    one = Measurement(n, MeasurementKind.LENGTH, ((0.0, 0.0, 0.0), (n, 0.0, 0.0)), (0.0, 0.0, 1.0), f"Length {n}")
    document.apply(AddMeasurement(one), title="measure", tool="measure.length")
document.apply(UpdateMeasurement(2, {"name": "aorta"}), title="rename", tool="measure.rename")
document.case.journal.flush()
print("written", flush=True)
sys.stdin.read()
"""


def measured(number: int, size: float = 5.0) -> Measurement:
    return Measurement(number, MeasurementKind.LENGTH, ((0.0, 0.0, 0.0), (size, 0.0, 0.0)), UP, f"Length {number}")


def new_document(path: Path) -> Document:
    return Document([], Case.create(path, Geometry(SHAPE, np.eye(4)), []), author="tester")


def file_version(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def random_step(document: Document, rng: np.random.Generator) -> None:
    numbers = [m.number for m in document.measurements.all]
    kind = rng.integers(0, 6)
    if kind == 0:
        new = document.segmentation.next_number
        document.apply(AddSegment(Segment(new, f"s{new}")), title="add", tool="t")
    elif kind == 1 and document.segmentation.segments:
        box = Box(0, 3, 0, 3, 0, int(rng.integers(2, 9)))
        number = document.segmentation.segments[-1].number
        document.apply(PaintEdit(number, box, np.ones(box.shape, bool)), title="paint", tool="t")
    elif kind == 2 and numbers:
        document.apply(RemoveMeasurements((int(rng.choice(numbers)),)), title="remove", tool="t")
    elif kind == 3 and numbers:
        fields = {"points_mm": ((0.0, 0.0, 0.0), (float(rng.random()), 1.0, 1.0))}
        document.apply(UpdateMeasurement(int(rng.choice(numbers)), fields), title="move", tool="t")
    else:
        document.apply(AddMeasurement(measured(document.measurements.next_number)), title="add", tool="t")


def state(case: Case) -> tuple:
    segments = [(s, case.segmentation.mask(s.number).tobytes()) for s in case.segmentation.segments]
    return case.measurements.all, tuple(segments)


@pytest.mark.parametrize("seed", range(4))
def test_random_work_is_undone_redone_and_found_again(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    document = new_document(tmp_path / "a.limner")
    states = {0: state(document.case)}
    for _ in range(CHECKPOINT_ENTRIES + 20):
        if rng.random() < 0.25:
            document.undo() if rng.random() < 0.6 else document.redo()
        else:
            random_step(document, rng)
        top = document.case.timeline.undo_target or 0
        assert state(document.case) == states.setdefault(top, state(document.case))
    last, highest = state(document.case), document.measurements.next_number
    document.close()
    again = Case.open(tmp_path / "a.limner")
    assert again._checkpoint_at > 0
    assert state(again) == last
    assert again.measurements.next_number == highest
    assert again.verify().is_ok
    reopened = Document([], again)
    while reopened.can_undo:
        reopened.undo()
        assert state(again) == states[again.timeline.undo_target or 0]
    while reopened.can_redo:
        reopened.redo()
    assert state(again) == states[again.timeline.undo_target or 0]
    reopened.close()


def test_after_a_kill_every_measurement_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.limner"
    command = [sys.executable, "-c", MEASURER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    case = Case.open(path)
    assert [(m.name, m.length_mm) for m in case.measurements.all] == [("Length 1", 1), ("aorta", 2), ("Length 3", 3)]
    assert case.verify().is_ok
    case.close()


def test_a_case_without_measurements_is_written_as_before(tmp_path: Path) -> None:
    """Older programs go on reading it, and what they wrote has the same hashes."""
    document = new_document(tmp_path / "a.limner")
    document.apply(AddSegment(Segment(1, "liver")), title="Add liver", tool="segment.add")
    for n in range(CHECKPOINT_ENTRIES):
        box = Box(0, 2, 0, 2, 0, 2 + n % 2)
        edit = PaintEdit(1, box, np.ones(box.shape, bool), erase=bool(n % 2))
        document.apply(edit, title="paint", tool="t")
    document.close()
    assert file_version(tmp_path / "a.limner") == 1
    connection = sqlite3.connect(tmp_path / "a.limner")
    content, *_ = connection.execute("SELECT content FROM checkpoints").fetchone()
    connection.close()
    assert "measurement" not in content
    record = Segment(1, "liver").to_json()
    entry = Entry(
        1, "2026-01-02T03:04:05.678+00:00", "me", "segment.add", "Add liver", {"a": 1}, records=((None, record),),
        order=((), (1,)),
    )  # fmt: skip
    written_before = "3db0f6f180d26dc8ccd71cb40b68f9cb7d571bb03742cdc97662908ddac7ce47"
    assert entry_hash(entry, deltas_digest([]), FIRST_HASH) == written_before
    again = Case.open(tmp_path / "a.limner")
    assert again.measurements.all == ()
    assert again.verify().is_ok
    again.close()


def test_the_first_measurement_keeps_programs_away_that_would_lose_it(tmp_path: Path) -> None:
    path = tmp_path / "a.limner"
    document = new_document(path)
    document.apply(AddSegment(Segment(1, "liver")), title="Add liver", tool="segment.add")
    document.case.journal.flush()
    assert file_version(path) == 1
    document.apply(AddMeasurement(measured(1)), title="measure", tool="t")
    document.case.journal.flush()
    assert file_version(path) == 2
    document.close()


def test_a_changed_measurement_breaks_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "a.limner"
    document = new_document(path)
    document.apply(AddMeasurement(measured(1)), title="measure", tool="t")
    document.close()
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER entries_stay")
    connection.execute("UPDATE entries SET records = replace(records, '5.0', '6.0')")
    connection.commit()
    connection.close()
    case = Case.open(path)
    assert case.measurements.all[0].length_mm == 6.0
    assert case.verify().broken_at == 1
    case.close()


def test_a_read_only_case_is_not_measured(tmp_path: Path) -> None:
    path = tmp_path / "a.limner"
    document = new_document(path)
    document.apply(AddMeasurement(measured(1)), title="measure", tool="t")
    document.close()
    document = Document([], Case.open(path, read_only=True))
    with pytest.raises(UserError, match="read-only"):
        document.apply(AddMeasurement(measured(2)), title="measure", tool="t")
    assert [m.number for m in document.measurements.all] == [1]
    document.close()


def test_changes_tell_which_measurement(tmp_path: Path) -> None:
    document = new_document(tmp_path / "a.limner")
    told: list = []
    document.changed.connect(told.append)
    document.set_draft(measured(1))
    document.set_draft(measured(1))
    assert [c.has_draft for c in told] == [True]
    document.set_draft(None)
    document.apply(AddMeasurement(measured(1)), title="measure", tool="t", initiator="slice view axial")
    assert told[-1].measurement_numbers == {1}
    assert told[-1].has_history
    assert told[-1].initiators == {"slice view axial"}
    assert not told[-1].segment_numbers
    assert document.undo_title == "measure"
    document.undo()
    assert told[-1].measurement_numbers == {1}
    assert document.measurements.all == ()
    document.close()
