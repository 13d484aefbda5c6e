"""Who gets a voxel, on which grid, and what a stroke makes anew."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render.cinematic.class_order import ClassOrder, class_order, class_records
from render.cinematic.class_source import BuiltClasses, make_classes, update_classes
from render.cinematic.field_source import make_field
from render.cinematic.scene import ClassRecord, Field
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility

pytestmark = pytest.mark.slow  # compiles

BODY, LIVER, LESION, BONE = range(1, 5)
HIDDEN, GHOST = SegmentLook(Visibility.HIDDEN), SegmentLook(Visibility.GHOST)
SHEARED = np.array([[0.0, 0.6, 0.2, -7.0], [0.5, 0.0, 0.3, 11.0], [0.0, 0.1, 2.0, 3.0], [0.0, 0.0, 0.0, 1.0]])


def field_of(geometry: Geometry, most_voxels: int = 10**9) -> Field:
    values = np.arange(np.prod(geometry.shape), dtype=np.int16).reshape(geometry.shape)
    field = make_field(Volume(geometry, values), most_voxels)
    assert field is not None
    return field


def segmented(
    labels: list[NDArray[np.uint8]], segments: list[Segment], affine: NDArray[np.float64] = SHEARED
) -> Segmentation:
    found = Segmentation(Geometry(labels[0].shape, affine))
    counts = [int((labels[s.layer] == s.label_value).sum()) if s.layer < len(labels) else 0 for s in segments]
    found.load(segments, labels, max(s.number for s in segments), counts)
    return found


@pytest.fixture
def torso() -> Segmentation:
    """One row: air, body, liver, lesion in the liver, bone, lesion alone (each in the body but the air)."""
    body = np.array([[[0, 1, 1, 1, 1, 1]]], np.uint8)
    organs = np.array([[[0, 0, 9, 9, 4, 0]]], np.uint8)
    lesion = np.array([[[0, 0, 0, 1, 0, 1]]], np.uint8)
    segments = [
        Segment(BODY, "body", layer=2, label_value=1, encloses=True),
        Segment(LIVER, "liver", layer=0, label_value=9),
        Segment(LESION, "lesion", layer=1, label_value=1, color=(1, 2, 3)),
        Segment(BONE, "bone", layer=0, label_value=4),
    ]
    return segmented([organs, lesion, body], segments)


def built(segmentation: Segmentation, look: Look | None = None, field: Field | None = None) -> BuiltClasses:
    result = make_classes(order_of(segmentation, look, field))
    assert result is not None
    return result


def order_of(segmentation: Segmentation, look: Look | None = None, field: Field | None = None) -> ClassOrder:
    order = class_order(segmentation, field or field_of(segmentation.geometry), look or Look())
    assert order is not None
    return order


def row(segmentation: Segmentation, look: Look | None = None) -> list[int]:
    return [int(c) for c in built(segmentation, look).class_map.classes[0, 0]]


def test_upper_layers_come_first_and_what_encloses_last(torso: Segmentation) -> None:
    assert row(torso) == [0, BODY, LIVER, LESION, BONE, LESION]


def test_a_hidden_lesion_leaves_no_hole_but_hidden_bones_do(torso: Segmentation) -> None:
    assert row(torso, Look().with_segment(LESION, HIDDEN)) == [0, BODY, LIVER, LIVER, BONE, LESION]
    assert row(torso, Look().with_segment(BONE, HIDDEN))[4] == BONE


def test_what_encloses_with_a_look_of_its_own_covers_what_is_hidden(torso: Segmentation) -> None:
    look = Look().with_segment(BODY, GHOST).with_segment(BONE, HIDDEN)
    assert row(torso, look) == [0, BODY, LIVER, LESION, BODY, LESION]


def test_ghosts_come_after_what_is_shown(torso: Segmentation) -> None:
    assert row(torso, Look().with_segment(LESION, GHOST))[3] == LIVER


def test_means_are_those_of_the_image(torso: Segmentation) -> None:
    means = built(torso).class_map.means
    assert means == pytest.approx([0, 1, 2, 4, 4], abs=1e-3)
    assert means.dtype == np.float64


def test_records_and_empty_segments(torso: Segmentation) -> None:
    assert class_records(torso.segments)[2] == ClassRecord(LESION, (1, 2, 3), False)
    empty = segmented([np.zeros((1, 1, 2), np.uint8)], [Segment(5, "none yet", layer=3)])
    assert built(empty).class_map.numbers == (5,)
    assert built(empty).class_map.means.tolist() == [pytest.approx(0.5, abs=1e-4), 0]
    assert class_order(Segmentation(empty.geometry), field_of(empty.geometry), Look()) is None


def test_only_the_largest_segments_get_classes() -> None:
    labels = np.repeat(np.arange(300, dtype=np.uint16), np.arange(300)).reshape(1, 150, 299)
    segments = [Segment(n, str(n), label_value=n) for n in range(1, 300)]
    segmentation = segmented([labels], segments)  # type: ignore[list-item]
    result = built(segmentation)
    assert result.order.left_out == tuple(range(1, 46))
    assert result.class_map.numbers == tuple(range(46, 300))
    assert (result.class_map.classes == np.where(labels > 45, labels - 45.0, 0)).all()


def test_a_reduced_field_takes_the_nearest_label() -> None:
    labels = np.zeros((2, 4, 5), np.uint8)
    labels[1, 3, 3] = 1
    segmentation = segmented([labels], [Segment(1, "one")])
    field = field_of(segmentation.geometry, 12)
    assert field.shape == (2, 2, 3)  # the middle of four voxels counts to the one with the highest indices
    assert np.argwhere(built(segmentation, field=field).class_map.classes).tolist() == [[1, 1, 1]]


def test_uneven_slices_give_their_labels_to_what_lies_near_them() -> None:
    origins = np.array([[0.0, 0.0, z] for z in (0, 1, 2, 3, 5.2)])
    labels = np.broadcast_to(np.arange(1, 6, dtype=np.uint8)[:, None, None], (5, 2, 3)).copy()
    segmentation = Segmentation(Geometry((5, 2, 3), np.diag([1, 1, 1.3, 1]), None, origins))
    segmentation.load([Segment(n, str(n), label_value=n) for n in range(1, 6)], [labels], 5, [6] * 5)
    field = field_of(segmentation.geometry)
    assert field.shape == (7, 2, 3)
    assert built(segmentation, field=field).class_map.classes[:, 1, 2].tolist() == [1, 2, 3, 4, 4, 5, 5]


def test_a_stroke_makes_only_its_region_again_and_equals_all_made_anew() -> None:
    random = np.random.default_rng(2)
    labels = [random.integers(0, 3, (20, 30, 25), np.uint8) for _ in range(2)]
    segments = [Segment(2 * layer + v, "x", layer=layer, label_value=v) for layer in (0, 1) for v in (1, 2)]
    segmentation = segmented(labels, segments)
    field = field_of(segmentation.geometry)
    before = built(segmentation, field=field)
    kept = before.class_map.classes.copy()
    box = Box(3, 9, 4, 20, 5, 11)
    labels[0][box.slices] = 2
    labels[1][box.slices] = 0
    labels[1][19, 29, 24] = 1  # beyond the region: must not be seen
    after = update_classes(before, order_of(segmentation, field=field), {0: box, 1: Box(4, 5, 4, 5, 4, 5)})
    assert after is not None
    assert after.changed == Box(3, 9, 4, 20, 4, 11)
    assert (before.class_map.classes == kept).all()
    labels[1][19, 29, 24] = 0 if kept[19, 29, 24] < 3 else kept[19, 29, 24] - 2
    anew = built(segmentation, field=field)
    assert (after.class_map.classes == anew.class_map.classes).all()
    assert (after.sums == anew.sums).all()
    assert (after.counts == anew.counts).all()


def test_an_update_that_reaches_nothing_is_the_same_map(torso: Segmentation) -> None:
    before = built(torso)
    order = order_of(torso, field=before.order.field)
    assert update_classes(before, order, {}) is before


def test_another_look_makes_all_again(torso: Segmentation) -> None:
    before = built(torso)
    order = order_of(torso, Look().with_segment(LESION, HIDDEN), before.order.field)
    after = update_classes(before, order, {})
    assert after is not None
    assert after.changed is None
    assert after.class_map.classes[0, 0, 3] == LIVER
    colors_only = order_of(torso, Look(ghost=0.5), before.order.field)
    assert colors_only.claims_as(before.order)


def test_it_can_be_called_off(torso: Segmentation) -> None:
    assert make_classes(order_of(torso), lambda: False) is None
