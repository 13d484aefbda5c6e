"""Segmentations that Limner writes, read by dcmqi voxel for voxel and judged by dicom3tools; and theirs, read here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from readers import dcmqi_masks, entity_complaints, iod_complaints

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.formats.masks import read_labels
from imaging.geometry import Geometry
from imaging.mask_matching import match
from imaging.objects.segmentation_dataset import SegmentationKind
from imaging.objects.segmentation_read import read_segmentation
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import ObjectSource, source_of, source_of_series, source_without_dicom
from imaging.opening import find_series
from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso

BINARY, FRACTIONAL, LABELMAP = SegmentationKind
KINDS = [(BINARY, False), (LABELMAP, False), (LABELMAP, True)]
IDS = ["binary", "label map", "label map, RLE"]


def must_be_read_alike(labels: LabelFile, path: Path, folder: Path) -> None:
    """dcmqi finds the same voxels at the same places in every segment."""
    found = {one.name: one for one in dcmqi_masks(path, folder)}
    for segment in labels.segments:
        assert np.array_equal(found[segment.name].on(labels.geometry), labels.mask(segment)), segment.name
    assert len(found) == len(labels.segments)


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LabelFile]:
    """The torso as a series of DICOM files, and its truth."""
    made = make_torso(scale=0.25)
    folder = tmp_path_factory.mktemp("phantom")
    write_dicom_series(made.volume, folder)
    segments = [LabelSegment(name, None, value, number=value) for value, name in made.names.items() if value % 4 == 1]
    return folder, LabelFile(source_of(folder).geometry, [made.truth], segments)


@pytest.mark.parametrize(("how", "compress"), KINDS, ids=IDS)
def test_the_phantom(phantom: tuple[Path, LabelFile], tmp_path: Path, how: SegmentationKind, compress: bool) -> None:
    folder, labels = phantom
    path = tmp_path / "seg.dcm"
    written = write_segmentation(labels, source_of(folder), path, how, compress=compress)
    assert {one.keyword for one in written.filled_in} == {"SegmentedPropertyTypeCodeSequence"}  # fat between muscles...
    must_be_read_alike(labels, path, tmp_path / "read")
    assert iod_complaints(path) == []
    if how is BINARY:  # the validator of 2022 does not know label maps
        assert entity_complaints(path, sorted(folder.iterdir())) == []


def test_fractions_of_the_phantom(phantom: tuple[Path, LabelFile], tmp_path: Path) -> None:
    folder, labels = phantom
    write_segmentation(labels, source_of(folder), tmp_path / "seg.dcm", FRACTIONAL)
    assert iod_complaints(tmp_path / "seg.dcm") == []
    assert entity_complaints(tmp_path / "seg.dcm", sorted(folder.iterdir())) == []


@pytest.mark.parametrize(("how", "compress"), KINDS, ids=IDS)
def test_sixty_structures_of_an_image_that_never_was_dicom(
    shared_data: Path, tmp_path: Path, how: SegmentationKind, compress: bool
) -> None:
    labels = read_labels(shared_data / "01_ct_torso_multiorgan" / "example_seg_fast_force_split.nii.gz")
    path = tmp_path / "seg.dcm"
    write_segmentation(labels, source_without_dicom(labels.geometry), path, how, compress=compress)
    must_be_read_alike(labels, path, tmp_path / "read")
    assert iod_complaints(path) == []


def ball(source: ObjectSource) -> LabelFile:
    """A ball, and a box within it on a layer of its own."""
    k, j, i = np.indices(source.geometry.shape)
    size = source.geometry.shape
    inside = sum(((n - s / 2) / (0.3 * s)) ** 2 for n, s in zip((k, j, i), size, strict=True)) < 1
    box = np.zeros(size, np.uint8)
    box[size[0] // 2 - 3 : size[0] // 2 + 4, size[1] // 2 :, size[2] // 3 : size[2] // 2] = 1
    segments = [LabelSegment("Ball", (255, 128, 0), 1, 0, number=1), LabelSegment("Box", None, 1, 1, number=2)]
    return LabelFile(source.geometry, [inside.astype(np.uint8), box], segments)


@pytest.mark.parametrize("patient", ["pat_1", "pat_3"])
def test_segments_that_overlap_on_a_real_series(shared_data: Path, tmp_path: Path, patient: str) -> None:
    folder = shared_data / "04_ct_lung_gtv_rtstruct" / patient
    source = source_of(folder)
    labels = ball(source)
    write_segmentation(labels, source, tmp_path / "seg.dcm")
    must_be_read_alike(labels, tmp_path / "seg.dcm", tmp_path / "read")
    assert iod_complaints(tmp_path / "seg.dcm") == []
    assert entity_complaints(tmp_path / "seg.dcm", sorted(folder.glob("DCM_IMG*"))) == []


@pytest.mark.parametrize("name", ["05_ct_head_tilt_variable_spacing/GE", "06_mr_brain_tumour_dicom/11-T1post-80644"])
def test_tilted_uneven_and_oblique_series_are_valid(shared_data: Path, tmp_path: Path, name: str) -> None:
    source = source_of(shared_data / name)
    labels = ball(source)
    write_segmentation(labels, source, tmp_path / "seg.dcm")
    assert iod_complaints(tmp_path / "seg.dcm") == []
    added = [rf".*Element=<{one.keyword}> IE=<Patient>.*" for one in source.filled_in]
    assert entity_complaints(tmp_path / "seg.dcm", sorted((shared_data / name).rglob("*.dcm")), added) == []
    if source.geometry.is_regular:
        must_be_read_alike(labels, tmp_path / "seg.dcm", tmp_path / "read")


def test_a_multi_frame_series(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "10_multiframe" / "XA10").rglob("*.dcm"))
    source = source_of(files[:1])
    assert source.images[0].frame_number == 1
    labels = ball(source)
    write_segmentation(labels, source, tmp_path / "seg.dcm")
    must_be_read_alike(labels, tmp_path / "seg.dcm", tmp_path / "read")
    assert iod_complaints(tmp_path / "seg.dcm") == []
    assert entity_complaints(tmp_path / "seg.dcm", files[:1]) == []


def test_a_broken_series_still_gives_a_valid_object(phantom: tuple[Path, LabelFile], tmp_path: Path) -> None:
    folder, labels = phantom
    for number, file in enumerate(sorted(folder.iterdir())):
        ds = dcmread(file)
        for keyword in ("StudyDate", "StudyTime", "StudyID", "PatientSex", "ReferringPhysicianName"):
            delattr(ds, keyword)
        for keyword in ("StudyInstanceUID", "FrameOfReferenceUID", "SOPClassUID"):
            ds[keyword]._value = ""
        ds["SOPInstanceUID"]._value = f"1.02.{number}"
        ds["PatientBirthDate"]._value = "1.5.1950"
        ds.save_as(tmp_path / file.name, enforce_file_format=False)
    source = source_of(sorted(tmp_path.glob("*.dcm")))
    missing = {"StudyDate", "StudyID", "StudyInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID", "PatientBirthDate"}
    assert missing <= {one.keyword for one in source.filled_in}
    path = tmp_path / "seg.object"
    write_segmentation(labels, source, path)
    assert iod_complaints(path) == []
    must_be_read_alike(labels, path, tmp_path / "read")


@pytest.mark.slow
@pytest.mark.parametrize(
    "folder", ["10_multiframe", "12_transfer_syntaxes", "13_charsets", "14_hostile_and_odd", "15_xray"]
)
def test_every_image_that_opens_gives_a_valid_object(shared_data: Path, tmp_path: Path, folder: str) -> None:
    """Half of these files break some rule of DICOM; what is made from them must not."""
    path = tmp_path / "seg.object"
    allowed = r"Warning - Value is zero for value 1 of attribute <Patient's Weight>"
    made = 0
    for file in sorted(f for f in (shared_data / folder).rglob("*") if f.is_file()):
        try:
            series = [one for one in find_series(file).series if one.geometry is not None]
        except UserError:
            continue
        for one in series:
            source = source_of_series(one)
            mask = np.zeros(source.geometry.shape, np.uint8)
            mask[-1, :2] = 1
            labels = LabelFile(source.geometry, [mask], [LabelSegment("Liver", None, 1, number=1)])
            write_segmentation(labels, source, path)
            assert iod_complaints(path, allowed) == [], file.name
            assert np.array_equal(read_segmentation(path, source.geometry).labels.layers[0], mask), file.name
            made += 1
    assert made >= 2


@pytest.mark.parametrize(
    ("name", "twins"),
    [
        ("liver.dcm", ["liver_seg.nrrd"]),
        ("partial_overlaps.dcm", ["partial_overlaps-1.nrrd", "partial_overlaps-2.nrrd", "partial_overlaps-3.nrrd"]),
    ],
)
def test_what_dcmqi_wrote_is_its_nrrd_twin(shared_data: Path, name: str, twins: list[str]) -> None:
    folder = shared_data / "11_seg_sr_rt"
    source = source_of(folder / "ct-3slice")
    found = read_segmentation(folder / name, source.geometry).labels
    wanted = [match(read_labels(folder / twin), source.geometry) for twin in twins]
    masks = [labels.mask(segment) for labels in wanted for segment in labels.segments]
    assert len(masks) == len(found.segments)
    for mask, segment in zip(_sorted(masks), _sorted([found.mask(s) for s in found.segments]), strict=True):
        assert np.array_equal(mask, segment)


def _sorted(masks: list[np.ndarray]) -> list[np.ndarray]:
    """In an order that depends on the voxels only."""
    return sorted(masks, key=lambda mask: mask.tobytes())


def test_what_dcmqi_reads_of_foreign_files_is_what_limner_reads(shared_data: Path, tmp_path: Path) -> None:
    for number, name in enumerate(["liver.dcm", "partial_overlaps.dcm", "seg_image_ct_binary.dcm"]):
        path = shared_data / "11_seg_sr_rt" / name
        found = read_segmentation(path).labels
        regular = Geometry(found.geometry.shape, found.geometry.affine)
        for peer, segment in zip(dcmqi_masks(path, tmp_path / str(number)), found.segments, strict=True):
            assert np.array_equal(peer.on(regular), found.mask(segment))
