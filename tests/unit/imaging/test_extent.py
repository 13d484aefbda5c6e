"""Volumes, and areas where nobody says how thick the only slice is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imaging.comparison.common_grid import on_one_grid
from imaging.comparison.label_comparison import compare_labels
from imaging.comparison.measures import compare_masks
from imaging.extent import Extent, extent_of
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry

THICK = Geometry((1, 8, 8), np.diag([0.5, 0.8, 3.0, 1.0]))
FLAT = replace(THICK, has_thickness=False)


def mask(geometry: Geometry, columns: int) -> LabelFile:
    """Four rows of so many columns, and a segment that only this mask has."""
    layer = np.zeros((1, 8, 8), np.uint8)
    layer[0, :4, :columns], layer[0, 7] = 1, 2
    return LabelFile(geometry, [layer], [LabelSegment("Liver", None, 1), LabelSegment(f"Own {columns}", None, 2)])


def test_a_count_of_voxels_is_a_volume_or_an_area() -> None:
    assert extent_of(THICK, 10).volume_ml == pytest.approx(0.012)
    assert extent_of(THICK, 10).area_mm2 is None
    assert extent_of(FLAT, 10).area_mm2 == pytest.approx(4.0)
    assert extent_of(FLAT, 10).volume_ml is None


@pytest.mark.parametrize(
    ("size", "record"),
    [(Extent(1.5), {"volume_ml": 1.5}), (Extent(4.0, is_area=True), {"volume_ml": None, "area_mm2": 4.0})],
)
def test_a_record_says_which_and_is_read_back(size: Extent, record: dict[str, float | None]) -> None:
    assert size.to_json() == record
    assert Extent.from_json(record) == size


def test_masks_of_a_flat_slice_are_compared_by_their_areas() -> None:
    one, other = (mask(FLAT, columns).layers[0] == 1 for columns in (4, 5))
    found = compare_masks(one, other, FLAT)
    assert (found.size_a.area_mm2, found.size_b.area_mm2) == pytest.approx((6.4, 8.0))
    assert found.difference.area_mm2 == pytest.approx(1.6)
    assert found.difference.volume_ml is None
    assert found.difference_percent == pytest.approx(25)


def test_outlines_are_compared_and_not_the_faces_that_always_agree() -> None:
    """A square of 4 by 4 pixels and one of 4 by 5: of outlines of 16 and 18 pixels, 13 and 13 are common."""
    flat = Geometry((1, 12, 12), np.eye(4), has_thickness=False)
    one, other = np.zeros((2, 1, 12, 12), bool)
    one[0, 2:6, 2:6] = other[0, 2:6, 2:7] = True
    found = compare_masks(one, other, flat, tolerance_mm=0.25)
    assert found.hausdorff_mm == pytest.approx(1.0)
    assert found.farthest_mm is not None
    assert found.farthest_mm[2] == 0
    assert found.surface_dice == pytest.approx(26 / 34, abs=0.05)
    thin = compare_masks(one, other, Geometry(flat.shape, np.diag([1, 1, 0.01, 1.0]), has_thickness=False), 0.25)
    assert thin.surface_dice == pytest.approx(found.surface_dice)


@pytest.mark.parametrize("grids", [(FLAT, THICK), (THICK, FLAT), (FLAT, FLAT)])
def test_one_mask_that_does_not_know_is_enough(grids: tuple[Geometry, Geometry]) -> None:
    """A file of many formats cannot but name a thickness, also where the image had none."""
    masks = on_one_grid(mask(grids[0], 4), mask(grids[1], 5))
    result = compare_labels(masks.a, masks.b)
    assert result.segments[0].agreement.size_b.area_mm2 == pytest.approx(8.0)
    for alone in (result.only_in_a, result.only_in_b):
        assert [size.area_mm2 for _, size in alone] == pytest.approx([3.2])


def test_a_flat_mask_on_slices_of_a_known_distance_has_a_volume_there() -> None:
    layer = np.zeros((3, 8, 8), np.uint8)
    layer[0, :4, :4] = 1
    volume = LabelFile(replace(THICK, shape=(3, 8, 8)), [layer], [LabelSegment("Liver", None, 1)])
    masks = on_one_grid(volume, mask(FLAT, 4))
    assert compare_labels(masks.a, masks.b).segments[0].agreement.size_b.volume_ml == pytest.approx(0.0192)
