"""What is told of a document's changes, and what is made again because of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imaging.edit import AddSegment, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render.volume_content import KEPT_CHANGES, ContentKeeper, ContentLog, DrawnContent, VolumeContent
from session.change import DocumentChange
from session.look.cut import Cutaway
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility

SHAPE = (12, 20, 16)
ALL = 1 << 30


class Case:
    """A document's image, segments and log, with strokes."""

    def __init__(self, spacing_mm: float = 0.5, segments: int = 2) -> None:
        geometry = Geometry(SHAPE, np.diag([spacing_mm] * 3 + [1.0]))
        values = np.random.default_rng(1).integers(-100, 900, SHAPE, np.int16)
        self.volume = Volume(geometry, values)
        self.segmentation = Segmentation(geometry)
        for number in range(1, segments + 1):
            self.segmentation.apply(AddSegment(Segment(number, f"s{number}", (50 * number, 0, 0))))
        self.log = ContentLog()

    @property
    def content(self) -> VolumeContent:
        return self.log.content(self.volume, self.segmentation)

    def paint(self, number: int, box: Box) -> None:
        change = self.segmentation.apply(PaintEdit(number, box, np.ones(box.shape, bool)))
        assert change is not None
        self.log.note(DocumentChange(boxes={0: box}, segment_numbers={number}))


FIRST, SECOND = Box(2, 6, 3, 9, 2, 8), Box(5, 9, 6, 12, 5, 11)


# --- the log


def test_the_snapshot_is_the_same_until_something_changes() -> None:
    case = Case()
    before = case.content
    assert case.content is before
    case.log.note(DocumentChange(has_history=True))
    assert case.content is before
    case.paint(1, FIRST)
    assert case.content is not before
    assert case.content.volume is before.volume
    assert case.content.image_revision == before.image_revision
    assert case.content.labels.voxel_count(1) == 4 * 6 * 6
    assert before.labels.voxel_count(1) == 0


def test_another_image_is_another_snapshot() -> None:
    case = Case()
    before = case.content
    case.volume = Volume(case.volume.geometry, case.volume.voxels)
    assert case.content is not before
    case.log.note(DocumentChange(has_image=True))
    assert case.content.image_revision == before.image_revision + 1
    assert case.content.label_revision == before.label_revision


def test_changes_since_a_revision_are_united_by_layer() -> None:
    case = Case()
    first = case.content
    case.paint(1, FIRST)
    middle = case.content
    case.paint(2, SECOND)
    case.log.note(DocumentChange(boxes={1: Box(0, 1, 0, 1, 0, 1)}))
    last = case.content
    assert last.changed_since(first.label_revision) == {0: FIRST.union(SECOND), 1: Box(0, 1, 0, 1, 0, 1)}
    assert last.changed_since(middle.label_revision) == {0: SECOND, 1: Box(0, 1, 0, 1, 0, 1)}
    assert last.changed_since(last.label_revision) == {}


def test_old_changes_are_forgotten_and_that_is_known() -> None:
    case = Case()
    first = case.content.label_revision
    case.paint(1, FIRST)
    for _ in range(KEPT_CHANGES - 1):
        case.log.note(DocumentChange(segment_numbers={1}))
    assert case.content.changed_since(first) == {0: FIRST}
    case.log.note(DocumentChange(segment_numbers={1}))
    assert case.content.changed_since(first) is None
    assert case.content.changed_since(first + 1) == {}


def test_after_a_restart_nobody_knows_what_differs() -> None:
    case = Case()
    case.paint(1, FIRST)
    before = case.content
    case.log.restart()
    after = case.content
    assert after is not before
    assert after.image_revision > before.image_revision
    for revision in (-1, 0, before.label_revision):
        assert after.changed_since(revision) is None
    case.paint(2, SECOND)
    assert case.content.changed_since(before.label_revision) is None
    assert case.content.changed_since(after.label_revision) == {0: SECOND}


# --- the keeper


@pytest.fixture
def keeper() -> ContentKeeper:
    return ContentKeeper(ALL)


