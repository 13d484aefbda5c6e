"""What is measured in a report is measured again from what comes back, on all planes and in all kinds of images."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.formats.label_file import LabelFile
from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind, as_point, storable
from imaging.objects.report_read import read_report
from imaging.objects.report_write import Measured, as_stored, write_report
from imaging.objects.source_series import source_of, source_without_dicom
from imaging.opening import list_series, open_series
from imaging.region_statistics import RegionStatistics, ellipse_statistics
from imaging.volume import Quantity, Volume

SHAPE = (40, 60, 70)
NEAR = 1e-4  # mm, within which 32-bit floats hold places of patients


def grid(degrees: float, across: float, spacing: tuple[float, float, float]) -> Geometry:
    """Turned about the patient's long axis, then about the rows; far from the origin."""
    one, other = np.radians(degrees), np.radians(across)
    turn = np.array([[np.cos(one), -np.sin(one), 0], [np.sin(one), np.cos(one), 0], [0, 0, 1]])
    tip = np.array([[1, 0, 0], [0, np.cos(other), -np.sin(other)], [0, np.sin(other), np.cos(other)]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ tip @ np.diag(spacing)
    affine[:3, 3] = (-195.1, -181.3, -1340.5)
    return Geometry(SHAPE, affine, "1.2.3")


def volume(modality: str) -> Volume:
    noise = np.random.default_rng(5).normal(0, 100, SHAPE)
    if modality == "CT":
        return Volume(grid(0, 0, (0.762, 0.762, 2.5)), noise.astype(np.int16), Quantity.HU)
    if modality == "MR":
        return Volume(grid(17, 23, (0.6875, 0.6875, 6.5)), noise.astype(np.int16), Quantity.SIGNAL)
    return Volume(grid(0, 0, (4.07, 4.07, 3.0)), np.abs(noise / 30).astype(np.float32), Quantity.SUVBW)


def ellipse(center: NDArray, one: NDArray, other: NDArray, name: str) -> Measurement:
    points = tuple(map(as_point, (center, center + one, center + other)))
    normal = np.cross(one, other)
    return Measurement(1, MeasurementKind.ELLIPSE, points, as_point(normal / np.linalg.norm(normal)), name)


def axes_of(geometry: Geometry, plane: str) -> tuple[NDArray, NDArray]:
    """Two unit vectors: of the slices, across their columns, or askew to all of them."""
    x, y, z = geometry.direction.T
    if plane == "oblique":
        return np.asarray((x + y) / 2**0.5), np.asarray((x - y + z) / 3**0.5)
    return {"axial": (x, y), "sagittal": (y, z), "coronal": (x, z)}[plane]


def ellipses(geometry: Geometry, plane: str) -> list[Measurement]:
    """Wherever rounding hurts: axes that end on voxel centres, planes half-way between slices; and anywhere."""
    random, found = np.random.default_rng(9), []
    one, other = axes_of(geometry, plane)
    steps = np.array(geometry.spacing_mm)[np.abs(geometry.direction).argmax(axis=1)]  # along x, y, z
    for n in range(30):
        middle = np.round(random.uniform((25, 25, 15), (40, 40, 25)))
        reach = random.integers(3, 9, 2) * [steps[np.abs(one).argmax()], steps[np.abs(other).argmax()]]
        if n % 3 == 1:
            middle += 0.5
        if n % 3 == 2:
            middle, reach = middle + random.uniform(-0.4, 0.4, 3), random.uniform(3, 20, 2)
        found.append(ellipse(geometry.to_world(middle), reach[0] * one, reach[1] * other, f"Region {n}"))
    return found


def lines(geometry: Geometry, plane: str) -> list[Measurement]:
    one, other = axes_of(geometry, plane)
    start = geometry.to_world([20, 20, 10])
    corners = np.array([start, start + 31.7 * one, start + 11.3 * one + 19.1 * other])
    up = as_point(np.cross(one, other))
    third = np.cross(one, other) / np.linalg.norm(np.cross(one, other))
    box = [start, start + 31.7 * one, start + 11.3 * np.cross(third, one), start + 8.9 * third]
    return [
        Measurement(1, MeasurementKind.LENGTH, tuple(map(as_point, corners[:2])), up, "Length"),
        Measurement(1, MeasurementKind.ANGLE, tuple(map(as_point, corners)), up, "Angle"),
        Measurement(1, MeasurementKind.BOX, tuple(map(as_point, box)), as_point(third), "Box", score=0.5),
    ]


def there_and_back(image: Volume, drawn: list[Measurement], path: Path, modality: str) -> list[Measurement]:
    source = replace(source_without_dicom(image.geometry, "x"), modality=modality, frame_of_reference_uid="1.2.3")
    write_report(LabelFile(image.geometry, [], []), source, path, [Measured(m) for m in drawn], image.quantity)
    return [shape for group in read_report(path, source) for shape in group.shapes]


def statistics(image: Volume, region: Measurement) -> RegionStatistics:
    found = ellipse_statistics(image, region)
    assert found is not None
    return found


def must_be_equal(found: RegionStatistics, wanted: RegionStatistics) -> None:
    assert (found.count, found.least, found.most) == (wanted.count, wanted.least, wanted.most)
    assert (found.mean, found.deviation) == pytest.approx((wanted.mean, wanted.deviation), rel=1e-12)


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
@pytest.mark.parametrize("plane", ["axial", "sagittal", "coronal", "oblique"])
def test_regions_that_were_drawn_come_back_with_the_same_voxels(modality: str, plane: str, tmp_path: Path) -> None:
    image = volume(modality)
    drawn = [one.changed(points_mm=storable(one.points_mm)) for one in ellipses(image.geometry, plane)]
    back = there_and_back(image, drawn, tmp_path / "sr.dcm", modality)
    assert [one.name for one in back] == [one.name for one in drawn]
    for found, wanted in zip(back, drawn, strict=True):
        must_be_equal(statistics(image, found), statistics(image, wanted))
        assert found.area_mm2 == pytest.approx(wanted.area_mm2, rel=1e-12)
        assert abs(float(np.dot(found.normal, wanted.normal))) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
@pytest.mark.parametrize("plane", ["axial", "sagittal", "coronal"])
def test_regions_of_older_cases_do_too_where_their_rim_goes_through_voxels(
    modality: str, plane: str, tmp_path: Path
) -> None:
    """Their points are what 32-bit floats cannot hold: only the tolerance at the rim is left."""
    image = volume(modality)
    drawn = [one for n, one in enumerate(ellipses(image.geometry, plane)) if n % 3 != 2]
    for found, wanted in zip(there_and_back(image, drawn, tmp_path / "sr.dcm", modality), drawn, strict=True):
        must_be_equal(statistics(image, found), statistics(image, wanted))
        must_be_equal(statistics(image, as_stored(wanted)), statistics(image, wanted))


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
@pytest.mark.parametrize("plane", ["axial", "sagittal", "coronal", "oblique"])
def test_lengths_angles_and_boxes_come_back(modality: str, plane: str, tmp_path: Path) -> None:
    image = volume(modality)
    drawn = lines(image.geometry, plane)
    back = there_and_back(image, drawn, tmp_path / "sr.dcm", modality)
    for found, wanted in zip(back, drawn, strict=True):
        assert (found.kind, found.name) == (wanted.kind, wanted.name)
        np.testing.assert_allclose(found.points_mm, wanted.points_mm, atol=2 * NEAR)
    (length, angle, box), (one, two, three) = back, drawn
    assert length.length_mm == pytest.approx(one.length_mm, abs=2 * NEAR)
    assert angle.angle_deg == pytest.approx(two.angle_deg, abs=1e-3)
    assert box.edges_mm == pytest.approx(three.edges_mm, abs=2 * NEAR)


def test_storable_points_are_their_own_32_bit_floats() -> None:
    points = np.random.default_rng(2).uniform(-900, 900, (500, 3))
    stored = np.array(storable(points))
    np.testing.assert_allclose(stored, points, atol=1e-4, rtol=0)
    assert (stored.astype(np.float32) == stored).all()
    ends = 2 * stored[:-1] - stored[1:]  # the far ends of axes
    ends = ends[np.abs(ends).max(axis=1) < 2048]
    assert (ends.astype(np.float32) == ends).all()
    assert storable(stored) == tuple(map(as_point, stored))


def test_regions_of_a_real_series_come_back(shared_data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(next((shared_data / "02_ct_chest_dicom_zip").glob("*.zip"))) as archive:
        for name in [name for name in archive.namelist() if name.endswith(".dcm")][:60]:
            archive.extract(name, tmp_path / "ct")
    (image,) = open_series(list_series(tmp_path / "ct")[0])
    source = source_of(tmp_path / "ct")
    geometry, drawn = image.geometry, []
    for n, plane in enumerate(("axial", "sagittal", "coronal", "oblique") * 4):
        one, other = axes_of(geometry, plane)
        center = geometry.to_world([150 + 12 * n, 300 - 7 * n, 10 + n // 2])
        reach = (4 + n) * geometry.spacing_mm[0]
        drawn.append(ellipse(center, reach * one, reach * other, f"Region {n}"))
    write_report(LabelFile(geometry, [], []), source, tmp_path / "sr.dcm", [Measured(m) for m in drawn], Quantity.HU)
    back = [shape for group in read_report(tmp_path / "sr.dcm", source) for shape in group.shapes]
    for found, wanted in zip(back, drawn, strict=True):
        must_be_equal(statistics(image, found), statistics(image, wanted))
