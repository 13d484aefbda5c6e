"""Reviewing a result part by part, rules for segments of the same name, boxes: without a window."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.edit import AddSegment, PaintEdit, UpdateSegment
from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.measurement import MeasurementKind
from imaging.segment import Segment, SegmentState
from imaging.volume import Quantity, Volume
from inference.model import FoundBox, Score
from inference.result import FoundLabel, InferenceResult
from session.acceptance import AcceptanceRule, Merge, accept, kept_out
from session.document import Document
from session.measured import percent
from session.parts import bounding_boxes, find_parts
from session.preview import Preview, ProposedSegment
from session.review_desk import CHOSEN, KEPT
from session.segmenting import preview_of
from session.session import Session
from session.settings import Settings

SHAPE = (12, 20, 24)
LARGE, MIDDLE, SMALL = Box(1, 5, 1, 5, 1, 5), Box(1, 3, 10, 13, 10, 13), Box(8, 9, 8, 9, 8, 9)
LIVER, SPLEEN = (0, 1), (0, 2)


def corners(low: tuple[float, ...], high: tuple[float, ...]) -> tuple[tuple[float, float, float], ...]:
    return tuple(
        (high[0] if n & 1 else low[0], high[1] if n & 2 else low[1], high[2] if n & 4 else low[2]) for n in range(8)
    )


BOXES = (
    FoundBox("nodule", 0.87, corners((2, 3, 4), (6, 8, 7))),
    FoundBox("nodule", 0.4, corners((0, 0, 0), (1, 1, 1))),
)


def new_preview(**fields: object) -> Preview:
    """A liver of three parts and a spleen of one."""
    labels = np.zeros(SHAPE, np.uint8)
    for box in (LARGE, MIDDLE, SMALL):
        labels[box.slices] = 1
    labels[10:12, 0:2, 0:2] = 2
    proposed = [ProposedSegment(0, 1, "Liver", (200, 90, 80), 83), ProposedSegment(0, 2, "Spleen", (90, 90, 200), 8)]
    return replace(Preview("Rules", "model rules@1", "segment.run", {}, [labels], proposed), **fields)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    geometry = Geometry(SHAPE, np.eye(4))
    volume = Volume(geometry, np.zeros(SHAPE, np.int16), Quantity.HU)
    document = Document([volume], Case.create(tmp_path / "a.limner", geometry, []), author="me")
    made = Session(Settings(tmp_path / "settings.json"))
    made.set_document(document)
    yield made
    made.set_document(None)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.002)


def reviewed(session: Session, preview: Preview | None = None) -> Preview:
    preview = preview or new_preview()
    session.open_document.set_preview(preview)
    return preview


def settled(session: Session) -> Preview:
    """Wait for the review; the preview as it is then."""
    wait_for(lambda: not session.reviewing.state.is_busy)
    preview = session.open_document.preview
    assert preview is not None
    return preview


def choose(session: Session, box: Box) -> None:
    session.reviewing.choose_at((float(box.i0), float(box.j0), float(box.k0)))
    settled(session)


def paint(document: Document, name: str, box: Box) -> int:
    number = document.segmentation.next_number
    document.apply(AddSegment(Segment(number, name)), title="Add", tool="t")
    document.apply(PaintEdit(number, box, np.ones(box.shape, bool)), title="Paint", tool="t")
    return number


# Parts


def test_corners_touch_and_boxes_lie_tight() -> None:
    labels = np.zeros((6, 6, 6), np.uint16)
    labels[0, 0, 0] = labels[1, 1, 1] = labels[4:6, 4, 4] = 300
    parts = find_parts(labels, 300, bounding_boxes(labels)[300])
    assert sorted(parts.voxel_counts[1:]) == [2, 2]
    box, mask = parts.where(np.array([parts.at(5, 4, 4)]))
    assert (box, mask.sum()) == (Box(4, 6, 4, 5, 4, 5), 2)
    assert parts.at(2, 2, 2) == parts.at(5, 5, 5) == 0


def test_click_chooses_the_part_under_it(session: Session) -> None:
    reviewed(session)
    choose(session, MIDDLE)
    chosen = session.reviewing.state.chosen
    assert chosen is not None
    assert (chosen.name, chosen.rank, chosen.count, chosen.is_kept) == ("Liver", 2, 3, False)
    assert chosen.size.volume_ml == pytest.approx(0.018)
    marks = session.open_document.marks
    assert marks is not None
    assert (marks[MIDDLE.slices] == CHOSEN).all()
    assert np.count_nonzero(marks) == 18
    session.reviewing.choose_at((20.0, 19.0, 11.0))  # nothing is proposed there
    settled(session)
    assert session.reviewing.state.chosen is None
    assert not session.open_document.marks.any()


def test_rejected_part_is_not_accepted_and_all_is_one_entry(session: Session) -> None:
    preview = reviewed(session)
    choose(session, MIDDLE)
    session.reviewing.reject_chosen()
    rest = settled(session)
    assert [s.voxel_count for s in rest.segments] == [65, 8]
    assert not rest.layers[0][MIDDLE.slices].any()
    accept(session.open_document, rule=AcceptanceRule(facts=session.reviewing.facts()))
    (entry,) = session.open_document.entries
    assert entry.parameters["rejected_parts"] == 1
    assert entry.parameters["rejected_ml"] == pytest.approx(0.018)
    mask = session.open_document.segmentation.mask(1)
    assert mask.sum() == 65
    assert not mask[MIDDLE.slices].any()
    assert preview.segments[0].voxel_count == 83  # the result itself was not rewritten


def test_every_step_can_be_undone(session: Session) -> None:
    before = new_preview().layers[0]
    reviewed(session)
    choose(session, SMALL)
    session.reviewing.keep_chosen()
    choose(session, MIDDLE)
    session.reviewing.reject_chosen()
    session.reviewing.drop_small(0.05)  # the kept one stays although it is small
    assert [s.voxel_count for s in settled(session).segments] == [65, 8]
    session.reviewing.only_kept()
    assert [s.voxel_count for s in settled(session).segments] == [1]
    assert session.reviewing.state.steps == 3  # dropping small ones found none that was left
    for _ in range(5):
        session.reviewing.undo()
    after = settled(session)
    np.testing.assert_array_equal(after.layers[0], before)
    assert [s.voxel_count for s in after.segments] == [83, 8]
    assert session.reviewing.state.steps == session.reviewing.state.kept_count == 0
    assert not session.open_document.marks.any()


def test_small_parts_go_but_no_structure_goes_with_them(session: Session) -> None:
    reviewed(session)
    session.reviewing.drop_small(0.05)
    assert [s.voxel_count for s in settled(session).segments] == [64, 8]  # the spleen is small, but its only part


def test_keep_largest_of_some(session: Session) -> None:
    preview = reviewed(session)
    session.reviewing.keep_largest([preview.segments[1]])
    assert [s.voxel_count for s in settled(session).segments] == [83, 8]
    session.reviewing.keep_largest(preview.segments)
    assert [s.voxel_count for s in settled(session).segments] == [64, 8]
    assert session.reviewing.state.rejected_count == 2


def test_kept_parts_are_marked(session: Session) -> None:
    reviewed(session)
    choose(session, LARGE)
    session.reviewing.keep_chosen()
    settled(session)
    marks = session.open_document.marks
    assert marks is not None
    assert (marks[LARGE.slices] == KEPT).all()
    choose(session, LARGE)
    assert session.reviewing.state.chosen is not None
    assert session.reviewing.state.chosen.is_kept
    choose(session, MIDDLE)
    assert (marks[LARGE.slices] == KEPT).all()


def test_what_cannot_be_written_is_copied_first(session: Session) -> None:
    preview = reviewed(session)
    foreign = preview.layers[0]
    foreign.setflags(write=False)
    choose(session, SMALL)
    session.reviewing.reject_chosen()
    assert not settled(session).layers[0][SMALL.slices].any()
    assert foreign[SMALL.slices].all()


def test_review_goes_on_with_what_was_not_accepted(session: Session) -> None:
    preview = reviewed(session)
    choose(session, MIDDLE)
    session.reviewing.reject_chosen()
    rest = settled(session)
    accept(session.open_document, [rest.segments[0]])
    waiting = settled(session)
    assert [s.name for s in waiting.segments] == ["Spleen"]
    assert waiting.layers is preview.layers
    assert session.reviewing.state.steps == 0  # what was accepted is undone in the case's history
    session.reviewing.only_kept()
    assert settled(session).segments == []


def test_another_result_begins_anew(session: Session) -> None:
    reviewed(session)
    choose(session, LARGE)
    reviewed(session)
    assert session.reviewing.state.chosen is None
    assert session.open_document.marks is None
    session.open_document.set_preview(None)
    session.reviewing.choose_at((2.0, 2.0, 2.0))
    assert session.reviewing.state.chosen is None


def test_nothing_is_accepted_before_the_review_is_settled(session: Session) -> None:
    reviewed(session)
    session.reviewing.state = replace(session.reviewing.state, is_busy=True)
    with pytest.raises(UserError, match="worked out"):
        session.reviewing.must_be_settled()


# Segments of the same name


@pytest.mark.parametrize(
    ("merge", "voxels"),
    [(Merge.REPLACE, {1: 83}), (Merge.ADD, {1: 83 + 8}), (Merge.EMPTY, {1: 83 + 8 - 4}), (Merge.NEW, {1: 24, 4: 83})],
)
def test_merge_rules(session: Session, merge: Merge, voxels: dict[int, int]) -> None:
    document = session.open_document
    liver = paint(document, "liver", Box(1, 3, 1, 5, 3, 6))  # 16 of its 24 voxels are proposed, too
    paint(document, "vein", Box(4, 5, 4, 5, 1, 5))  # 4 voxels in the proposed liver
    body = document.segmentation.next_number
    document.apply(AddSegment(Segment(body, "body", encloses=True)), title="Add", tool="t")
    whole = Box.whole(SHAPE)
    document.apply(PaintEdit(body, whole, np.ones(SHAPE, bool)), title="Paint", tool="t")
    preview = reviewed(session)
    count = len(document.entries)
    accept(document, [preview.segments[0]], rule=AcceptanceRule(merge))
    assert len(document.entries) == count + 1
    assert {n: document.segmentation.voxel_count(n) for n in voxels} == voxels
    assert document.segmentation.voxel_count(2) == 4  # the vein loses nothing by any rule
    assert document.segmentation.voxel_count(body) == whole.shape[0] * whole.shape[1] * whole.shape[2]
    state = document.segmentation.segment(liver).state
    assert state is (SegmentState.AI_ONLY if merge is Merge.REPLACE else SegmentState.IN_PROGRESS)
    if merge is Merge.NEW:
        assert document.segmentation.segment(4).name == "Liver 2"


def test_locked_segment_stays_whatever_the_rule(session: Session) -> None:
    document = session.open_document
    number = paint(document, "Liver", Box(1, 3, 1, 5, 3, 6))
    document.apply(UpdateSegment(number, {"locked": True}), title="Lock", tool="t")
    before = document.segmentation.mask(number).copy()
    for merge in (Merge.REPLACE, Merge.ADD, Merge.EMPTY):
        preview = reviewed(session)
        assert kept_out(document.segmentation, preview.segments, merge) == ["Liver"]
        accept(document, [preview.segments[0]], rule=AcceptanceRule(merge))
        np.testing.assert_array_equal(document.segmentation.mask(number), before)
    assert len(document.segmentation.segments) == 1


@pytest.mark.parametrize(("spares", "voxels"), [(True, 83 - 4), (False, 83)])
def test_voxels_of_locked_segments_are_spared_where_people_do_not_want_overlap(
    session: Session, spares: bool, voxels: int
) -> None:
    document = session.open_document
    vein = paint(document, "vein", Box(4, 5, 4, 5, 1, 5))
    document.apply(UpdateSegment(vein, {"locked": True}), title="Lock", tool="t")
    preview = reviewed(session)
    accept(document, [preview.segments[0]], rule=AcceptanceRule(spares_locked=spares))
    assert document.segmentation.voxel_count(2) == voxels
    assert document.segmentation.voxel_count(vein) == 4


def test_a_region_replaces_only_inside_itself(session: Session) -> None:
    document = session.open_document
    paint(document, "Liver", Box(0, 12, 0, 1, 0, 1))  # a line through all slices
    reviewed(session, new_preview(region=Box(0, 6, 0, 20, 0, 24)))
    assert document.preview is not None
    accept(document, [document.preview.segments[0]])
    mask = document.segmentation.mask(1)
    assert mask[6:, 0, 0].all()  # beyond the region nobody looked
    assert not mask[:6, 0, 0].any()
    assert not mask[SMALL.slices].any()


# Boxes and scores


def test_boxes_are_accepted_with_the_structures_as_one_entry(session: Session) -> None:
    document = session.open_document
    reviewed(session, new_preview(boxes=BOXES, scores=(Score("ill", 0.3),)))
    accept(document)
    assert len(document.entries) == 1
    first, second = document.measurements.all
    assert (first.kind, first.name, first.score) == (MeasurementKind.BOX, "nodule", 0.87)
    assert first.edges_mm == (4.0, 5.0, 3.0)
    assert first.center_mm == (4.0, 5.5, 5.5)
    assert first.color == second.color
    document.undo()
    assert not document.measurements.all
    assert not document.segmentation.segments
    document.redo()
    assert document.measurements.all == (first, second)


def test_boxes_are_found_again_in_the_case_file(session: Session, tmp_path: Path) -> None:
    document = session.open_document
    reviewed(session, new_preview(boxes=BOXES))
    accept(document)
    expected = document.measurements.all
    session.set_document(None)
    case = Case.open(tmp_path / "a.limner")
    assert case.measurements.all == expected
    case.close()
    session.document = None


def test_single_boxes(session: Session) -> None:
    document = session.open_document
    reviewed(session, new_preview(boxes=BOXES, segments=[]))
    accept(document, [], boxes=[BOXES[1]])
    assert [m.score for m in document.measurements.all] == [0.4]
    assert document.preview is not None
    assert document.preview.boxes == (BOXES[0],)
    session.reviewing.reject_boxes([0])
    assert document.preview.boxes == ()


# From a model's result


def test_a_preview_carries_everything_that_a_result_has() -> None:
    layer, doubt = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    layer[LARGE.slices] = 1
    result = InferenceResult(
        "net", "Net", "1", "", (layer,), (FoundLabel(0, 1, "Liver", "", 64),), (), {"run": 1.0}, 10.0,
        {"roi": [0, 6, 0, 20, 0, 24]}, (), {"uncertainty": doubt}, (Score("ill", 0.3),), BOXES,
    )  # fmt: skip
    preview = preview_of(result, Geometry(SHAPE, np.eye(4)))
    assert preview.maps["uncertainty"] is doubt
    assert preview.scores == result.scores
    assert preview.boxes == BOXES
    assert preview.region == Box(0, 6, 0, 20, 0, 24)


@pytest.mark.parametrize(
    ("score", "text"), [(0.874, "87 %"), (0.0004, "< 0.1 %"), (0.004, "0.4 %"), (1.0, "100 %"), (0.9999, "> 99.9 %")]
)
def test_scores_never_claim_more_than_they_are(score: float, text: str) -> None:
    assert percent(score) == text
