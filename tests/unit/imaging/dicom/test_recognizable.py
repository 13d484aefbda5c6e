"""A face is ruled out only where body part and length of the volume both do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from imaging.dicom.recognizable import length_mm, may_show_face
from imaging.dicom.secondary_capture import CaptureTexts, write_secondary_capture
from imaging.geometry import Geometry
from imaging.opening import list_series, open_series
from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso
from imaging.volume import SourceSeries, Volume


def image(body_part: str, slices: int = 100, step_mm: float = 3.0) -> Volume:
    geometry = Geometry((slices, 4, 5), np.diag([1.0, 1.0, step_mm, 1.0]))
    return Volume(geometry, np.zeros(geometry.shape, np.int16), source=SourceSeries(body_part=body_part))


@pytest.mark.parametrize("body_part", ["", "HEAD", "SKULL", "NECK", "WHOLEBODY", "HEADNECK", "CHEST NECK", "Torso?"])
def test_where_a_head_cannot_be_ruled_out_it_counts(body_part: str) -> None:
    assert may_show_face(image(body_part))


@pytest.mark.parametrize("body_part", ["ABDOMEN", "Chest", "knee ", "ABDOMEN PELVIS"])
def test_below_the_neck_there_is_no_face(body_part: str) -> None:
    assert not may_show_face(image(body_part))


def test_a_long_volume_may_reach_the_head_whatever_it_is_called() -> None:
    assert not may_show_face(image("CHEST", 133))
    assert may_show_face(image("CHEST", 136))


def test_length_is_that_along_the_patient() -> None:
    sagittal = Geometry((11, 21, 31), np.array([[0, 0, 5, 0], [2, 0, 0, 0], [0, -3, 0, 0], [0, 0, 0, 1]], float))
    assert length_mm(sagittal) == pytest.approx(60)


@pytest.mark.parametrize(("may_show", "said"), [(True, "YES"), (False, "NO")])
def test_the_object_says_it(may_show: bool, said: str, tmp_path: Path) -> None:
    texts = CaptureTexts(may_show_face=may_show)
    write_secondary_capture(np.zeros((4, 6, 3), np.uint8), tmp_path / "p.dcm", SourceSeries(), texts)
    assert pydicom.dcmread(tmp_path / "p.dcm").RecognizableVisualFeatures == said


def test_the_body_part_is_read_from_the_series(tmp_path: Path) -> None:
    write_dicom_series(make_torso(scale=0.15).volume, tmp_path)
    assert open_series(list_series(tmp_path)[0])[0].source.body_part == "CHEST"
