"""Which surfaces are made again, and which are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.edit import AddSegment, Batch, Edit, PaintEdit, RemoveSegment, UpdateSegment
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from render.label_boxes import label_boxes
from render.surface_cache import SurfaceCache, build
from session.change import DocumentChange


@pytest.fixture
def segmentation() -> Segmentation:
    made = Segmentation(Geometry((24, 24, 24), np.eye(4)))
    made.apply(Batch((AddSegment(Segment(1, "one")), AddSegment(Segment(2, "two")), AddSegment(Segment(3, "empty")))))
    made.apply(paint(1, Box(2, 8, 2, 8, 2, 8)))
    made.apply(paint(2, Box(14, 20, 14, 20, 14, 20)))
    return made


def paint(number: int, box: Box, *, erase: bool = False) -> PaintEdit:
    return PaintEdit(number, box, np.ones(box.shape, bool), erase=erase)


def change_by(segmentation: Segmentation, edit: Edit) -> DocumentChange:
    change = segmentation.apply(edit)
    assert change is not None
    return DocumentChange(dict(change.boxes), change.segment_numbers, change.order[0] != change.order[1])


def make(cache: SurfaceCache, segmentation: Segmentation) -> list[int]:
    """Carry out every order; returns the segments whose surface is new."""
    return [b.order.number for b in build(cache.orders(segmentation), lambda _: True) if cache.accept(b)]


def ready(segmentation: Segmentation) -> SurfaceCache:
    cache = SurfaceCache(100_000)
    cache.restart(segmentation)
    assert sorted(make(cache, segmentation)) == [1, 2]
    return cache


def test_segments_with_voxels_get_surfaces_and_nothing_stays_stale(segmentation: Segmentation) -> None:
    cache = ready(segmentation)
    assert sorted(cache.surfaces) == [1, 2]
    assert not cache.is_stale


def test_a_stroke_makes_only_its_own_segment_again(segmentation: Segmentation) -> None:
    cache = ready(segmentation)
    before = dict(cache.surfaces)
    cache.note(change_by(segmentation, paint(1, Box(8, 12, 2, 8, 2, 8))), segmentation)
    assert make(cache, segmentation) == [1]
    assert cache.surfaces[2] is before[2]
    assert cache.surfaces[1].points_mm[:, 2].max() == pytest.approx(11.5, abs=0.3)


def test_a_stroke_beside_a_segment_but_inside_its_box_does_not_replace_its_surface(segmentation: Segmentation) -> None:
    cache = ready(segmentation)
    segmentation.apply(paint(1, Box(2, 3, 2, 20, 2, 3)))  # an arm that makes the box of 1 large
    cache.restart(segmentation)
    make(cache, segmentation)
    before = cache.surfaces[1]
    cache.note(change_by(segmentation, paint(2, Box(4, 6, 12, 14, 4, 6))), segmentation)
    assert make(cache, segmentation) == [2]
    assert cache.surfaces[1] is before


def test_strokes_before_the_first_surface_is_accepted_are_not_lost(segmentation: Segmentation) -> None:
    cache = SurfaceCache(100_000)
    cache.restart(segmentation)
    on_the_way = list(build(cache.orders(segmentation), lambda _: True))
    cache.note(change_by(segmentation, paint(1, Box(8, 12, 2, 8, 2, 8))), segmentation)
    for built in on_the_way:
        cache.accept(built)
    assert 1 in make(cache, segmentation)
    points = cache.surfaces[1].points_mm[:, 2]
    assert (points.min(), points.max()) == pytest.approx((1.5, 11.5), abs=0.3)


def test_painting_over_another_segment_makes_both_again(segmentation: Segmentation) -> None:
    cache = ready(segmentation)
    cache.note(change_by(segmentation, paint(2, Box(2, 8, 2, 8, 2, 5))), segmentation)
    assert sorted(make(cache, segmentation)) == [1, 2]


def test_an_erased_segment_loses_its_surface_and_a_painted_one_gets_one(segmentation: Segmentation) -> None:
    cache = ready(segmentation)
    cache.note(change_by(segmentation, paint(1, Box(0, 10, 0, 10, 0, 10), erase=True)), segmentation)
    cache.note(change_by(segmentation, paint(3, Box(10, 12, 10, 12, 10, 12))), segmentation)
    make(cache, segmentation)
    assert sorted(cache.surfaces) == [2, 3]


def test_removed_segments_are_let_go_at_once(segmentation: Segmentation) -> None:
    cache = ready(segmentation)
    cache.note(change_by(segmentation, RemoveSegment(1)), segmentation)
    assert sorted(cache.surfaces) == [2]


def test_a_new_colour_makes_no_surface_again(segmentation: Segmentation) -> None:
    cache = ready(segmentation)
    cache.note(change_by(segmentation, UpdateSegment(1, {"color": (1, 2, 3)})), segmentation)
    assert not cache.is_stale


def test_surfaces_of_a_closed_document_are_not_accepted(segmentation: Segmentation) -> None:
    cache = SurfaceCache(100_000)
    cache.restart(segmentation)
    late = list(build(cache.orders(segmentation), lambda _: True))
    cache.restart(None)
    assert [cache.accept(b) for b in late] == [False, False]
    assert cache.surfaces == {}


def test_boxes_of_labels() -> None:
    layer = np.zeros((5, 6, 7), np.uint16)
    layer[1, 2:4, 3] = 300
    layer[3, 5, 6] = 300
    layer[0, 0, 0] = 2
    assert label_boxes(layer) == {300: Box(1, 4, 2, 6, 3, 7), 2: Box(0, 1, 0, 1, 0, 1)}