def drawn(keeper: ContentKeeper, case: Case, look: Look | None = None) -> DrawnContent:
    found = keeper.drawn(case.content, look or Look(), lambda: True)
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.parametrize("spacing_mm", [0.5, 2.0], ids=["as it is", "on a finer grid"])
def test_strokes_give_what_making_all_anew_gives(keeper: ContentKeeper, spacing_mm: float) -> None:
    case = Case(spacing_mm)
    drawn(keeper, case)
    strokes = [(1, FIRST), (2, SECOND), (1, Box(0, 2, 0, 4, 0, 4)), (2, Box(10, 12, 16, 20, 12, 16)), (1, SECOND)]
    for number, box in strokes:
        case.paint(number, box)
        ours, anew = drawn(keeper, case), drawn(ContentKeeper(ALL), case)
        assert ours.classes is not None
        assert anew.classes is not None
        assert ours.classes.numbers == anew.classes.numbers
        assert np.array_equal(ours.classes.classes, anew.classes.classes)
        np.testing.assert_allclose(ours.classes.means, anew.classes.means)
    assert len(np.unique(ours.classes.classes)) == 3


@pytest.mark.slow
def test_only_what_differs_is_made_again(keeper: ContentKeeper) -> None:
    case = Case()
    case.paint(1, FIRST)
    before = drawn(keeper, case)
    again = drawn(keeper, case, Look(ghost=0.3))
    assert again.field is before.field
    assert again.classes is before.classes
    case.paint(2, SECOND)
    after = drawn(keeper, case)
    assert after.field is before.field
    assert after.classes is not before.classes
    hidden = drawn(keeper, case, Look().with_segment(1, SegmentLook(Visibility.HIDDEN)))
    assert hidden.field is before.field
    case.log.note(DocumentChange(has_image=True))
    assert drawn(keeper, case).field is not before.field


@pytest.mark.slow
def test_another_document_is_made_anew_though_its_geometry_is_the_same(keeper: ContentKeeper) -> None:
    first, second = Case(), Case()
    first.paint(1, FIRST)
    second.paint(1, SECOND)
    before = drawn(keeper, first)
    first.log.restart()
    first.volume, first.segmentation = second.volume, second.segmentation
    after, anew = drawn(keeper, first), drawn(ContentKeeper(ALL), second)
    assert after.classes is not None
    assert anew.classes is not None
    assert before.classes is not None
    assert np.array_equal(after.classes.classes, anew.classes.classes)
    assert not np.array_equal(after.classes.classes, before.classes.classes)


@pytest.mark.slow
def test_what_was_called_off_is_made_next_time(keeper: ContentKeeper) -> None:
    case = Case()
    case.paint(1, FIRST)
    assert keeper.drawn(case.content, Look(), lambda: False) is None
    before = drawn(keeper, case)
    case.paint(2, SECOND)
    assert keeper.drawn(case.content, Look(), lambda: False) is None
    after, anew = drawn(keeper, case), drawn(ContentKeeper(ALL), case)
    assert before.classes is not None
    assert after.classes is not None
    assert anew.classes is not None
    assert np.array_equal(after.classes.classes, anew.classes.classes)


@pytest.mark.slow
def test_an_image_without_segments_has_no_classes_and_segments_that_come_do(keeper: ContentKeeper) -> None:
    case = Case(segments=0)
    assert drawn(keeper, case).classes is None
    case.segmentation.apply(AddSegment(Segment(1, "first", (9, 8, 7))))
    case.log.note(DocumentChange(is_structural=True, segment_numbers={1}))
    case.paint(1, FIRST)
    found = drawn(keeper, case)
    assert found.classes is not None
    assert found.records[0].color == (9, 8, 7)
    assert (found.classes.classes == 1).any()


@pytest.mark.slow
def test_a_cutaway_is_kept_until_it_changes(keeper: ContentKeeper) -> None:
    case = Case()
    case.paint(1, FIRST)
    opened = replace(Look(), cut=replace(Look().cut, cutaway=Cutaway((1,), 1.0)))
    first = drawn(keeper, case, opened)
    assert drawn(keeper, case, replace(opened, ghost=0.4)).classes is first.classes
    wider = replace(opened, cut=replace(opened.cut, cutaway=Cutaway((1,), 3.0)))
    second = drawn(keeper, case, wider)
    assert first.classes is not None
    assert second.classes is not None
    assert (second.classes.classes == 255).sum() > (first.classes.classes == 255).sum() > 0
    plain = drawn(keeper, case)
    assert plain.classes is not None
    assert not (plain.classes.classes == 255).any()


@pytest.mark.slow
def test_a_large_image_is_reduced_to_what_fits(keeper: ContentKeeper) -> None:
    keeper.most_voxels = 1000
    found = drawn(keeper, Case())
    assert found.field.values.size <= 1000
    assert found.field.reduction > 1
    keeper.most_voxels = ALL
    assert drawn(keeper, Case()).field.reduction == 1
