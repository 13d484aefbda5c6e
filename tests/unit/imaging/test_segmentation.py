"""Painting rules: who may write where, and what becomes of the others."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.edit import (
    AddSegment,
    Batch,
    LabelsEdit,
    MoveSegment,
    Overwrite,
    PaintEdit,
    PaintRule,
    RemoveSegment,
    UpdateSegment,
)
from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.segment import Segment, SegmentState
from imaging.segmentation import Segmentation

SHAPE = (6, 8, 10)
ALL = Box.whole(SHAPE)
LEFT = Box(0, 6, 0, 8, 0, 6)
RIGHT = Box(0, 6, 0, 8, 4, 10)  # overlaps LEFT in i = 4, 5


def full(box: Box) -> np.ndarray:
    return np.ones(box.shape, bool)


@pytest.fixture
def two() -> Segmentation:
    """Segment 1 fills the left, segment 2 is empty."""
    segmentation = Segmentation(Geometry(SHAPE, np.diag([1.0, 1, 2, 1])))
    segmentation.apply(Batch((AddSegment(Segment(1, "one")), AddSegment(Segment(2, "two")))))
    segmentation.apply(PaintEdit(1, LEFT, full(LEFT)))
    return segmentation


def paint(segmentation: Segmentation, number: int, box: Box, rule: PaintRule | None = None, **options: object):
    return segmentation.apply(PaintEdit(number, box, full(box), rule=rule or PaintRule(), **options), image=None)


def masks(segmentation: Segmentation, *numbers: int) -> list[set[int]]:
    """Which columns i each segment has."""
    return [set(np.flatnonzero(segmentation.mask(n).any(axis=(0, 1))).tolist()) for n in numbers]


def test_painting_over_another_segment_takes_its_voxels(two) -> None:
    paint(two, 2, RIGHT)
    assert masks(two, 1, 2) == [{0, 1, 2, 3}, {4, 5, 6, 7, 8, 9}]


def test_a_locked_segment_keeps_its_voxels(two) -> None:
    two.apply(UpdateSegment(1, {"locked": True}))
    paint(two, 2, RIGHT)
    assert masks(two, 1, 2) == [{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9}]


@pytest.mark.parametrize(
    "edit", [PaintEdit(1, ALL, full(ALL)), PaintEdit(1, ALL, full(ALL), erase=True), RemoveSegment(1)]
)
def test_a_locked_segment_cannot_be_changed_itself(two, edit) -> None:
    two.apply(UpdateSegment(1, {"locked": True}))
    before = two.mask(1)
    with pytest.raises(UserError, match="locked"):
        two.apply(edit)
    assert np.array_equal(two.mask(1), before)


def test_allowing_overlap_keeps_both(two) -> None:
    paint(two, 2, RIGHT, PaintRule(Overwrite.NONE))
    assert masks(two, 1, 2) == [{0, 1, 2, 3, 4, 5}, {4, 5, 6, 7, 8, 9}]
    assert two.segment(1).layer != two.segment(2).layer


def test_overlap_with_a_locked_segment_is_allowed_because_it_loses_nothing(two) -> None:
    two.apply(UpdateSegment(1, {"locked": True}))
    paint(two, 2, RIGHT, PaintRule(Overwrite.NONE))
    assert masks(two, 1, 2) == [{0, 1, 2, 3, 4, 5}, {4, 5, 6, 7, 8, 9}]


def test_overwriting_visible_ones_leaves_hidden_ones_alone(two) -> None:
    paint(two, 2, RIGHT, PaintRule(Overwrite.VISIBLE, visible=frozenset({2})))
    assert masks(two, 1, 2) == [{0, 1, 2, 3, 4, 5}, {4, 5, 6, 7, 8, 9}]
    paint(two, 2, LEFT, PaintRule(Overwrite.VISIBLE, visible=frozenset({1, 2})))
    assert masks(two, 1, 2) == [set(), set(range(10))]


def test_overwriting_reaches_segments_on_other_layers(two) -> None:
    paint(two, 2, RIGHT, PaintRule(Overwrite.NONE))
    paint(two, 2, ALL, PaintRule(Overwrite.ALL))
    assert masks(two, 1, 2) == [set(), set(range(10))]


def test_painting_inside_one_segment_only(two) -> None:
    paint(two, 2, RIGHT, PaintRule(inside=1))
    assert masks(two, 1, 2) == [{0, 1, 2, 3}, {4, 5}]


def test_painting_outside_the_others_only(two) -> None:
    paint(two, 2, RIGHT, PaintRule(outside_others=True))
    assert masks(two, 1, 2) == [{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9}]


def test_painting_in_an_intensity_range_only(two) -> None:
    image = np.broadcast_to(np.arange(10, dtype=np.int16) * 10, SHAPE)
    rule = PaintRule(intensity_range=(60, 80))
    two.apply(PaintEdit(2, ALL, full(ALL), rule=rule), image=image)
    assert masks(two, 2) == [{6, 7, 8}]


def test_erasing_touches_the_named_segment_only(two) -> None:
    paint(two, 2, RIGHT)
    paint(two, 1, ALL, erase=True)
    assert masks(two, 1, 2) == [set(), {4, 5, 6, 7, 8, 9}]


def test_an_edit_without_effect_leaves_no_change(two) -> None:
    assert paint(two, 1, LEFT) is None
    assert paint(two, 2, Box(50, 60, 0, 5, 0, 5)) is None
    assert two.apply(UpdateSegment(1, {"name": "one"})) is None


def test_painting_starts_the_work_on_an_empty_and_reopens_a_done_segment(two) -> None:
    assert two.segment(2).state is SegmentState.EMPTY
    paint(two, 2, RIGHT)
    assert two.segment(2).state is SegmentState.IN_PROGRESS
    two.apply(UpdateSegment(2, {"state": SegmentState.DONE}))
    paint(two, 2, LEFT)
    assert two.segment(2).state is SegmentState.IN_PROGRESS


def test_volumes_follow_the_spacing(two) -> None:
    assert two.voxel_count(1) == 6 * 8 * 6
    assert two.volume_ml(1) == pytest.approx(6 * 8 * 6 * 2 / 1000)


def test_a_mask_over_the_border_is_cut(two) -> None:
    box = Box(-2, 3, -2, 3, 8, 14)
    paint(two, 2, box)
    assert two.voxel_count(2) == 3 * 3 * 2


def test_labels_of_many_segments_in_one_edit(two) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[..., 2] = 7
    labels[..., 8] = 9
    change = two.apply(LabelsEdit(ALL, labels, {7: 1, 9: 2}, replace=True))
    assert change is not None
    assert masks(two, 1, 2) == [{2}, {8}]


def test_three_hundred_segments_find_room() -> None:
    segmentation = Segmentation(Geometry((1, 1, 400), np.eye(4)))
    segmentation.apply(Batch(tuple(AddSegment(Segment(n, str(n), label_value=n)) for n in range(1, 301))))
    for n in range(1, 301):
        paint(segmentation, n, Box(0, 1, 0, 1, n, n + 1))
    assert all(segmentation.voxel_count(n) == 1 for n in range(1, 301))
    assert len({(s.layer, s.label_value) for s in segmentation.segments}) == 300


def test_label_values_above_255_are_kept() -> None:
    segmentation = Segmentation(Geometry(SHAPE, np.eye(4)))
    segmentation.apply(AddSegment(Segment(1, "cortex", label_value=1002)))
    paint(segmentation, 1, LEFT)
    assert segmentation.layers[0].max() == 1002


def test_layers_cannot_be_written_from_outside(two) -> None:
    with pytest.raises(ValueError, match="read-only"):
        two.layers[0][0, 0, 0] = 5


def test_moving_a_segment_in_the_list(two) -> None:
    change = two.apply(MoveSegment(2, 0))
    assert [s.number for s in two.segments] == [2, 1]
    two.replay(change.inverted())
    assert [s.number for s in two.segments] == [1, 2]


def test_a_number_is_never_used_again(two) -> None:
    two.apply(RemoveSegment(2))
    assert two.next_number == 3
    with pytest.raises(ValueError, match="used before"):
        two.apply(AddSegment(Segment(2, "again")))


def test_a_failed_batch_changes_nothing(two) -> None:
    two.apply(UpdateSegment(1, {"locked": True}))
    before = list(two.segments)
    with pytest.raises(UserError):
        two.apply(Batch((PaintEdit(2, RIGHT, full(RIGHT)), PaintEdit(1, RIGHT, full(RIGHT)))))
    assert list(two.segments) == before
    assert two.voxel_count(2) == 0


def test_segments_at_a_voxel_lists_overlaps(two) -> None:
    paint(two, 2, RIGHT, PaintRule(Overwrite.NONE))
    assert {s.number for s in two.segments_at(0, 0, 5)} == {1, 2}
    assert [s.number for s in two.segments_at(0, 0, 0)] == [1]


def test_an_enclosing_segment_loses_nothing_and_takes_nothing(two) -> None:
    two.apply(UpdateSegment(1, {"encloses": True, "locked": True}))
    paint(two, 2, RIGHT)
    assert masks(two, 1, 2) == [{0, 1, 2, 3, 4, 5}, {4, 5, 6, 7, 8, 9}]
    two.apply(UpdateSegment(1, {"locked": False}))
    paint(two, 1, ALL)
    assert masks(two, 1, 2) == [set(range(10)), {4, 5, 6, 7, 8, 9}]


def test_an_enclosing_segment_never_shares_a_layer() -> None:
    segmentation = Segmentation(Geometry(SHAPE, np.eye(4)))
    body, liver = Segment(1, "body", label_value=1, layer=1, encloses=True), Segment(2, "liver", label_value=2)
    segmentation.apply(Batch((AddSegment(body), AddSegment(liver), AddSegment(Segment(3, "lesion")))))
    assert [s.layer for s in segmentation.segments] == [1, 0, 0]
    paint(segmentation, 1, ALL)
    paint(segmentation, 2, LEFT)
    paint(segmentation, 3, RIGHT)
    assert [s.layer for s in segmentation.segments] == [1, 0, 0]
    segmentation.apply(AddSegment(Segment(4, "trunk", layer=0, encloses=True)))
    assert segmentation.segment(4).layer == 2


def test_a_segment_that_has_to_share_takes_only_its_own_blocks_along() -> None:
    segmentation = Segmentation(Geometry((100, 100, 100), np.eye(4)))
    segmentation.apply(Batch((AddSegment(Segment(1, "one")), AddSegment(Segment(2, "two")))))
    box = Box(40, 50, 40, 50, 40, 50)
    for number in (1, 2):
        change = segmentation.apply(PaintEdit(number, box, full(box), rule=PaintRule(Overwrite.NONE)))
    assert change is not None
    assert {d.place for d in change.deltas} == {(1, 1, 1)}
    assert segmentation.voxel_count(1) == segmentation.voxel_count(2) == 1000


def test_volumes_on_uneven_slices_weigh_each_slice_by_its_thickness() -> None:
    heights = np.array([0.0, 1, 2, 6, 10, 11])
    origins = np.stack([np.zeros(6), np.zeros(6), heights], axis=1)
    geometry = Geometry(SHAPE, np.diag([0.5, 0.5, 2.2, 1.0]), slice_origins_mm=origins)
    segmentation = Segmentation(geometry)
    segmentation.apply(AddSegment(Segment(1, "one")))
    for k, thickness in enumerate([1.0, 1, 2.5, 4, 2.5, 1]):
        box = Box(k, k + 1, 0, 8, 0, 10)
        before = segmentation.volume_ml(1)
        paint(segmentation, 1, box)
        assert segmentation.volume_ml(1) - before == pytest.approx(80 * 0.25 * thickness / 1000)
