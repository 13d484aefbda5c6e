from __future__ import annotations

import numpy as np

from imaging.geometry import Geometry
from inference.engine.placement import AxisMap
from inference.engine.preparing import cut, prepare, start
from inference.engine.recipe import CenterFit, Orient, Respace
from inference.engine.way_back import to_source


def test_a_voxel_in_the_middle_takes_the_lower_network_index() -> None:
    axis = AxisMap(0, scale=2.0, offset=0.0, size=4, source_size=8)
    assert axis.network_index().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert axis.flipped().network_index().tolist() == [3, 2, 2, 1, 1, 0, 0, 0]


def test_what_was_cropped_away_comes_back_as_background_and_borders_do_not() -> None:
    axis = AxisMap(0, scale=1.0, offset=0.0, size=6, source_size=6)
    assert axis.cropped(2, 3).network_index().tolist() == [-1, -1, 0, 1, 2, -1]
    assert axis.resampled(2.0, 0.0, 3).network_index().tolist() == [0, 0, 1, 1, 2, 2]


def test_a_marker_on_the_left_comes_back_on_the_left() -> None:
    affine = np.diag([1.0, 1.0, 2.0, 1.0])  # LPS: i to the left
    grid = Geometry((8, 10, 12), affine)
    voxels = np.zeros(grid.shape, np.int16)
    voxels[2, 3, 9] = 1000  # left, in front, below
    steps = (Orient("RAS"), CenterFit((16, 16, 16)), Orient("PIR"))
    prepared = prepare(start([voxels], grid), steps, lambda _: None)
    labels = (prepared.image[0] > 500).astype(np.uint8)
    assert labels.sum() == 1
    back = to_source(labels, prepared.axes, grid.shape)
    assert np.argwhere(back).tolist() == [[2, 3, 9]]


def test_every_step_keeps_axes_and_affine_together() -> None:
    affine = np.array([[0.0, -0.7, 0, 10], [0.7, 0, 0, -20], [0, 0, 3.0, 5], [0, 0, 0, 1]])
    grid = Geometry((9, 30, 24), affine)
    voxels = np.random.default_rng(0).integers(0, 100, grid.shape).astype(np.int16)
    steps = (Orient("RAS"), Respace((1.0, 1.2, 2.0)), CenterFit((20, 30, 8)))
    prepared = cut(prepare(start([voxels], grid), steps, lambda _: None), (1, 2, 1), (9, 9, 5), 0.0)
    corner = prepared.affine @ np.array([3, 4, 2, 1.0])  # RAS
    ijk = np.zeros(3)
    for axis, n in zip(prepared.axes, (3, 4, 2), strict=True):
        ijk[axis.source_axis] = axis.scale * n + axis.offset
    np.testing.assert_allclose(grid.to_world(ijk), corner[:3] * (-1, -1, 1), atol=1e-9)
