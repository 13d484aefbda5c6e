"""Segmentations written and read again, on grids of all kinds; pydicom is the second reader."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment, SegmentAlgorithm
from imaging.geometry import Geometry
from imaging.objects.display_colour import from_cielab, to_cielab
from imaging.objects.segmentation_dataset import SegmentationKind
from imaging.objects.segmentation_read import read_segmentation
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import ObjectSource, SourceImage, source_of, source_without_dicom
from imaging.segment import CodedTerm

BINARY, FRACTIONAL, LABELMAP = SegmentationKind
KINDS = [(BINARY, False), (FRACTIONAL, False), (FRACTIONAL, True), (LABELMAP, False), (LABELMAP, True)]
LIVER = LabelSegment(
    "Leber – Ä",
    (200, 10, 33),
    4,
    category=CodedTerm("91723000", "SCT", "Anatomical Structure"),
    type=CodedTerm("64033007", "SCT", "Kidney"),
    modifier=CodedTerm("7771000", "SCT", "Left"),
    number=7,
    algorithm=SegmentAlgorithm("AUTOMATIC", "organs", "1.2"),
)
SPLEEN = LabelSegment("Spleen", (1, 2, 3), 2, number=9, algorithm=SegmentAlgorithm("MANUAL"))


def turned(*degrees: float) -> NDArray[np.float64]:
    """A rotation about x, then y, then z."""
    result = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        a, b = [n for n in range(3) if n != axis]
        turn = np.eye(3)
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        result = turn @ result
    return result


def grid(kind: str, shape: tuple[int, int, int] = (6, 7, 9)) -> Geometry:
    """Grids that scanners and converters make."""
    affine = np.eye(4)
    affine[:3, :3] = np.diag([0.7, 0.8, 2.5])
    affine[:3, 3] = (-12.25, 3.5, -100.125)
    origins = None
    if kind == "oblique":
        affine[:3, :3] = turned(12, -7, 31) @ affine[:3, :3]
    elif kind == "tilted":
        affine[:3, 2] = (0, 0.9, 2.4)
    elif kind == "flipped":
        affine[:3, :3] = np.diag([-0.7, 0.8, -2.5])
    elif kind == "permuted":
        affine[:3, :3] = affine[:3, [2, 0, 1]]
    elif kind == "uneven":
        origins = affine[:3, 3] + np.outer([0, 1, 3.5, 4, 9, 10], [0, 0.1, 1.0])[: shape[0]]
    return Geometry(shape, affine, "1.2.3.4", origins)


def masks(geometry: Geometry) -> LabelFile:
    """Two segments with voxels in most slices, one of them with a gap."""
    rng = np.random.default_rng(5)
    layer = rng.choice(np.array([0, 0, 2, 4], np.uint8), geometry.shape)
    layer[2][layer[2] == 4] = 0
    layer[0] = 0
    return LabelFile(geometry, [layer], [LIVER, SPLEEN])


def same_masks(one: LabelFile, two: LabelFile) -> bool:
    """All segments of the first by name, voxel for voxel."""
    named = {s.name: s for s in two.segments}
    return all(np.array_equal(one.mask(s), two.mask(named[s.name])) for s in one.segments)


@pytest.mark.parametrize("kind", ["plain", "oblique", "tilted", "flipped", "permuted", "uneven"])
@pytest.mark.parametrize(("how", "compress"), KINDS)
def test_masks_come_back_on_their_grid(tmp_path: Path, kind: str, how: SegmentationKind, compress: bool) -> None:
    labels = masks(grid(kind))
    path = tmp_path / "seg.dcm"
    write_segmentation(labels, source_without_dicom(labels.geometry), path, how, compress=compress)
    read = read_segmentation(path, labels.geometry)
    assert same_masks(labels, read.labels)
    assert read.labels.geometry is labels.geometry
    assert not read.was_resampled


@pytest.mark.parametrize("shape", [(3, 5, 3), (9, 1, 7), (3, 13, 11), (17, 3, 3)])
def test_bits_run_on_within_bytes(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    labels = masks(grid("plain", shape))
    path = tmp_path / "seg.dcm"
    write_segmentation(labels, source_without_dicom(labels.geometry), path)
    found = dcmread(path)
    pixels = found.pixel_array.reshape(-1, *shape[1:])
    for frame, groups in zip(pixels, found.PerFrameFunctionalGroupsSequence, strict=True):
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        z = float(groups.PlanePositionSequence[0].ImagePositionPatient[2])
        k = round((z + 100.125) / 2.5)
        assert np.array_equal(frame, labels.mask([LIVER, SPLEEN][number - 1])[k])
    assert same_masks(labels, read_segmentation(path, labels.geometry).labels)


def test_names_codes_colours_and_algorithms_come_back(tmp_path: Path) -> None:
    labels = masks(grid("plain"))
    write_segmentation(labels, source_without_dicom(labels.geometry), tmp_path / "seg.dcm")
    liver, spleen = read_segmentation(tmp_path / "seg.dcm", labels.geometry).labels.segments
    assert liver == replace(LIVER, label_value=1)
    assert (spleen.name, spleen.color, spleen.number) == ("Spleen", (1, 2, 3), 9)
    assert spleen.algorithm == SegmentAlgorithm("MANUAL")
    assert spleen.type is not None  # found by its name
    assert spleen.type.meaning == "Spleen"


def test_without_a_target_the_frames_make_their_own_grid_with_its_gap(tmp_path: Path) -> None:
    geometry = grid("oblique")
    labels = masks(geometry)
    labels = LabelFile(geometry, labels.layers, [LIVER])
    write_segmentation(labels, source_without_dicom(geometry), tmp_path / "seg.dcm")
    found = read_segmentation(tmp_path / "seg.dcm").labels
    assert found.geometry.shape == (5, 7, 9)  # from slice 1 to 5; slice 2 is empty and was not written
    assert not found.mask(found.segments[0])[1].any()
    assert np.allclose(found.geometry.affine[:3, 3], geometry.to_world([0, 0, 1]), atol=1e-6)
    assert np.allclose(found.geometry.affine[:3, :3], geometry.affine[:3, :3], atol=1e-6)


def test_segments_that_overlap_come_back_on_layers(tmp_path: Path) -> None:
    geometry = grid("plain")
    first, second = np.zeros((2, *geometry.shape), np.uint8)
    first[1:4], second[2:5, 2:], first[5, 0] = 1, 1, 2
    segments = [
        LabelSegment("Body", None, 1, 0, number=1),
        LabelSegment("Organ", None, 1, 1, number=2),
        LabelSegment("Dot", None, 2, 0, number=3),
    ]
    labels = LabelFile(geometry, [first, second], segments)
    for how in (BINARY, FRACTIONAL):
        write_segmentation(labels, source_without_dicom(geometry), tmp_path / "seg.dcm", how)
        found = read_segmentation(tmp_path / "seg.dcm", geometry).labels
        assert same_masks(labels, found)
        assert [s.layer for s in found.segments] == [0, 1, 0]
    with pytest.raises(UserError, match="overlaps"):
        write_segmentation(labels, source_without_dicom(geometry), tmp_path / "map.dcm", LABELMAP)
    assert not (tmp_path / "map.dcm").exists()


@pytest.mark.parametrize(("how", "compress"), [(BINARY, False), (LABELMAP, False), (LABELMAP, True)])
def test_three_hundred_segments(tmp_path: Path, how: SegmentationKind, compress: bool) -> None:
    geometry = grid("plain", (4, 20, 20))
    layer = np.arange(1600).reshape(geometry.shape).astype(np.uint16) % 301
    labels = LabelFile(geometry, [layer], [LabelSegment(f"S{n}", None, n, number=n) for n in range(1, 301)])
    write_segmentation(labels, source_without_dicom(geometry), tmp_path / "seg.dcm", how, compress=compress)
    found = read_segmentation(tmp_path / "seg.dcm", geometry).labels
    assert np.array_equal(found.layers[0], layer)
    assert [s.name for s in found.segments] == [s.name for s in labels.segments]


def test_probabilities_are_kept_and_cut_at_one_half(tmp_path: Path) -> None:
    geometry = grid("plain")
    chance = np.linspace(0, 1, np.prod(geometry.shape)).reshape(geometry.shape).astype(np.float32)
    labels = LabelFile(geometry, [np.zeros(geometry.shape, np.uint8)], [LIVER])
    path = tmp_path / "seg.dcm"
    write_segmentation(labels, source_without_dicom(geometry), path, FRACTIONAL, probabilities={0: chance})
    found = dcmread(path)
    assert found.SegmentationFractionalType == "PROBABILITY"
    assert np.array_equal(found.pixel_array, np.rint(chance * 255))
    read = read_segmentation(path, geometry)
    assert np.array_equal(read.labels.mask(read.labels.segments[0]), np.rint(chance * 255) >= 128)
    assert any("probability" in note and "50%" in note for note in read.notes)


def test_frames_refer_to_their_source_images(make_series, tmp_path: Path) -> None:
    source = source_of(make_series(6))
    labels = masks(Geometry((6, 12, 10), source.geometry.affine))
    write_segmentation(labels, source, tmp_path / "seg.dcm")
    found = dcmread(tmp_path / "seg.dcm")
    assert found.StudyInstanceUID == source.study_instance_uid
    assert found.FrameOfReferenceUID == source.frame_of_reference_uid
    by_position = {image.position_mm: image.sop_instance_uid for image in source.images}
    for groups in found.PerFrameFunctionalGroupsSequence:
        reference = groups.DerivationImageSequence[0].SourceImageSequence[0]
        place = tuple(map(float, groups.PlanePositionSequence[0].ImagePositionPatient))
        assert reference.ReferencedSOPInstanceUID == by_position[place]
    series = found.ReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == source.series_instance_uid
    assert len(series.ReferencedInstanceSequence) == 6


def test_frames_refer_to_the_frames_of_a_multi_frame_source(tmp_path: Path) -> None:
    geometry = grid("plain")
    images = tuple(
        SourceImage("1.2.840.10008.5.1.4.1.1.2.1", "1.2.3.4.5", n + 1, tuple(geometry.to_world([0, 0, n])))
        for n in range(6)
    )
    plain = source_without_dicom(geometry)
    source = replace_images(plain, images)
    write_segmentation(masks(geometry), source, tmp_path / "seg.dcm", LABELMAP)
    found = dcmread(tmp_path / "seg.dcm")
    numbers = [
        groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
        for groups in found.PerFrameFunctionalGroupsSequence
    ]
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert len(found.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 1


def replace_images(source: ObjectSource, images: tuple[SourceImage, ...]) -> ObjectSource:
    """The source with images."""
    return replace(source, images=images)


def test_empty_segments_are_described_and_named(tmp_path: Path) -> None:
    geometry = grid("plain")
    labels = masks(geometry)
    nothing = LabelSegment("Nothing", None, 777, number=10)  # a value that the layer's type cannot hold
    labels = replace(labels, segments=[*labels.segments, nothing])
    write_segmentation(labels, source_without_dicom(geometry), tmp_path / "a.dcm", LABELMAP)
    written = write_segmentation(labels, source_without_dicom(geometry), tmp_path / "a.dcm")
    assert any("Nothing" in note for note in written.notes)
    found = read_segmentation(tmp_path / "a.dcm", geometry).labels
    assert [s.name for s in found.segments] == ["Leber – Ä", "Spleen", "Nothing"]
    empty = LabelFile(geometry, [np.zeros(geometry.shape, np.uint8)], [LIVER])
    write_segmentation(empty, source_without_dicom(geometry), tmp_path / "b.dcm")
    found = read_segmentation(tmp_path / "b.dcm", geometry).labels
    assert not found.layers[0].any()
    with pytest.raises(UserError):
        write_segmentation(LabelFile(geometry, [], []), source_without_dicom(geometry), tmp_path / "c.dcm")


def test_a_sheared_plane_is_refused(tmp_path: Path) -> None:
    geometry = grid("plain")
    affine = geometry.affine.copy()
    affine[:3, 1] = (0.3, 0.7, 0)
    labels = masks(Geometry(geometry.shape, affine))
    with pytest.raises(UserError, match="right angles"):
        write_segmentation(labels, source_without_dicom(labels.geometry), tmp_path / "seg.dcm")


def test_a_full_disk_or_a_wrong_byte_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from imaging.objects import segmentation_write

    labels = masks(grid("plain"))
    written = segmentation_write.write_bits

    def wrong(file, masks, count, rows, columns) -> None:
        written(file, masks, count, rows, columns)
        file.seek(-3, 1)
        file.write(b"\x55")

    monkeypatch.setattr(segmentation_write, "write_bits", wrong)
    with pytest.raises(UserError, match="read back"):
        write_segmentation(labels, source_without_dicom(labels.geometry), tmp_path / "seg.dcm")
    assert not list(tmp_path.iterdir())


def test_every_colour_comes_back() -> None:
    rng = np.random.default_rng(1)
    colors = [tuple(int(v) for v in row) for row in rng.integers(0, 256, (2000, 3))]
    colors += [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (1, 1, 1)]
    assert all(from_cielab(to_cielab(color)) == color for color in colors)
    assert to_cielab((255, 255, 255)) == (65535, 32896, 32896)
