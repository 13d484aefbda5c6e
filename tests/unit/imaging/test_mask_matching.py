"""A mask lands where its voxels are in the patient, whatever order its array has, or is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import SimpleITK as sitk

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Box, Geometry
from imaging.mask_matching import match

SHAPE = (6, 7, 8)


def target() -> Geometry:
    """A slightly oblique grid."""
    turn = np.deg2rad(12)
    affine = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]) @ np.diag(
        [0.7, 0.8, 2]
    )
    full = np.eye(4)
    full[:3, :3], full[:3, 3] = affine, [-50, 20, -300]
    return Geometry(SHAPE, full)


def voxels() -> np.ndarray:
    """A blob well inside the grid; no flip or swap maps it onto itself."""
    layer = np.zeros(SHAPE, np.uint8)
    layer[2:4, 2:5, 3:6], layer[2, 2, 3], layer[3, 4, 4] = 1, 2, 3
    return layer


def labels_on(geometry: Geometry, layer: np.ndarray) -> LabelFile:
    return LabelFile(geometry, [layer], [LabelSegment("a", None, 1)])


def test_the_same_grid_is_left_alone() -> None:
    layer = voxels()
    assert match(labels_on(target(), layer), target()).layers[0] is layer


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("flips", list(itertools.product([1, -1], repeat=3)))
def test_swapped_and_flipped_axes_are_laid_out_exactly(axes: tuple[int, int, int], flips: tuple[int, int, int]) -> None:
    layer, affine = voxels(), target().affine
    turned = layer.transpose(axes)[:: flips[0], :: flips[1], :: flips[2]]
    start = np.array([0.0, 0, 0, 1])
    columns = []
    for axis, flip in zip(axes, flips, strict=True):  # array axis 0, 1, 2 is k, j, i
        column = affine[:3, 2 - axis]
        columns.append(flip * column)
        start[2 - axis] = SHAPE[axis] - 1 if flip < 0 else 0
    full = np.eye(4)
    full[:3, :3], full[:3, 3] = np.array(columns[::-1]).T, (affine @ start)[:3]
    result = match(labels_on(Geometry(turned.shape, full), turned), target())
    assert np.array_equal(result.layers[0], layer)
    assert result.geometry.same_space(target())


def test_a_crop_is_put_back_in_its_place() -> None:
    box = Box(1, 5, 2, 6, 3, 7)
    result = match(labels_on(target().cropped(box), voxels()[box.slices]), target())
    assert np.array_equal(result.layers[0], voxels())


def test_a_larger_mask_is_cut_when_nothing_is_lost() -> None:
    inner = Box(1, 5, 1, 6, 2, 7)
    result = match(labels_on(target(), voxels()), target().cropped(inner))
    assert np.array_equal(result.layers[0], voxels()[inner.slices])


def test_losing_labels_needs_consent() -> None:
    inner = Box(3, 6, 0, 7, 0, 8)
    with pytest.raises(UserError, match="outside the image") as caught:
        match(labels_on(target(), voxels()), target().cropped(inner))
    assert "--resample" in caught.value.hint
    result = match(labels_on(target(), voxels()), target().cropped(inner), consent_to_resample=True)
    assert np.array_equal(result.layers[0], voxels()[inner.slices])


def test_a_disjoint_mask_is_empty_only_with_consent() -> None:
    far = target().affine.copy()
    far[:3, 3] += 100 * far[:3, 2]
    with pytest.raises(UserError):
        match(labels_on(Geometry(SHAPE, far), voxels()), target())
    assert not match(labels_on(Geometry(SHAPE, far), voxels()), target(), consent_to_resample=True).layers[0].any()


def shifted(part: float) -> Geometry:
    affine = target().affine.copy()
    affine[:3, 3] += part * affine[:3, 0]
    return Geometry(SHAPE, affine)


def test_rounding_in_a_header_is_no_other_grid() -> None:
    assert np.array_equal(match(labels_on(shifted(0.02), voxels()), target()).layers[0], voxels())


def test_another_grid_needs_consent() -> None:
    for geometry in (shifted(0.3), Geometry(SHAPE, target().affine @ np.diag([1.1, 1, 1, 1]))):
        with pytest.raises(UserError, match="another grid") as caught:
            match(labels_on(geometry, voxels()), target())
        assert "--resample" in caught.value.hint


def sitk_image(geometry: Geometry, layer: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(layer)
    image.SetSpacing(geometry.spacing_mm)
    image.SetOrigin(geometry.origin_mm)
    image.SetDirection(geometry.direction.ravel().tolist())
    return image


def test_nearest_resampling_agrees_with_simpleitk() -> None:
    fine = np.random.default_rng(5).integers(0, 4, (20, 21, 22)).astype(np.uint8)
    affine = np.diag([0.31, 0.27, 0.73, 1.0])
    affine[:3, 3] = [-52.1, 20.3, -300.4]
    source = Geometry(fine.shape, affine)
    ours = match(labels_on(source, fine), target(), consent_to_resample=True).layers[0]
    theirs = sitk.Resample(
        sitk_image(source, fine), sitk_image(target(), voxels()), sitk.Transform(), sitk.sitkNearestNeighbor, 0
    )
    expected = sitk.GetArrayFromImage(theirs)
    assert ours.any()
    # At the mask's rim ITK counts half a voxel differently; elsewhere each voxel must agree.
    differ = ours != expected
    assert differ.mean() < 0.01


def test_an_uneven_target_is_resampled_by_position() -> None:
    heights = np.array([0.0, 1, 2, 5, 9])
    origins = np.stack([np.zeros(5), np.zeros(5), heights], axis=1)
    uneven = Geometry((5, 4, 4), np.diag([1, 1, 2.25, 1]), slice_origins_mm=origins)
    layer = np.broadcast_to(np.arange(10, dtype=np.uint8)[:, None, None], (10, 4, 4)).copy()
    even = labels_on(Geometry((10, 4, 4), np.eye(4)), layer)
    with pytest.raises(UserError):
        match(even, uneven)
    assert match(even, uneven, consent_to_resample=True).layers[0][:, 0, 0].tolist() == [0, 1, 2, 5, 9]


def test_slicers_template_without_voxels_fits_everywhere() -> None:
    template = labels_on(Geometry((1, 1, 1), np.eye(4)), np.zeros((1, 1, 1), np.uint8))
    result = match(template, target())
    assert result.geometry.shape == SHAPE
    assert not result.layers[0].any()
    assert result.segments == template.segments
