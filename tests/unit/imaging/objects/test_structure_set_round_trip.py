"""Structure sets written and read again: exact voxels, valid references, short decimals; pydicom reads them, too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment, SegmentAlgorithm
from imaging.geometry import Geometry
from imaging.objects import structure_set_write
from imaging.objects.contours import Contours
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import source_of, source_without_dicom
from imaging.objects.structure_set_masks import read_structures
from imaging.objects.structure_set_write import write_structure_set
from imaging.segment import CodedTerm

SHAPE = (5, 14, 12)
ORGAN = CodedTerm("91723000", "SCT", "Anatomical Structure")
KIDNEY, LEFT = CodedTerm("64033007", "SCT", "Kidney"), CodedTerm("7771000", "SCT", "Left")


def grid(kind: str = "plain") -> Geometry:
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = np.diag([0.7, 0.8, 2.5]), (-12.25, 3.5, -100.125)
    origins = None
    if kind == "oblique":
        turn = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0, 0.8, 0.6]])
        affine[:3, :3] = turn @ affine[:3, :3]
    elif kind == "tilted":
        affine[:3, 2] = (0, 0.9, 2.4)
    elif kind == "flipped":
        affine[:3, :3] = np.diag([-0.7, 0.8, -2.5])
    elif kind == "uneven":
        origins = affine[:3, 3] + np.outer([0, 1, 3.5, 4, 9], [0, 0.1, 1.0])
    elif kind == "tiny":
        affine[:3, :3] = np.diag([0.002, 0.002, 0.003])
    return Geometry(SHAPE, affine, "1.2.3.4", origins)


def overlapping(geometry: Geometry) -> LabelFile:
    """A block with a hole that holds an island, scattered voxels over it, and a segment without voxels."""
    block = np.zeros(SHAPE, np.uint8)
    block[1:4, 2:12, 1:11] = 7
    block[1:4, 4:9, 3:9] = 0
    block[2, 6, 6] = 7
    scattered = (np.random.default_rng(3).random(SHAPE) < 0.4).astype(np.uint8)
    segments = [
        LabelSegment("Niere – Ä 腎臓", (200, 10, 33), 7, 0, ORGAN, KIDNEY, LEFT, 4, SegmentAlgorithm("MANUAL")),
        LabelSegment("GTV 1", None, 1, 1, number=9, algorithm=SegmentAlgorithm("AUTOMATIC", "lesions", "1.2")),
        LabelSegment("Nothing", (1, 2, 3), 2, 1, number=11),
    ]
    return LabelFile(geometry, [block, scattered], segments)


def written(path: Path, labels: LabelFile) -> Dataset:
    write_structure_set(labels, source_without_dicom(labels.geometry), path)
    return dcmread(path)


@pytest.mark.parametrize("kind", ["plain", "oblique", "tilted", "flipped", "uneven", "tiny"])
def test_masks_come_back_exactly(tmp_path: Path, kind: str) -> None:
    labels, path = overlapping(grid(kind)), tmp_path / "rt.dcm"
    write_structure_set(labels, source_without_dicom(labels.geometry), path)
    read = read_structures(path, labels.geometry)
    assert [s.name for s in read.labels.segments] == ["Niere – Ä 腎臓", "GTV 1"]
    for before, after in zip(labels.segments, read.labels.segments, strict=False):
        assert np.array_equal(labels.mask(before), read.labels.mask(after))
    assert not read.was_resampled


def test_names_colours_codes_and_makers_come_back(tmp_path: Path) -> None:
    labels, path = overlapping(grid()), tmp_path / "rt.dcm"
    done = write_structure_set(labels, source_without_dicom(labels.geometry), path)
    assert done.notes == ("“Nothing” has no voxel, and so no contour.",)
    kidney, tumour = read_structures(path, labels.geometry).labels.segments
    assert (kidney.color, kidney.number) == ((200, 10, 33), 4)
    assert (kidney.category, kidney.type, kidney.modifier) == (ORGAN, KIDNEY, LEFT)
    assert kidney.algorithm == SegmentAlgorithm("MANUAL")
    assert tumour.color is not None
    assert tumour.algorithm == SegmentAlgorithm("AUTOMATIC")


def test_planning_systems_learn_what_structures_are(tmp_path: Path) -> None:
    found = written(tmp_path / "rt.dcm", overlapping(grid()))
    assert [one.RTROIInterpretedType for one in found.RTROIObservationsSequence] == ["ORGAN", "GTV", ""]
    assert found.StructureSetROISequence[1].ROIGenerationDescription == "lesions 1.2"
    assert found.ApprovalStatus == "UNAPPROVED"
    assert [len(one.get("ContourSequence", [])) for one in found.ROIContourSequence][2] == 0


@pytest.mark.parametrize("kind", ["oblique", "tiny"])
def test_coordinates_are_short_and_exact(tmp_path: Path, kind: str) -> None:
    geometry = grid(kind)
    labels = LabelFile(geometry, [np.ones(SHAPE, np.uint8)], [LabelSegment("All", None, 1)])
    contour = written(tmp_path / "rt.dcm", labels).ROIContourSequence[0].ContourSequence[2]
    assert all(len(str(number)) <= 16 for number in contour.ContourData)
    corners = geometry.to_world([[-0.5, -0.5, 2], [11.5, -0.5, 2], [11.5, 13.5, 2], [-0.5, 13.5, 2]])
    assert contour.NumberOfContourPoints == 4
    assert np.allclose(np.array(contour.ContourData, float).reshape(-1, 3), corners, atol=1e-4, rtol=0)


def test_contours_refer_to_the_images_of_their_slices(make_series, tmp_path: Path) -> None:
    source = source_of(make_series(4))
    layer = np.zeros(source.geometry.shape, np.uint8)
    layer[1:3, 2:5, 2:5] = 1
    path = tmp_path / "rt.dcm"
    write_structure_set(LabelFile(source.geometry, [layer], [LabelSegment("Part", None, 1)]), source, path)
    found = dcmread(path)
    frame = found.ReferencedFrameOfReferenceSequence[0]
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    images = [image.sop_instance_uid for image in source.images]
    assert frame.FrameOfReferenceUID == source.frame_of_reference_uid
    assert found.StructureSetROISequence[0].ReferencedFrameOfReferenceUID == source.frame_of_reference_uid
    assert series.SeriesInstanceUID == source.series_instance_uid
    assert [one.ReferencedSOPInstanceUID for one in series.ContourImageSequence] == images
    contours = found.ROIContourSequence[0].ContourSequence
    assert [one.ContourImageSequence[0].ReferencedSOPInstanceUID for one in contours] == images[1:3]
    assert [float(one.ContourData[2]) for one in contours] == [2.0, 4.0]
    assert found.StudyInstanceUID == source.study_instance_uid
    assert found.PatientName == "Nobody^Made"
    read = read_structures(path, source.geometry, series_uid=source.series_instance_uid)
    assert not read.notes
    assert np.array_equal(read.labels.layers[0], layer)


def test_masks_on_another_grid_than_the_images_refer_to_none(make_series, tmp_path: Path) -> None:
    done = write_structure_set(overlapping(grid()), source_of(make_series(4)), tmp_path / "rt.dcm")
    assert "another grid" in done.notes[0]
    found = dcmread(tmp_path / "rt.dcm")
    assert "ContourImageSequence" not in found.ROIContourSequence[0].ContourSequence[0]
    assert "RTReferencedStudySequence" in found.ReferencedFrameOfReferenceSequence[0]


def test_an_image_that_never_was_dicom_begins_a_study(tmp_path: Path) -> None:
    labels = overlapping(Geometry(SHAPE, grid().affine))
    path = tmp_path / "rt.dcm"
    done = write_structure_set(labels, source_without_dicom(labels.geometry), path)
    assert "new study" in str(done.filled_in[0])
    found = dcmread(path)
    assert "RTReferencedStudySequence" not in found.ReferencedFrameOfReferenceSequence[0]
    assert "ContourImageSequence" not in found.ROIContourSequence[0].ContourSequence[0]


def test_a_long_contour_is_whole(tmp_path: Path) -> None:
    """Beyond 64 kB a text needs more than the 16-bit length of explicit value representations."""
    shape = (1, 100, 200)
    comb = np.zeros(shape, np.uint8)
    comb[0, ::2], comb[0, :, 0] = 1, 1
    comb[0, :, 1::2] &= comb[0, :, ::2]
    ragged = comb | (np.indices(shape).sum(axis=0) % 7 == 0)
    labels = LabelFile(Geometry(shape, grid("oblique").affine, "1.2.3"), [ragged], [LabelSegment("Comb", None, 1)])
    path = tmp_path / "rt.dcm"
    found = written(path, labels)
    longest = max(len(one["ContourData"].value) for one in found.ROIContourSequence[0].ContourSequence)
    assert longest * 8 > 1 << 16
    assert np.array_equal(read_structures(path, labels.geometry).labels.layers[0], ragged)


def test_what_does_not_read_back_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rt.dcm"
    path.write_bytes(b"what was there")

    def nudged(*arguments: object) -> np.ndarray:
        return np.asarray(to_mm(*arguments) + np.array([0.5, 0, 0]))

    to_mm = structure_set_write.to_mm
    monkeypatch.setattr(structure_set_write, "to_mm", nudged)
    with pytest.raises(UserError, match="read back"):
        write_structure_set(overlapping(grid()), source_without_dicom(grid()), path)
    assert path.read_bytes() == b"what was there"
    assert list(tmp_path.iterdir()) == [path]


def test_a_backslash_would_be_two_names(tmp_path: Path) -> None:
    labels = LabelFile(grid(), [np.ones(SHAPE, np.uint8)], [LabelSegment("left\\right  lung", None, 1)])
    assert written(tmp_path / "rt.dcm", labels).StructureSetROISequence[0].ROIName == "left/right lung"


def test_names_that_dicom_cannot_hold_are_told(tmp_path: Path) -> None:
    geometry = grid()
    layer = np.ones(geometry.shape, np.uint8)
    segments = [LabelSegment("a\\b", None, 1), LabelSegment("x" * 65, None, 2), LabelSegment("x" * 64, None, 3)]
    labels = LabelFile(geometry, [layer], segments)
    for write in (write_structure_set, write_segmentation):
        notes = write(labels, source_without_dicom(geometry), tmp_path / "a.dcm").notes
        assert [note for note in notes if "64 characters" in note and "“a/b”" in note and notes.count(note) == 1], notes
        assert sum("x" * 64 in note for note in notes if "64 characters" in note) == 1


def test_nothing_to_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no segment"):
        write_structure_set(LabelFile(grid(), []), source_without_dicom(grid()), tmp_path / "rt.dcm")


def test_contours_are_given_slice_by_slice() -> None:
    square = np.array([[0.5, 0.5], [1.5, 0.5], [1.5, 1.5], [0.5, 1.5]])
    contours = Contours(np.concatenate([square, square + 1]), np.array([0, 4, 8]), np.array([2, 5]))
    assert [(k, points[0].tolist()) for k, points in contours] == [(2, [0.5, 0.5]), (5, [1.5, 1.5])]
