"""What happened with a case without changing it stands in its journal, and undo passes over it."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.case.entry import EntryKind
from imaging.case.images import ImageReference
from imaging.edit import AddSegment
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.segment import Segment
from session.document import Document


@pytest.fixture
def document(tmp_path):
    case = Case.create(tmp_path / "a.limner", Geometry((4, 5, 6), np.eye(4)), [ImageReference("a", "b")])
    made = Document([], case, author="me")
    made.apply(AddSegment(Segment(1, "one")), title="add one", tool="t")
    yield made
    made.close()


def version(path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def test_undo_and_redo_pass_over_notes(document) -> None:
    document.note("Sent to archive", "send", {"destination": "archive"})
    assert document.undo_title == "add one"
    document.undo()
    document.note("Sent again", "send")
    assert document.redo_title == "add one"
    document.redo()
    assert document.segmentation.has_segment(1)
    assert [e.kind for e in document.entries].count(EntryKind.NOTE) == 2


def test_a_case_with_notes_opens_again_whole_and_says_so_to_older_programs(document, tmp_path) -> None:
    assert document.case.journal.flush()
    assert version(tmp_path / "a.limner") == 1
    document.note("Sent", "send", {"objects": 2})
    document.close()
    assert version(tmp_path / "a.limner") == 3
    case = Case.open(tmp_path / "a.limner")
    assert case.verify().is_ok
    assert case.journal.entries[-1].parameters == {"objects": 2}
    assert case.segmentation.has_segment(1)
    case.close()
    with pytest.raises(UserError):
        read_only(tmp_path).note("no", "t")


def read_only(folder) -> Document:
    return Document([], Case.open(folder / "a.limner", read_only=True), author="me")
