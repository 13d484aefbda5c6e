"""Ray casting without VTK: functions of kinds of matter, reduced grids, colours, cuts, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Geometry
from render.cinematic.scene import CUT, ClassMap, ClassRecord, Field
from render.cinematic.tables import linear
from render.raycast.class_functions import class_functions, srgb
from render.raycast.cutting import box_in_voxels, kept_share
from render.raycast.gpu import invisible_kind
from render.raycast.kept import Kept
from render.raycast.preclassified import LEVELS, color_table, colored, gradient_factors, lookup_places, opacity_ramp
from render.raycast.reduction import block_means, reduced, reduced_classes, smoothed
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction

SHEARED = np.array([[0.8, 0.1, 0, 5], [0, 0.9, -0.7, 6], [0.1, 0, 2.0, 7], [0, 0, 0, 1]], float)
RED, GREEN = (200, 30, 30), (20, 180, 40)
RAMP = TransferFunction(
    (ColorPoint(0, (0.2, 0.4, 0.6)), ColorPoint(1000, (1.0, 0.9, 0.8))),
    (OpacityPoint(200, 0.0), OpacityPoint(800, 0.5)),
)
HIDDEN = SegmentLook(Visibility.HIDDEN)


def field_of(values: NDArray[np.uint16], affine: NDArray[np.float64] | None = None) -> Field:
    affine = np.eye(4) if affine is None else affine
    return Field(values, 0.0, 1000.0, np.linalg.inv(affine), Geometry(values.shape, affine).spacing_mm)


def random_values(shape: tuple[int, int, int]) -> NDArray[np.uint16]:
    return np.random.default_rng(1).integers(0, 65536, shape).astype(np.uint16)


def class_map(numbers: tuple[int, ...], shape: tuple[int, int, int] = (4, 4, 4)) -> ClassMap:
    classes = np.arange(np.prod(shape)).reshape(shape) % (len(numbers) + 1)
    return ClassMap(classes.astype(np.uint8), numbers, np.full(len(numbers) + 1, 500.0))


def test_classes_that_look_the_same_share_a_function_and_labels_have_no_gaps() -> None:
    classes = class_map((2, 7, 9, 40))
    records = tuple(ClassRecord(n, RED) for n in classes.numbers)
    look = Look(transfer=RAMP).with_segment(9, SegmentLook(tint=1.0)).with_segment(40, HIDDEN)
    functions = class_functions(look, field_of(random_values((4, 4, 4))), classes, records)
    assert functions.count == 3
    assert functions.kind_of_class[:5].tolist() == [0, 0, 0, 1, 2]
    assert set(functions.kind_of_class.tolist()) == set(range(functions.count))
    assert functions.colors[1, 0] == pytest.approx(np.array(RED) / 255, abs=1e-3)
    assert not functions.extinctions[2].any()


def test_colours_and_opacities_are_those_of_the_transfer_function() -> None:
    functions = class_functions(Look(transfer=RAMP), field_of(random_values((2, 2, 2))), None, ())
    values = functions.values()
    assert functions.opacities(0) == pytest.approx(RAMP.opacity_at(values), abs=2e-3)
    assert functions.colors[0] == pytest.approx(RAMP.color_at(values), abs=2e-3)


def test_a_thicker_unit_makes_a_millimetre_less_opaque() -> None:
    thick = replace(RAMP, unit_mm=2.0)
    functions = class_functions(Look(transfer=thick), field_of(random_values((2, 2, 2))), None, ())
    assert functions.opacities(0)[-1] == pytest.approx(1 - np.sqrt(0.5), abs=1e-3)


def test_what_is_cut_away_is_a_kind_that_cannot_be_seen() -> None:
    functions = class_functions(Look(transfer=RAMP), field_of(random_values((2, 2, 2))), None, (), has_cut=True)
    assert functions.kind_of_class[CUT] == 1
    assert not functions.extinctions[1].any()
    assert functions.extinctions[0].any()
    assert invisible_kind(functions) == 1


def test_structures_that_are_not_cut_have_a_kind_of_their_own() -> None:
    classes = class_map((1, 2))
    records = (ClassRecord(1, RED), ClassRecord(2, GREEN))
    look = Look(transfer=RAMP).with_segment(2, SegmentLook(is_clipped=False))
    functions = class_functions(look, field_of(random_values((4, 4, 4))), classes, records)
    assert functions.kind_of_class[:3].tolist() == [0, 0, 1]
    assert functions.is_clipped.tolist() == [True, False]
    assert not functions.is_cut_alike
    assert invisible_kind(functions) == 2  # nothing is invisible yet, so a kind more
    hidden = class_functions(
        replace(look, rest=HIDDEN, segment=HIDDEN), field_of(random_values((4, 4, 4))), classes, records
    )
    assert hidden.is_cut_alike
    assert not hidden.is_cut


def test_srgb_is_the_inverse_of_linear() -> None:
    encoded = np.linspace(0, 1, 50)
    assert srgb(linear(encoded)) == pytest.approx(encoded, abs=4e-4)


@pytest.mark.parametrize("shape", [(5, 7, 11), (4, 8, 8), (1, 9, 3)])
def test_a_reduced_grid_lies_where_the_original_lies(shape: tuple[int, int, int]) -> None:
    values = random_values(shape)
    found = reduced(field_of(values, SHEARED), 4)
    assert max(found.field.shape) <= 4
    fk, fj, fi = found.factors
    middle_of_first = [(fi - 1) / 2, (fj - 1) / 2, (fk - 1) / 2, 1]
    assert found.field.index_from_world @ SHEARED @ middle_of_first == pytest.approx([0, 0, 0, 1])
    last_edge = np.array([shape[2] - 0.5, shape[1] - 0.5, shape[0] - 0.5, 1])
    edge = (found.field.index_from_world @ SHEARED @ last_edge)[:3] + 0.5
    assert edge == pytest.approx(found.extent)
    assert found.field.values[0, 0, 0] == pytest.approx(values[:fk, :fj, :fi].mean(), abs=0.6)
    k, j, i = (n - 1 for n in found.field.shape)
    assert found.field.values[k, j, i] == pytest.approx(values[k * fk :, j * fj :, i * fi :].mean(), abs=0.6)


def test_a_small_volume_is_not_copied() -> None:
    field = field_of(random_values((4, 4, 4)))
    assert reduced(field, 4).field is field


def test_means_of_the_largest_values_do_not_overflow() -> None:
    assert (block_means(np.full((9, 9, 9), 65535, np.uint16), (4, 4, 4)) == 65535).all()


def test_reduced_classes_have_the_shape_of_the_reduced_field() -> None:
    shape = (5, 7, 11)
    classes = class_map((1, 2), shape)
    factors = reduced(field_of(random_values(shape)), 4).factors
    found = reduced_classes(classes, factors)
    assert found.shape == block_means(random_values(shape), factors).shape
    assert found[0, 0, 0] == classes.classes[factors[0] // 2, factors[1] // 2, factors[2] // 2]


def test_smoothing_keeps_sums_and_reaches_one_voxel() -> None:
    values = np.zeros((7, 7, 7), np.uint16)
    values[3, 3, 3] = 64 * 64
    found = smoothed(values, 2)
    assert found.sum() == values.sum()
    assert found[3, 3, 3] == 64 * 8
    assert found[2, 2, 2] == 64
    assert not found[1].any()
    assert (smoothed(np.full((3, 3, 3), 255, np.uint8), 6) == 255).all()


def test_preclassified_voxels_have_the_colour_and_opacity_of_their_class() -> None:
    values = random_values((4, 4, 4))
    classes = class_map((2, 7))
    records = (ClassRecord(2, RED), ClassRecord(7, GREEN))
    look = Look(transfer=RAMP).with_segment(2, SegmentLook(tint=1.0)).with_segment(7, HIDDEN)
    field = field_of(values)
    functions = class_functions(look, field, classes, records)
    table = color_table(functions, field)
    assert table.shape == (3 * LEVELS, 4)
    rgba = colored(lookup_places(values, functions.kind_of_class[classes.classes]), table)
    assert rgba.shape == (4, 4, 4, 4)
    hu = values / 65.535
    opacity = opacity_ramp()[rgba[..., 3]]
    visible = classes.classes != 2
    assert opacity[visible] == pytest.approx(RAMP.opacity_at(hu)[visible], abs=0.006)
    assert not opacity[~visible].any()
    assert (np.abs(rgba[classes.classes == 1][:, :3].astype(int) - RED) <= 1).all()
    rest = classes.classes == 0
    assert rgba[rest][:, :3] == pytest.approx(RAMP.color_at(hu)[rest] * 255, abs=1.5)


def test_a_faint_veil_survives_the_bytes() -> None:
    look = Look(transfer=RAMP, rest=SegmentLook(Visibility.GHOST), matter=(0, 1), ghost=0.006)
    field = field_of(np.full((2, 2, 2), 40000, np.uint16))
    functions = class_functions(look, field, None, ())
    rgba = colored(lookup_places(field.values, None), color_table(functions, field))
    assert opacity_ramp()[rgba[..., 3]] == pytest.approx(0.006, rel=0.08)


def test_factors_act_on_opacities() -> None:
    field = field_of(np.full((2, 2, 2), 60000, np.uint16))
    functions = class_functions(Look(transfer=RAMP), field, None, ())
    rgba = colored(
        lookup_places(field.values, None), color_table(functions, field), np.full((2, 2, 2), 0.25, np.float32)
    )
    assert opacity_ramp()[rgba[..., 3]] == pytest.approx(0.125, rel=0.02)


def test_gradients_are_per_millimetre_in_sheared_grids_too() -> None:
    """Values that rise by 20 per millimetre along one direction in space."""
    direction = np.array([0.6, 0.0, 0.8])
    k, j, i = np.indices((8, 8, 8))
    places = np.stack([i, j, k, np.ones_like(i)], axis=-1) @ SHEARED.T
    hu = 100 + 20 * (places[..., :3] @ direction)
    field = field_of((hu * 65.535).astype(np.uint16), SHEARED)
    found = gradient_factors(field, np.array([[0.0, 0.0], [40.0, 1.0]]))
    assert found == pytest.approx(0.5, abs=0.01)


def test_a_plane_keeps_the_side_its_normal_points_to() -> None:
    field = field_of(random_values((6, 6, 6)), SHEARED)
    point = (SHEARED @ [2, 3, 2, 1])[:3]
    cut = Cut((ClipPlane((point[0], point[1], point[2]), (0.0, 0.0, 3.0)),))
    share = kept_share(field, cut, (6.0, 6.0, 6.0))
    k, j, i = np.indices((6, 6, 6))
    heights = (np.stack([i, j, k, np.ones_like(i)], axis=-1) @ SHEARED.T)[..., 2] - point[2]
    assert (share[heights > 1.1] == 1).all()
    assert (share[heights < -1.1] == 0).all()
    assert share[2, 3, 2] == pytest.approx(0.5)


def test_the_crop_box_is_a_share_of_the_whole_image() -> None:
    cut = Cut(box=CropBox((0.5, 0.0, 0.0), (1.0, 0.25, 1.0)))
    assert box_in_voxels(cut, (8.0, 8.0, 4.0)) == pytest.approx(np.array([[3.5, 7.5], [-0.5, 1.5], [-0.5, 3.5]]))
    share = kept_share(field_of(random_values((4, 8, 8))), cut, (8.0, 8.0, 4.0))
    assert np.argwhere(share == 1).min(axis=0).tolist() == [0, 0, 4]
    assert np.argwhere(share > 0).max(axis=0).tolist() == [3, 1, 7]
    assert np.count_nonzero(share) == 4 * 2 * 4


def test_what_is_kept_is_made_anew_only_when_its_reasons_differ() -> None:
    kept, made = Kept(), []

    def make() -> int:
        made.append(1)
        return len(made)

    array = np.zeros(3)
    assert kept.of("a", (array, Look()), make) == 1
    assert kept.of("a", (array, Look()), make) == 1
    assert kept.of("a", (array, Look(ghost=0.5)), make) == 2
    assert kept.of("a", (array.copy(), Look(ghost=0.5)), make) == 3
    assert kept.of("b", (), make) == 4
