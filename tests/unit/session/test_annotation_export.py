"""What a report cannot hold exactly is said to whoever writes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.formats.label_file import LabelFile
from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind, storable
from imaging.objects.report_read import read_report
from imaging.objects.report_write import as_stored
from imaging.objects.source_series import source_without_dicom
from imaging.region_statistics import RIM_MM, ellipse_statistics
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from session.annotation_export import write_measurements
from session.case_content import CaseContent
from session.object_export import ObjectContent

GRID = Geometry((3, 20, 20), np.eye(4))
IMAGE = Volume(GRID, np.arange(1200, dtype=np.int16).reshape(3, 20, 20), Quantity.HU)


def region(reach: float) -> Measurement:
    points = ((10.0, 10.0, 1.0), (10.0 + reach, 10.0, 1.0), (10.0, 12.3, 1.0))
    return Measurement(1, MeasurementKind.ELLIPSE, points, (0.0, 0.0, 1.0), "Lesion")


def count(one: Measurement) -> int:
    found = ellipse_statistics(IMAGE, one)
    assert found is not None
    return found.count


def notes_of(one: Measurement, path: Path) -> tuple[str, ...]:
    labels = LabelFile(GRID, [], [])
    case = CaseContent("x", Segmentation(GRID), [], (one,), None, None, None, "", lambda: [IMAGE])
    return write_measurements(ObjectContent(labels, source_without_dicom(GRID, "x"), {}, case), path).notes


def test_a_region_that_is_rounded_to_other_voxels_is_named_and_keeps_its_numbers(tmp_path: Path) -> None:
    near = [region(4 - RIM_MM - n * 1e-8) for n in range(1, 100)]  # a voxel lies outside, by less than a file can say
    one = next(one for one in near if count(as_stored(one)) != count(one))
    (note,) = notes_of(one, tmp_path / "sr.dcm")
    assert "“Lesion”" in note
    (group,) = read_report(tmp_path / "sr.dcm")
    found = ellipse_statistics(IMAGE, one)
    assert found is not None
    assert [v.value for v in group.values if v.derivation == "Mean"] == [pytest.approx(found.mean)]


def test_what_goes_through_a_slice_of_unknown_thickness_is_left_out(tmp_path: Path) -> None:
    flat = replace(GRID, shape=(1, 20, 20), has_thickness=False)
    through = Measurement(1, MeasurementKind.LENGTH, ((1.0, 1.0, -0.4), (5.0, 1.0, 0.4)), (0.0, 1.0, 0.0), "Deep")
    within = through.changed(number=2, points_mm=((1.0, 1.0, 0.0), (5.0, 1.0, 0.0)), name="Wide")
    image = Volume(flat, np.zeros(flat.shape, np.int16))
    case = CaseContent("x", Segmentation(flat), [], (through, within), None, None, None, "", lambda: [image])
    content = ObjectContent(LabelFile(flat, [], []), source_without_dicom(flat, "x"), {}, case)
    (note,) = write_measurements(content, tmp_path / "sr.dcm").notes
    assert "“Deep”" in note
    assert [group.name for group in read_report(tmp_path / "sr.dcm")] == ["Wide"]


def test_nothing_is_said_of_what_comes_back_as_it_is(tmp_path: Path) -> None:
    one = region(4.0123)
    assert notes_of(one.changed(points_mm=storable(one.points_mm)), tmp_path / "sr.dcm") == ()
