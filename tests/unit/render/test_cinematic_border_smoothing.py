"""Borders of classes without steps, against the argmax of plainly smoothed masks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from imaging.geometry import Box
from render.cinematic.border_smoothing import border_sigmas, smooth_borders
from render.cinematic.scene import ClassMap

pytestmark = pytest.mark.slow  # compiles

Classes = NDArray[np.uint8]
CUBIC = (1.0, 1.0, 1.0)


def class_map(classes: Classes) -> ClassMap:
    return ClassMap(classes, (1, 2, 3), np.arange(4.0))


def smoothed(classes: Classes, spacing: tuple[float, float, float] = CUBIC) -> Classes:
    before = classes.copy()
    result = smooth_borders(class_map(classes), spacing)
    assert result is not None
    assert (classes == before).all()
    return result.classes


def blocks(shape: tuple[int, int, int]) -> Classes:
    """Blobs of four classes, drawn in cubes of two voxels."""
    coarse = np.random.default_rng(5).normal(size=(4, *(-(-n // 2) for n in shape)))
    drawn = ndimage.gaussian_filter(coarse, (0, 1, 1, 1)).argmax(axis=0).astype(np.uint8)
    fine = drawn.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    return np.ascontiguousarray(fine[: shape[0], : shape[1], : shape[2]])


def sphere(size: int, radius: float) -> NDArray[np.bool_]:
    k, j, i = np.indices((size,) * 3) - (size - 1) / 2
    return np.asarray(k**2 + j**2 + i**2 < radius**2)


def expected(classes: Classes) -> Classes:
    """The winner of all masks' shares at the borders of what is thick enough."""
    sigma = border_sigmas(CUBIC)[0]
    weights = np.exp(-0.5 * (np.arange(-2, 3) / sigma) ** 2)
    shares = np.stack([(classes == n).astype(float) for n in range(4)])
    for axis in (1, 2, 3):
        shares = ndimage.correlate1d(shares, weights, axis=axis, mode="constant")
    own = np.take_along_axis(shares, classes[None].astype(np.intp), 0)[0]
    winner = np.where(shares.max(axis=0) > own * 1.0001, shares.argmax(axis=0), classes)
    cross = ndimage.generate_binary_structure(3, 1)
    result = classes.copy()
    for n in range(4):
        mask = classes == n
        core = ndimage.binary_erosion(mask, cross, border_value=1)
        thick = mask & ~core & ndimage.binary_dilation(core, np.ones((3, 3, 3), bool))
        result[thick] = winner[thick]
    return result


@pytest.mark.parametrize("shape", [(12, 13, 14), (24, 9, 10), (1, 32, 32)])
def test_border_voxels_go_to_the_largest_share(shape: tuple[int, int, int]) -> None:
    classes = blocks(shape)
    found = smoothed(classes)
    assert (found == expected(classes)).all()
    assert (found != classes).any()


def test_steps_of_a_coarser_grid_become_rounder() -> None:
    truth = sphere(40, 15.3)
    steps = sphere(20, 15.3 / 2).repeat(2, 0).repeat(2, 1).repeat(2, 2)
    found = smoothed(steps.astype(np.uint8)) == 1
    assert np.count_nonzero(found != truth) < 0.7 * np.count_nonzero(steps != truth)


def test_thin_structures_stay() -> None:
    classes = np.zeros((9, 12, 12), np.uint8)
    classes[4, 5, :] = 1  # a vessel
    classes[:, 9:11, :] = 2  # a wall of two voxels
    assert (smoothed(classes) == classes).all()


def test_a_flat_border_stays_where_it_is() -> None:
    classes = np.zeros((8, 10, 12), np.uint8)
    classes[:, 5:] = 3
    assert (smoothed(classes) == classes).all()
    assert (smoothed(classes, (0.5, 0.5, 3.0)) == classes).all()


def test_only_the_surroundings_of_a_stroke_are_made_again() -> None:
    classes = blocks((20, 24, 28))
    before = smooth_borders(class_map(classes), CUBIC)
    painted = classes.copy()
    stroke = Box(6, 10, 7, 12, 10, 17)
    painted[stroke.slices] = 2
    after = smooth_borders(class_map(painted), CUBIC, before=before, changed=stroke)
    assert after is not None
    assert after is not before
    assert (after.classes == smoothed(painted)).all()


def test_it_can_be_called_off() -> None:
    assert smooth_borders(class_map(blocks((8, 8, 8))), CUBIC, lambda: False) is None
