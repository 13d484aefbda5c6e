"""Segmentations that others wrote: frames in any order, compressed, on turned grids, damaged, and hostile."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGLSLossless

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from imaging.objects import elements
from imaging.objects.elements import MAX_DEPTH, read_elements
from imaging.objects.foreign_frames import DEFLATED_FRAMES
from imaging.objects.segmentation_dataset import SegmentationKind
from imaging.objects.segmentation_read import read_segmentation
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import source_without_dicom

SHAPE = (6, 7, 9)
SEGMENTS = [LabelSegment("One", (250, 0, 0), 1, number=1), LabelSegment("Two", None, 2, number=2)]


def geometry(*, frame_of_reference: str | None = "1.2.3.4") -> Geometry:
    """An oblique grid."""
    affine = np.eye(4)
    affine[:3, :3] = [[0.6, 0, 0.0], [0, 0.64, -1.2], [0, 0.48, 1.6]]
    affine[:3, 3] = (-20.5, 10.25, 300.0)
    return Geometry(SHAPE, affine, frame_of_reference)


@pytest.fixture
def layer() -> np.ndarray:
    """Values 0, 1, 2 everywhere but in the last slice."""
    layer = np.random.default_rng(3).integers(0, 3, SHAPE).astype(np.uint8)
    layer[5] = 0
    return layer


def written(path: Path, layer: np.ndarray, how: SegmentationKind = SegmentationKind.BINARY) -> Dataset:
    """A segmentation as a data set to bend; it also stands at ``path``."""
    labels = LabelFile(geometry(), [layer], SEGMENTS)
    write_segmentation(labels, source_without_dicom(labels.geometry), path, how)
    return dcmread(path)


def found_in(path: Path, target: Geometry, *, consent: bool = False) -> np.ndarray:
    """The masks of the file as one array of 1 and 2."""
    labels = read_segmentation(path, target, consent=consent).labels
    one, two = labels.segments[:2]
    return labels.mask(one) * np.uint8(1) + labels.mask(two) * np.uint8(2)


def test_frames_in_any_order(tmp_path: Path, layer: np.ndarray) -> None:
    path = tmp_path / "seg.dcm"
    ds = written(path, layer)
    order = np.random.default_rng(0).permutation(len(ds.PerFrameFunctionalGroupsSequence))
    pixels = ds.pixel_array[order]
    ds.PerFrameFunctionalGroupsSequence = [ds.PerFrameFunctionalGroupsSequence[int(n)] for n in order]
    ds.PixelData = np.packbits(pixels.reshape(-1), bitorder="little").tobytes() + b"\0" * 1
    ds.PixelData += b"\0" * (len(ds.PixelData) % 2)
    ds.save_as(path)
    assert np.array_equal(found_in(path, geometry()), layer)


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1)])
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, -1)])
def test_turned_and_flipped_images(tmp_path: Path, layer: np.ndarray, axes, flips) -> None:
    path = tmp_path / "seg.dcm"
    written(path, layer)
    turned = layer.transpose(axes)[:: flips[0], :: flips[1], :: flips[2]]
    source, affine = geometry(), np.eye(4)
    columns = [2 - axes[axis] for axis in (2, 1, 0)]  # the source's i, j, k along the target's i, j, k
    start = np.zeros(3)
    for target_axis, column in enumerate(columns):
        sign = flips[2 - target_axis]
        affine[:3, target_axis] = sign * source.affine[:3, column]
        start[column] = 0 if sign > 0 else SHAPE[2 - column] - 1
    affine[:3, 3] = source.to_world(start)
    target = Geometry(turned.shape, affine, "1.2.3.4")
    read = read_segmentation(path, target)
    assert np.array_equal(found_in(path, target), turned)
    assert not read.was_resampled


def test_a_crop_needs_consent_only_where_voxels_are_lost(tmp_path: Path, layer: np.ndarray) -> None:
    path = tmp_path / "seg.dcm"
    layer[:, 5:], layer[:, :, :2] = 0, 0
    written(path, layer)
    affine = geometry().affine.copy()
    affine[:3, 3] = geometry().to_world([2, 0, 0])
    assert np.array_equal(found_in(path, Geometry((6, 5, 7), affine, "1.2.3.4")), layer[:, :5, 2:])
    smaller = Geometry((3, 5, 7), affine, "1.2.3.4")
    with pytest.raises(UserError, match="outside"):
        read_segmentation(path, smaller)
    assert np.array_equal(found_in(path, smaller, consent=True), layer[:3, :5, 2:])


def test_another_grid_needs_consent(tmp_path: Path, layer: np.ndarray) -> None:
    path = tmp_path / "seg.dcm"
    written(path, layer)
    affine = geometry().affine.copy()
    affine[:3, 0] *= 0.5
    finer = Geometry((6, 7, 18), affine, "1.2.3.4")
    with pytest.raises(UserError, match="another grid"):
        read_segmentation(path, finer)
    read = read_segmentation(path, finer, consent=True)
    assert read.was_resampled
    assert np.array_equal(found_in(path, finer, consent=True)[:, :, ::2], layer)


def test_frames_of_reference_that_are_missing_or_others(tmp_path: Path, layer: np.ndarray) -> None:
    path = tmp_path / "seg.dcm"
    ds = written(path, layer)
    other = geometry(frame_of_reference="9.8.7")
    with pytest.raises(UserError, match="another frame of reference") as asked:
        read_segmentation(path, other)  # two patients on one scanner may well have one grid
    assert "--resample when you know" in asked.value.hint
    read = read_segmentation(path, other, consent=True)
    assert any("another frame of reference" in note for note in read.notes)
    assert not read.was_resampled
    assert np.array_equal(found_in(path, other, consent=True), layer)
    shifted = Geometry(SHAPE, other.affine @ np.diag([1.1, 1, 1, 1]), "9.8.7")
    with pytest.raises(UserError, match="frame of reference"):
        read_segmentation(path, shifted)
    del ds.FrameOfReferenceUID
    ds.save_as(path)
    read = read_segmentation(path, geometry())
    assert any("no frame of reference" in note for note in read.notes)
    assert np.array_equal(found_in(path, geometry()), layer)


def test_another_series_is_told_by_its_whole_uid(tmp_path: Path, layer: np.ndarray) -> None:
    path = tmp_path / "seg.dcm"
    ds = written(path, layer)
    ds.ReferencedSeriesSequence = [Dataset()]
    ds.ReferencedSeriesSequence[0].SeriesInstanceUID = "1.2.3"
    ds.save_as(path)
    assert read_segmentation(path, geometry(), series_uid="1.2.3.2").notes == ()  # a part of a series that was split
    (note,) = read_segmentation(path, geometry(), series_uid="1.2.34").notes
    assert "another series" in note


def test_other_byte_orders_and_implicit_elements(tmp_path: Path, layer: np.ndarray) -> None:
    path = tmp_path / "seg.dcm"
    ds = written(path, layer)
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    ds.save_as(path, implicit_vr=True, little_endian=True)
    assert np.array_equal(found_in(path, geometry()), layer)
    swapped = Dataset({element.tag: element for element in ds})
    swapped.file_meta = ds.file_meta
    swapped.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dcmwrite(path, swapped, implicit_vr=False, little_endian=False)
    assert np.array_equal(found_in(path, geometry()), layer)


def test_compressed_frames(tmp_path: Path, layer: np.ndarray) -> None:
    from imagecodecs import jpegls_encode

    path = tmp_path / "seg.dcm"
    ds = written(path, layer, SegmentationKind.LABELMAP)
    ds.file_meta.TransferSyntaxUID = JPEGLSLossless
    ds.PixelData = encapsulate([jpegls_encode(plane) for plane in layer])
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path)
    assert np.array_equal(found_in(path, geometry()), layer)


@pytest.mark.parametrize("how", [SegmentationKind.BINARY, SegmentationKind.LABELMAP])
def test_deflated_frames(tmp_path: Path, layer: np.ndarray, how: SegmentationKind) -> None:
    path = tmp_path / "seg.dcm"
    ds = written(path, layer, how)
    planes = [np.packbits(p.reshape(-1), bitorder="little") if ds.BitsAllocated == 1 else p for p in ds.pixel_array]
    frames = []
    for plane in planes:
        packer = zlib.compressobj(wbits=-15)
        frames.append(packer.compress(plane.tobytes()) + packer.flush())
    ds.file_meta.TransferSyntaxUID = JPEGLSLossless  # pydicom does not know the other one yet
    ds.PixelData = encapsulate([f + b"\0" * (len(f) % 2) for f in frames])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.save_as(path)
    path.write_bytes(path.read_bytes().replace(JPEGLSLossless.encode(), DEFLATED_FRAMES.encode() + b"\0", 1))
    assert np.array_equal(found_in(path, geometry()), layer)


def test_a_background_item_and_a_padding_value_are_no_segments(tmp_path: Path, layer: np.ndarray) -> None:
    path = tmp_path / "seg.dcm"
    ds = written(path, layer, SegmentationKind.LABELMAP)
    background = Dataset()
    background.update(ds.SegmentSequence[0])
    background.SegmentNumber, background.SegmentLabel = 9, "Background"
    ds.SegmentSequence.append(background)
    ds.PixelPaddingValue = 9
    ds.PixelData = np.where(layer == 0, 9, layer).astype(np.uint8).tobytes()
    ds.save_as(path)
    assert np.array_equal(found_in(path, geometry()), layer)
    assert [s.name for s in read_segmentation(path).labels.segments] == ["One", "Two"]


def _without(keyword: str):
    return lambda ds: ds.__delattr__(keyword)


BENT = {
    "too few groups": lambda ds: ds.PerFrameFunctionalGroupsSequence.pop(),
    "too many frames": lambda ds: setattr(ds, "NumberOfFrames", 2_000_000_000),
    "huge rows": lambda ds: setattr(ds, "Rows", 65535),
    "cut pixels": lambda ds: setattr(ds, "PixelData", ds.PixelData[:-6]),
    "no segments": _without("SegmentSequence"),
    "no type": _without("SegmentationType"),
    "strange type": lambda ds: setattr(ds, "SegmentationType", "SURFACE"),
    "no groups": _without("PerFrameFunctionalGroupsSequence"),
    "no shared groups": _without("SharedFunctionalGroupsSequence"),
    "no pixels": _without("PixelData"),
    "wrong bits": lambda ds: setattr(ds, "BitsAllocated", 8),
    "far away": lambda ds: setattr(
        ds.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0], "ImagePositionPatient", [0, 0, 9e5]
    ),
    "no position": lambda ds: delattr(ds.PerFrameFunctionalGroupsSequence[0], "PlanePositionSequence"),
    "unknown segment": lambda ds: setattr(
        ds.PerFrameFunctionalGroupsSequence[0].SegmentIdentificationSequence[0], "ReferencedSegmentNumber", 77
    ),
    "twice the same number": lambda ds: setattr(ds.SegmentSequence[1], "SegmentNumber", 1),
}


@pytest.mark.parametrize("name", BENT)
def test_damage_is_named(tmp_path: Path, layer: np.ndarray, name: str) -> None:
    path = tmp_path / "seg.dcm"
    ds = written(path, layer)
    BENT[name](ds)
    ds.save_as(path)
    with pytest.raises(UserError):
        read_segmentation(path, geometry())


def test_three_hundred_mutants_never_crash(tmp_path: Path, layer: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """What our own parser cannot follow goes to pydicom in a child process; here only the parser is tried."""

    def refuse(source: object) -> None:
        raise UserError("odd")

    monkeypatch.setattr(elements, "_rewritten", refuse)
    path = tmp_path / "seg.dcm"
    written(path, layer)
    good = path.read_bytes()
    rng = np.random.default_rng(11)
    refused = 0
    for n in range(300):
        bad = bytearray(good)
        for place in rng.integers(132, len(good), 1 + n % 6):
            bad[place] = rng.integers(0, 256)
        if n % 7 == 0:
            del bad[int(rng.integers(200, len(bad))) :]
        path.write_bytes(bad)
        try:
            read_segmentation(path, geometry())
        except UserError:
            refused += 1
    assert 60 < refused < 300


def test_deep_and_endless_sequences_are_refused() -> None:
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    start = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff"
    with pytest.raises(UserError, match="deeply"):
        read_elements((start + item) * (MAX_DEPTH + 2), is_explicit=True)
    with pytest.raises(UserError):
        read_elements((start + item) * 100_000, is_explicit=True)
    assert read_elements(start + item, is_explicit=True).sequence(0x0040A730)
