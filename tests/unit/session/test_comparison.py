"""What is compared in a session, without a window."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.comparison.difference import BOTH, ONLY_A
from imaging.edit import AddSegment, PaintEdit
from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from session.comparison import Comparing, ComparingState
from session.comparison_start import compare_segments, compare_with_preview
from session.document import Document
from session.session import Session
from session.settings import Settings

SHAPE = (6, 10, 12)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    geometry = Geometry(SHAPE, np.eye(4))
    document = Document([Volume(geometry, np.zeros(SHAPE, np.int16), Quantity.HU)],
                        Case.create(tmp_path / "a.limner", geometry, []))  # fmt: skip
    for number, box in ((1, Box(0, 4, 0, 4, 0, 4)), (2, Box(0, 4, 0, 4, 5, 8))):
        document.apply(AddSegment(Segment(number, f"s{number}")), title="Add", tool="t")
        document.apply(PaintEdit(number, box, np.ones(box.shape, bool)), title="Paint", tool="t")
    made = Session(Settings(tmp_path / "settings.json"))
    made.set_document(document)
    yield made
    made.set_document(None)


def wait_for(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_two_segments_become_one_pair_and_a_difference(session) -> None:
    session.jobs.wait(compare_segments(session, 1, 2))
    state = session.comparing.state
    (pair,) = state.comparison.result.segments
    assert (pair.agreement.voxels_a, pair.agreement.voxels_b, pair.agreement.voxels_common) == (64, 48, 0)
    session.comparing.update(chosen=0)
    wait_for(lambda: session.open_document.difference is not None)
    labels = session.open_document.difference.labels
    assert np.count_nonzero(labels == ONLY_A) == 64
    assert not (labels == BOTH).any()
    session.comparing.update(shows_difference=False)
    assert session.open_document.difference is None


def test_what_is_compared_is_a_copy(session) -> None:
    session.jobs.wait(compare_segments(session, 1, 2))
    box = Box(5, 6, 8, 9, 8, 9)
    session.open_document.apply(PaintEdit(1, box, np.ones(box.shape, bool)), title="Paint", tool="t")
    comparison = session.comparing.state.comparison
    assert np.count_nonzero(comparison.a.mask(comparison.a.segments[0])) == 64
    assert session.comparing.state.is_outdated


def test_the_same_segment_and_missing_ones_are_refused(session) -> None:
    with pytest.raises(UserError, match="agrees with itself"):
        compare_segments(session, 1, 1)
    with pytest.raises(UserError, match="no such segment"):
        compare_segments(session, 1, 9)
    with pytest.raises(UserError, match="No result"):
        compare_with_preview(session)


def test_another_document_ends_the_comparison(session) -> None:
    session.jobs.wait(compare_segments(session, 1, 2))
    session.set_document(None)
    assert session.comparing.state.comparison is None


def test_the_state_tells_only_what_changed() -> None:
    comparing = Comparing()
    told: list[tuple[ComparingState, ComparingState]] = []
    comparing.changed.connect(lambda before, after: told.append((before, after)))
    comparing.update(shows_difference=True)
    assert told == []
    comparing.update(shows_difference=False)
    assert [(before.shows_difference, after.shows_difference) for before, after in told] == [(True, False)]
