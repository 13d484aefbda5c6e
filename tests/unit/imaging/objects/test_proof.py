"""Another reader finds what was written, and notices what was not."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import dcmread

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.objects.proof import prove
from imaging.objects.segmentation_dataset import SegmentationKind
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import source_of
from imaging.objects.structure_set_write import write_structure_set


@pytest.fixture
def source(make_series):
    def tilted(k: int, ds) -> None:
        ds.Rows, ds.Columns = 40, 48
        ds.ImageOrientationPatient = [0.8, 0.6, 0, 0, 0, -1]
        normal = np.array([-0.6, 0.8, 0])
        ds.ImagePositionPatient = [round(float(v), 6) for v in np.array([3.0, -20, 7]) + 2.5 * k * normal]
        ds.PixelData = np.zeros((40, 48), np.uint16).tobytes()

    return source_of(make_series(8, tilted))


@pytest.fixture
def labels(source) -> LabelFile:
    shape = source.geometry.shape
    k, j, i = np.mgrid[: shape[0], : shape[1], : shape[2]]
    lower, upper = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    ball = (k - 4) ** 2 * 6 + (j - 18) ** 2 + (i - 22) ** 2
    lower[ball < 190] = 1
    lower[ball < 40] = 0  # a hole
    lower[1:3, 30:36, 5:40] = 2
    upper[ball < 120] = 1  # overlaps the first
    names = [LabelSegment("ring", (200, 0, 0), 1, 0), LabelSegment("bar", (0, 200, 0), 2, 0)]
    return LabelFile(source.geometry, [lower, upper], [*names, LabelSegment("ball", (0, 0, 200), 1, 1)])


@pytest.mark.parametrize("kind", [SegmentationKind.BINARY, SegmentationKind.FRACTIONAL])
def test_segmentations_agree_voxel_for_voxel(kind, labels, source, tmp_path) -> None:
    written = write_segmentation(labels, source, tmp_path / "s.dcm", kind)
    proven = prove(tmp_path / "s.dcm", written.labels, written.sop_instance_uid)
    assert proven.is_right, proven.problems
    assert proven.agreement == {"ring": 1.0, "bar": 1.0, "ball": 1.0}


@pytest.mark.parametrize("compress", [False, True])
def test_label_maps_agree_voxel_for_voxel(compress, labels, source, tmp_path) -> None:
    flat = LabelFile(labels.geometry, labels.layers[:1], labels.segments[:2])
    written = write_segmentation(flat, source, tmp_path / "s.dcm", SegmentationKind.LABELMAP, compress=compress)
    assert prove(tmp_path / "s.dcm", written.labels, written.sop_instance_uid).agreement == {"ring": 1.0, "bar": 1.0}


def test_structure_sets_agree_by_their_contours(labels, source, tmp_path) -> None:
    written = write_structure_set(labels, source, tmp_path / "r.dcm")
    proven = prove(tmp_path / "r.dcm", written.labels or labels, written.sop_instance_uid)
    assert proven.is_right, proven.problems
    assert min(proven.agreement.values()) > 0.999


def test_what_is_not_there_or_elsewhere_is_noticed(labels, source, tmp_path) -> None:
    written = write_segmentation(labels, source, tmp_path / "s.dcm", SegmentationKind.BINARY)
    assert written.labels is not None
    other = LabelFile(labels.geometry, [layer.copy() for layer in written.labels.layers], written.labels.segments)
    other.layers[0][4, 18, 22 - 12] ^= 1
    proven = prove(tmp_path / "s.dcm", other, written.sop_instance_uid)
    assert not proven.is_right
    assert "ring" in proven.problems[0]
    assert not prove(tmp_path / "s.dcm", written.labels, "1.2.3").is_right
    moved = dcmread(tmp_path / "s.dcm")
    position = moved.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0]
    position.ImagePositionPatient = [float(v) + 1 for v in position.ImagePositionPatient]
    moved.save_as(tmp_path / "m.dcm")
    with pytest.raises(UserError, match="does not lie"):
        prove(tmp_path / "m.dcm", written.labels, written.sop_instance_uid)
    contours = write_structure_set(labels, source, tmp_path / "r.dcm")
    short = dcmread(tmp_path / "r.dcm")
    del short.ROIContourSequence[0].ContourSequence[0]
    short.save_as(tmp_path / "short.dcm")
    assert not prove(tmp_path / "short.dcm", labels, contours.sop_instance_uid).is_right


def test_what_cannot_be_read_is_an_error(labels, tmp_path) -> None:
    (tmp_path / "x.dcm").write_bytes(b"nothing")
    with pytest.raises(UserError):
        prove(tmp_path / "x.dcm", labels, "1.2")


def test_what_breaks_the_standard_is_no_proof_except_where_the_images_say_so(labels, source, tmp_path) -> None:
    source.attributes["PatientID"] = "p" * 70  # archives know the patient by it
    written = write_structure_set(labels, source, tmp_path / "r.dcm")
    assert prove(tmp_path / "r.dcm", written.labels or labels, written.sop_instance_uid).problems == ()
    ds = dcmread(tmp_path / "r.dcm")
    del ds.StructureSetLabel
    ds.save_as(tmp_path / "r.dcm")
    (problem,) = prove(tmp_path / "r.dcm", written.labels or labels, written.sop_instance_uid).problems
    assert problem.startswith("StructureSetLabel: it is missing")
