"""Lengths, angles and ellipses: what they measure, and what an image holds inside an ellipse."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind, as_point
from imaging.measurements import AddMeasurement, Measurements, RemoveMeasurements, UpdateMeasurement
from imaging.region_statistics import box_size, ellipse_statistics, ellipse_values
from imaging.volume import Quantity, Volume

SHAPE = (12, 40, 50)
UP = (0.0, 0.0, 1.0)


def length(number: int = 1, one: tuple = (0.0, 0.0, 0.0), other: tuple = (3.0, 4.0, 12.0)) -> Measurement:
    return Measurement(number, MeasurementKind.LENGTH, (one, other), UP, "Length 1")


def ellipse(center: NDArray, one: NDArray, other: NDArray) -> Measurement:
    points = tuple(as_point(point) for point in (center, center + one, center + other))
    return Measurement(1, MeasurementKind.ELLIPSE, points, UP, "Region 1")


def image(affine: NDArray, **more: object) -> Volume:
    voxels = np.random.default_rng(0).integers(-1000, 2000, SHAPE).astype(np.int16)
    return Volume(Geometry(SHAPE, affine, **more), voxels, Quantity.HU)  # type: ignore[arg-type]


def test_lengths_angles_and_areas_are_those_of_geometry() -> None:
    assert length().length_mm == pytest.approx(13.0)
    assert length().center_mm == (1.5, 2.0, 6.0)
    for degrees in (0.0, 0.001, 45.0, 90.0, 135.0, 179.999, 180.0):
        turned = (5 * math.cos(math.radians(degrees)), 5 * math.sin(math.radians(degrees)), 0.0)
        angle = Measurement(1, MeasurementKind.ANGLE, ((2.0, 0.0, 0.0), (0.0, 0.0, 0.0), turned), UP, "a")
        assert angle.angle_deg == pytest.approx(degrees, abs=1e-9)
    flat = ellipse(np.zeros(3), np.array([3.0, 0, 0]), np.array([0, 4.0, 0]))
    assert flat.half_axes_mm == (3.0, 4.0)
    assert flat.area_mm2 == pytest.approx(12 * math.pi)
    assert flat.moved((1.0, 2.0, 3.0)).area_mm2 == pytest.approx(flat.area_mm2)


def test_a_record_is_read_back_exactly_and_wrong_ones_are_refused() -> None:
    one = length(3, (0.1, 1 / 3, -7.25), (1e-9, 2.0, 3.0)).changed(name="tumour “A”", color=(1, 2, 3))
    text = json.dumps(one.to_json() | {"of a later version": 5})
    assert Measurement.from_json(json.loads(text)) == one
    with pytest.raises(ValueError, match="points"):
        Measurement(1, MeasurementKind.ANGLE, ((0.0, 0.0, 0.0),) * 2, UP, "")
    with pytest.raises(ValueError, match="finite"):
        length(other=(math.nan, 0.0, 0.0))


def test_edits_say_what_changed_and_can_be_taken_back() -> None:
    kept = Measurements()
    first = kept.apply(AddMeasurement(length(1)))
    kept.apply(AddMeasurement(length(2)))
    assert first is not None
    assert first.measurement_numbers == {1}
    assert not first.has_segmentation
    renamed = kept.apply(UpdateMeasurement(2, {"name": "aorta"}))
    assert kept.apply(UpdateMeasurement(2, {"name": "aorta"})) is None
    removed = kept.apply(RemoveMeasurements((1, 2)))
    assert kept.all == ()
    assert removed is not None
    assert renamed is not None
    kept.replay(removed.inverted())
    assert [m.name for m in kept.all] == ["Length 1", "aorta"]
    kept.replay(renamed.inverted())
    assert kept.get(2) == length(2)
    assert kept.next_number == 3
    with pytest.raises(ValueError, match="used before"):
        kept.apply(AddMeasurement(length(2)))
    with pytest.raises(ValueError, match="cannot be updated"):
        kept.apply(UpdateMeasurement(2, {"number": 9}))
    with pytest.raises(KeyError):
        kept.apply(UpdateMeasurement(7, {"name": "x"}))


ROTATED = np.array([[0.6, -0.8, 0, 5], [0.8, 0.6, 0, -7], [0, 0, 2.5, 11], [0, 0, 0, 1.0]]) @ np.diag([0.7, 0.9, 1, 1])
SHEARED = np.array([[0.7, 0, 0, 0], [0, 0.7, 0.8, 0], [0, 0, 2.0, 0], [0, 0, 0, 1.0]])


@pytest.mark.parametrize("affine", [np.diag([0.7, 0.7, 2.0, 1.0]), ROTATED, SHEARED])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_ellipse_in_a_slice_holds_the_voxels_whose_centres_are_inside(affine: NDArray, axis: int) -> None:
    volume = image(affine)
    geometry = volume.geometry
    first, second = (geometry.direction[:, n] for n in range(3) if n != axis)
    if abs(first @ second) > 1e-6:
        second = second - (second @ first) * first  # axes are at right angles, whatever the grid's are
        second = second / np.linalg.norm(second)
    center = geometry.to_world([23.4, 17.2, 6.0] if axis == 2 else [23.0, 17.0, 6.3])
    one, other = 6.1 * (first + 0.5 * second), 3.3 * (second - 0.5 * first)
    region = ellipse(center, one, other)
    k, j, i = np.indices(SHAPE)
    offset = geometry.to_world(np.stack([i, j, k], axis=-1)) - center
    u, v = offset @ one / (one @ one), offset @ other / (other @ other)
    number = geometry.to_index(center)[axis]
    inside = (u * u + v * v <= 1) & (np.stack([i, j, k])[axis] == round(float(number)))
    expected = np.sort(volume.voxels[inside])
    assert expected.size > 20
    np.testing.assert_array_equal(np.sort(ellipse_values(volume, region)), expected)
    found = ellipse_statistics(volume, region)
    assert found is not None
    assert found.count == expected.size
    assert found.mean == pytest.approx(expected.mean())
    assert found.deviation == pytest.approx(expected.std())
    assert (found.least, found.most) == (expected.min(), expected.max())


def test_slices_at_uneven_places_are_looked_at_where_they_are() -> None:
    heights = np.cumsum([0, 1, 1, 3, 1, 1, 1, 2, 1, 1, 5, 1.0])
    origins = np.stack([np.zeros(12), np.zeros(12), heights], axis=1)
    volume = image(np.diag([1.0, 1.0, 18 / 11, 1.0]), slice_origins_mm=origins)
    region = ellipse(np.array([20.0, 15.0, 7.0]), np.array([8.0, 0, 0]), np.array([0, 0, 4.5]))
    i = np.arange(SHAPE[2])[None]
    inside = ((i - 20) / 8) ** 2 + ((heights[:, None] - 7) / 4.5) ** 2 <= 1
    np.testing.assert_array_equal(
        np.sort(ellipse_values(volume, region)), np.sort(volume.voxels[:, 15][inside].astype(float))
    )


def test_a_tilted_plane_counts_the_voxels_it_passes_through() -> None:
    volume = image(np.diag([1.0, 1.0, 1.0, 1.0]))
    one, other = np.array([4.0, 0, 3.0]), np.array([0, 5.0, 0])
    region = ellipse(np.array([25.0, 20.0, 6.0]), one, other)
    values = ellipse_values(volume, region)
    assert values.size == pytest.approx(math.pi * 25, rel=0.1)
    near = np.zeros(SHAPE, bool)
    for u in np.linspace(-1, 1, 81):
        for v in np.linspace(-1, 1, 81):
            if u * u + v * v <= 1:
                x, y, z = np.floor(np.array([25.0, 20.0, 6.0]) + u * one + v * other + 0.5).astype(int)
                near[z, y, x] = True
    assert set(values) <= set(volume.voxels[near].astype(float))


def test_what_is_no_value_of_the_image_is_left_out() -> None:
    voxels = np.zeros(SHAPE, np.float32)
    voxels[6, 20, 20:23] = (np.nan, 5.0, -2000.0)
    geometry = Geometry(SHAPE, np.eye(4))
    region = ellipse(np.array([21.0, 20.0, 6.0]), np.array([1.4, 0, 0]), np.array([0, 0.5, 0]))
    found = ellipse_statistics(Volume(geometry, voxels, outside_value=-2000.0), region)
    assert found is not None
    assert (found.count, found.mean, found.deviation) == (1, 5.0, 0.0)
    outside = region.moved((0.0, 0.0, 100.0))
    assert ellipse_statistics(Volume(geometry, voxels), outside) is None
    colours = Volume(geometry, np.zeros((*SHAPE, 3), np.uint8), Quantity.COLOUR)
    assert ellipse_statistics(colours, region) is None


def test_at_the_border_only_what_is_there_counts() -> None:
    volume = image(np.eye(4))
    region = ellipse(np.array([0.0, 0.0, 0.0]), np.array([3.0, 0, 0]), np.array([0, 3.0, 0]))
    found = ellipse_statistics(volume, region)
    assert found is not None
    assert found.count == sum(1 for i in range(4) for j in range(4) if i * i + j * j <= 9)
    assert box_size(volume.geometry, region) == 49
