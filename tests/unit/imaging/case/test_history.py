"""Whatever is done and undone, the file holds the same as the memory, and replaying gives it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imaging.case.attribution import source_at, source_map
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.case.timeline import Timeline
from imaging.edit import AddSegment, Overwrite, PaintEdit, PaintRule, RemoveSegment, UpdateSegment
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from session.document import Document

SHAPE = (40, 50, 70)


def new_case(path: Path) -> Document:
    geometry = Geometry(SHAPE, np.diag([0.8, 0.8, 2, 1.0]))
    return Document([], Case.create(path, geometry, [ImageReference("images", "series")]), author="tester")


def random_edit(document: Document, rng: np.random.Generator) -> None:
    segments = document.segmentation.segments
    number = int(rng.choice([s.number for s in segments])) if segments else 0
    kind = rng.integers(0, 10)
    if not segments or kind == 0:
        new = document.segmentation.next_number
        document.apply(AddSegment(Segment(new, f"s{new}", label_value=int(rng.integers(1, 4)))), title="add", tool="t")
    elif kind == 1 and len(segments) > 2:
        document.apply(RemoveSegment(number), title="remove", tool="t")
    elif kind == 2:
        document.apply(UpdateSegment(number, {"name": f"n{rng.integers(99)}"}), title="rename", tool="t")
    else:
        corner = rng.integers(0, SHAPE)
        box = Box(*(int(v) for c, n in zip(corner, SHAPE, strict=True) for v in (c, min(c + 25, n))))
        mask = rng.random(box.shape) < 0.5
        rule = PaintRule(Overwrite(rng.choice(["all", "none"])))
        edit = PaintEdit(number, box, mask, erase=bool(rng.random() < 0.2), rule=rule)
        document.apply(edit, title="paint", tool="t")


def state(segmentation: Segmentation) -> tuple:
    """Everything that a person could see: records, masks and volumes."""
    return tuple(
        (s, segmentation.mask(s.number).tobytes(), segmentation.voxel_count(s.number)) for s in segmentation.segments
    )


@pytest.mark.parametrize("seed", range(6))
def test_random_work_is_undone_redone_and_found_again(tmp_path, seed) -> None:
    rng = np.random.default_rng(seed)
    document = new_case(tmp_path / "a.limner")
    states = {0: state(document.segmentation)}
    for _ in range(40):
        before = len(document.entries)
        if rng.random() < 0.25:
            document.undo() if rng.random() < 0.6 else document.redo()
        else:
            random_edit(document, rng)
        now = state(document.segmentation)
        top = document.case.timeline.undo_target or 0
        if len(document.entries) > before and document.entries[-1].kind == "change":
            states[top] = now
        assert now == states[top]
    last = state(document.segmentation)
    for s in document.segmentation.segments:
        assert document.segmentation.voxel_count(s.number) == int(document.segmentation.mask(s.number).sum())
    document.close()

    again = Case.open(tmp_path / "a.limner")
    assert state(again.segmentation) == last
    assert again.verify().is_ok
    reopened = Document([], again, author="tester")
    while reopened.can_undo:
        reopened.undo()
        assert state(reopened.segmentation) == states[again.timeline.undo_target or 0]
    while reopened.can_redo:
        reopened.redo()
        assert state(reopened.segmentation) == states[again.timeline.undo_target or 0]
    reopened.close()


def test_attribution_equals_a_replay(tmp_path) -> None:
    rng = np.random.default_rng(7)
    document = new_case(tmp_path / "a.limner")
    for _ in range(25):
        random_edit(document, rng)
        if rng.random() < 0.2:
            document.undo()
    journal = document.case.journal
    journal.flush()
    replayed = Segmentation(document.segmentation.geometry)
    sources: list[np.ndarray] = []
    for sequence in Timeline(journal.entries).in_force:
        before = [layer.copy() for layer in replayed.layers]
        replayed.replay(journal.change(sequence))
        for n, layer in enumerate(replayed.layers):
            if n == len(sources):
                sources.append(np.zeros(SHAPE, np.uint32))
            old = before[n] if n < len(before) else np.zeros(SHAPE, layer.dtype)
            sources[n][layer != old] = sequence
    for n, expected in enumerate(sources):
        assert np.array_equal(source_map(journal, n, SHAPE), expected)
        for kji in rng.integers(0, SHAPE, (20, 3)):
            entry = source_at(journal, n, tuple(int(v) for v in kji))
            assert (entry.sequence if entry else 0) == expected[tuple(kji)]
    document.close()


def test_opening_from_a_checkpoint_gives_the_same(tmp_path) -> None:
    rng = np.random.default_rng(3)
    document = new_case(tmp_path / "a.limner")
    for _ in range(80):
        random_edit(document, rng)
    last = state(document.segmentation)
    document.close()
    again = Case.open(tmp_path / "a.limner")
    assert state(again.segmentation) == last
    assert again._checkpoint_at > 0
    document = Document([], again, author="tester")
    undone = 0
    while document.can_undo:
        document.undo()
        undone += 1
    assert undone > 60
    assert document.segmentation.segments == ()
    document.close()


def test_going_to_a_point_of_the_history_and_back(tmp_path) -> None:
    document = new_case(tmp_path / "a.limner")
    document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
    marks = []
    for i in range(5):
        box = Box(i, i + 1, 0, 50, 0, 70)
        entry = document.apply(PaintEdit(1, box, np.ones(box.shape, bool)), title=f"p{i}", tool="t")
        marks.append((entry.sequence, state(document.segmentation)))
    document.go_to(marks[1][0])
    assert state(document.segmentation) == marks[1][1]
    document.go_to(marks[4][0])
    assert state(document.segmentation) == marks[4][1]
    document.go_to(0)
    assert document.segmentation.segments == ()
    document.close()


def test_a_stroke_is_one_entry_and_a_cancelled_stroke_is_none(tmp_path) -> None:
    document = new_case(tmp_path / "a.limner")
    document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
    stroke = document.stroke(title="Paint one", tool="brush")
    for i in range(10):
        box = Box(0, 4, 0, 4, i, i + 4)
        stroke.apply(PaintEdit(1, box, np.ones(box.shape, bool)))
    assert stroke.finish() is not None
    assert len(document.entries) == 2
    before = state(document.segmentation)
    stroke = document.stroke(title="Paint one", tool="brush")
    box = Box(20, 30, 20, 30, 20, 30)
    stroke.apply(PaintEdit(1, box, np.ones(box.shape, bool)))
    stroke.cancel()
    assert len(document.entries) == 2
    assert state(document.segmentation) == before
    document.close()


def test_changes_of_one_turn_are_united(tmp_path) -> None:
    waiting = []
    case = Case.create(tmp_path / "a.limner", Geometry(SHAPE, np.eye(4)), [])
    document = Document([], case, schedule=waiting.append)
    seen = []
    document.changed.connect(seen.append)
    document.apply(AddSegment(Segment(1, "one")), title="a", tool="t", initiator="me")
    for k in (0, 10):
        box = Box(k, k + 2, 0, 2, 0, 2)
        document.apply(PaintEdit(1, box, np.ones(box.shape, bool)), title="p", tool="t", initiator="me")
    assert len(waiting) == 1
    waiting.pop()()
    assert len(seen) == 1
    assert seen[0].boxes[0] == Box(0, 12, 0, 2, 0, 2)
    assert seen[0].initiators == {"me"}
    document.close()
