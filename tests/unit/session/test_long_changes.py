"""Changes of many voxels are worked out on a thread; nothing else changes meanwhile, and none gets lost."""

from __future__ import annotations

import queue
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.edit import AddSegment, Batch, LabelsEdit, PaintEdit, UpdateSegment
from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from session import document as document_module
from session.document import Document

SHAPE = (64, 64, 64)
LABELS = np.ones(SHAPE, np.uint8)
WHOLE = LabelsEdit(Box.whole(SHAPE), LABELS, {1: 1})


@pytest.fixture
def posted() -> queue.Queue:
    """What waits for the document's thread."""
    return queue.Queue()


@pytest.fixture
def document(tmp_path: Path, posted: queue.Queue) -> Document:
    case = Case.create(tmp_path / "a.limner", Geometry(SHAPE, np.eye(4)), [])
    document = Document([], case, author="me", post=posted.put)
    document.apply(Batch((AddSegment(Segment(1, "one")), AddSegment(Segment(2, "two")))), title="add", tool="t")
    yield document
    document.close()


def test_a_long_change_is_recorded_when_its_turn_comes(document, posted) -> None:
    entries = []
    document.apply_soon(WHOLE, title="long", tool="t", done=entries.append)
    assert document.is_busy
    assert entries == []
    posted.get(timeout=10)()
    assert not document.is_busy
    assert entries == [document.entries[-1]]
    assert document.segmentation.voxel_count(1) == LABELS.size


def test_nothing_else_changes_meanwhile(document, posted) -> None:
    document.apply_soon(WHOLE, title="long", tool="t")
    assert not document.can_undo
    with pytest.raises(UserError, match="worked out"):
        document.stroke(title="paint", tool="brush")
    with pytest.raises(UserError, match="worked out"):
        document.apply(UpdateSegment(1, {"name": "x"}), title="rename", tool="t")
    posted.get(timeout=10)()
    assert document.can_undo
    assert document.entries[-1].title == "long"


def test_closing_waits_for_it(tmp_path, posted) -> None:
    case = Case.create(tmp_path / "b.limner", Geometry(SHAPE, np.eye(4)), [])
    document = Document([], case, author="me", post=posted.put)
    document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
    document.apply_soon(WHOLE, title="long", tool="t")
    document.close()
    again = Case.open(tmp_path / "b.limner")
    assert again.journal.entries[-1].title == "long"
    assert again.segmentation.voxel_count(1) == LABELS.size
    again.close()
    posted.get(timeout=10)()  # comes late and does nothing
    assert len(document.entries) == 2


def test_a_failure_is_raised_on_the_documents_thread_and_changes_nothing(document, posted) -> None:
    document.apply(UpdateSegment(1, {"locked": True}), title="lock", tool="t")
    count = len(document.entries)
    document.apply_soon(WHOLE, title="long", tool="t")
    with pytest.raises(UserError, match="locked"):
        posted.get(timeout=10)()
    assert not document.is_busy
    assert len(document.entries) == count
    assert document.segmentation.voxel_count(1) == 0


def test_undoing_many_blocks_is_a_long_change_too(document, posted, monkeypatch) -> None:
    document.apply_soon(WHOLE, title="long", tool="t")
    posted.get(timeout=10)()
    monkeypatch.setattr(document_module, "LONG_BLOCKS", 4)
    document.undo()
    assert document.is_busy
    posted.get(timeout=10)()
    assert document.segmentation.voxel_count(1) == 0
    document.go_to(document.case.timeline.undone[0])
    posted.get(timeout=10)()
    assert document.segmentation.voxel_count(1) == LABELS.size


def test_short_changes_stay_on_the_documents_thread(document, posted) -> None:
    box = Box(0, 4, 0, 4, 0, 4)
    document.apply(PaintEdit(2, box, np.ones(box.shape, bool)), title="paint", tool="t")
    document.undo()
    document.redo()
    assert posted.empty()
    assert document.segmentation.voxel_count(2) == 64
