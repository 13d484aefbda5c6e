"""What is cut away to open the view to a segment."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from render.cinematic.cutaway import WIDENING, cut_away
from render.cinematic.scene import CUT, ClassMap, Field
from session.look.cut import Cutaway

pytestmark = pytest.mark.slow  # compiles

UP_K, NOWHERE = (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)
LIVER, RIBS = 11, 12


def scene(classes: NDArray[np.uint8], affine: NDArray[np.float64] | None = None) -> tuple[ClassMap, Field]:
    affine = np.eye(4) if affine is None else affine
    x, y, z = np.linalg.norm(affine[:3, :3], axis=0)
    field = Field(np.zeros(classes.shape, np.uint16), 0, 1, np.asarray(np.linalg.inv(affine), np.float64), (x, y, z))
    return ClassMap(classes, (LIVER, RIBS), np.zeros(3)), field


def cut(
    classes: NDArray[np.uint8],
    cutaway: Cutaway,
    affine: NDArray[np.float64] | None = None,
    most_nodes: int = 10**9,
) -> NDArray[np.bool_]:
    before = classes.copy()
    class_map, field = scene(classes, affine)
    result = cut_away(class_map, field, cutaway, most_nodes=most_nodes)
    assert result is not None
    assert (classes == before).all()
    is_cut = result.classes == CUT
    assert (result.classes == before)[~is_cut].all()
    assert not is_cut[before == 1].any()
    return np.asarray(is_cut)


def point(shape: tuple[int, int, int] = (41, 41, 41), at: tuple[int, int, int] = (20, 20, 20)) -> NDArray[np.uint8]:
    classes = np.full(shape, 2, np.uint8)
    classes[at] = 1
    return classes


def test_the_margin_is_cut_all_around() -> None:
    is_cut = cut(point(), Cutaway((LIVER,), 5.5, NOWHERE))
    k, j, i = np.indices(is_cut.shape)
    distance = np.sqrt((k - 20) ** 2 + (j - 20) ** 2 + (i - 20) ** 2)
    assert is_cut[(distance < 5.5 * 0.89) & (distance > 0)].all()  # chamfer steps are at most an eighth too long
    assert not is_cut[distance >= 5.5].any()
    assert is_cut[20, 20, 25]
    assert is_cut[15, 20, 20]


def test_the_way_to_the_viewer_is_a_funnel() -> None:
    is_cut = cut(point(), Cutaway((LIVER,), 3.5, UP_K))
    for k in (25, 30, 40):
        across = np.flatnonzero(is_cut[k, 20])
        reach = 3.5 + WIDENING * (k - 20)
        expected = np.flatnonzero(np.abs(np.arange(41) - 20) < reach - 1e-3)
        assert across.tolist() == expected.tolist()
    assert not is_cut[:17].any()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_every_direction(axis: int, sign: int) -> None:
    x, y, z = np.eye(3)[2 - axis] * 7.0 * sign
    is_cut = np.moveaxis(cut(point(), Cutaway((LIVER,), 2.5, (x, y, z))), axis, 0)[::sign]
    assert is_cut[21:, 20, 20].all()
    assert not is_cut[:18].any()


def test_a_slanted_way_on_a_slanted_grid() -> None:
    affine = np.array([[0.7, 0.0, 0.0, 5.0], [0.0, 0.9, 0.4, -3.0], [0.0, 0.0, 1.5, 8.0], [0.0, 0.0, 0.0, 1.0]])
    towards = np.array([0.2, -0.3, 0.9])
    is_cut = cut(point(), Cutaway((LIVER,), 4.0, (0.2, -0.3, 0.9)), affine)
    inverse = np.linalg.inv(affine[:3, :3])
    side = np.cross(towards, [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    for mm in (5.0, 12.0, 20.0):
        middle = inverse @ (mm * towards / np.linalg.norm(towards)) + 20
        i, j, k = np.round(middle).astype(int)
        assert is_cut[k, j, i]
        i, j, k = np.round(middle + inverse @ side * (6.0 + WIDENING * mm)).astype(int)
        assert not is_cut[k, j, i]


def test_a_coarse_grid_cuts_nearly_the_same() -> None:
    classes = np.full((60, 61, 62), 2, np.uint8)
    classes[20:32, 24:36, 20:40] = 1
    cutaway = Cutaway((LIVER,), 6.0, (0.0, -1.0, 0.3))
    fine, coarse = cut(classes, cutaway), cut(classes, cutaway, most_nodes=30_000)
    assert np.count_nonzero(fine ^ coarse) < 0.12 * np.count_nonzero(fine)
    assert coarse[:, 0, 30].any()
    assert not coarse[:, 50:].any()


def test_a_single_slice() -> None:
    is_cut = cut(point((1, 9, 9), (0, 4, 4)), Cutaway((LIVER,), 2.5, (0.0, 1.0, 0.0)))
    assert np.argwhere(is_cut[0, :, 4]).ravel().tolist() == [2, 3, 5, 6, 7, 8]


def test_segments_without_voxels_cut_nothing() -> None:
    class_map, field = scene(np.full((4, 5, 6), 2, np.uint8))
    assert cut_away(class_map, field, Cutaway((LIVER,))) is class_map
    assert cut_away(class_map, field, Cutaway((77,))) is class_map
    assert cut_away(class_map, field, Cutaway(())) is class_map


def test_it_can_be_called_off() -> None:
    class_map, field = scene(point())
    assert cut_away(class_map, field, Cutaway((LIVER,)), lambda: False) is None
