"""Structure sets that others wrote: damaged, about other images, with wide or crossing planes, in any characters."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from imaging.objects.source_series import ObjectSource, source_of
from imaging.objects.structure_set_masks import read_structures
from imaging.objects.structure_set_write import write_structure_set

CONTOUR_DATA = Tag(0x30060050)
Bend = Callable[[Dataset], None]


@pytest.fixture
def source(make_series) -> ObjectSource:
    return source_of(make_series(9))


@pytest.fixture
def bent(source: ObjectSource, tmp_path: Path) -> Callable[[Bend], Path]:
    """A structure set of two structures, “First” (12 voxels on each of 5 slices) and “Second” (one slice), changed."""

    def make(bend: Bend) -> Path:
        path = tmp_path / "rt.dcm"
        layer = np.zeros(source.geometry.shape, np.uint8)
        layer[1:6, 3:7, 3:6], layer[7] = 1, 2
        segments = [LabelSegment("First", (9, 8, 7), 1), LabelSegment("Second", None, 2)]
        write_structure_set(LabelFile(source.geometry, [layer], segments), source, path)
        found = dcmread(path)
        bend(found)
        found.save_as(path)
        return path

    return make


def contours_of(found: Dataset, structure: int = 0) -> list[Dataset]:
    return found.ROIContourSequence[structure].ContourSequence


def put_raw(contour: Dataset, text: bytes) -> None:
    """Contour Data as bytes that no library would write."""
    text += b" " * (len(text) % 2)
    contour._dict[CONTOUR_DATA] = RawDataElement(CONTOUR_DATA, "DS", len(text), text, 0, True, True)


def names(path: Path, geometry: Geometry) -> tuple[list[str], tuple[str, ...]]:
    read = read_structures(path, geometry)
    return [s.name for s in read.labels.segments], read.notes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rb"1\2\nan\4\5\6\7\8\9", "impossible"),
        (rb"1\2\1e300\4\5\6\7\8\9", "impossible"),
        (rb"1\2\three\4\5\6\7\8\9", "no number"),
        (rb"1\2\3\4\5\6\7\8", "within a point"),
    ],
)
def test_a_damaged_contour_leaves_its_structure_out(bent, source: ObjectSource, text: bytes, said: str) -> None:
    found, notes = names(bent(lambda ds: put_raw(contours_of(ds)[1], text)), source.geometry)
    assert found == ["Second"]
    assert any("First" in note and said in note for note in notes)


def test_when_nothing_is_left_the_reason_is_the_error(bent, source: ObjectSource) -> None:
    def spoil(ds: Dataset) -> None:
        put_raw(contours_of(ds)[0], rb"a\b\c")
        contours_of(ds, 1)[0].ContourGeometricType = "OPEN_PLANAR"

    with pytest.raises(UserError, match="no number"):
        read_structures(bent(spoil), source.geometry)


def test_points_and_open_lines_are_told_but_not_brought_in(bent, source: ObjectSource) -> None:
    def open_up(ds: Dataset) -> None:
        contours_of(ds)[0].ContourGeometricType = "OPEN_PLANAR"
        contours_of(ds)[2].ContourGeometricType = "POINT"
        contours_of(ds, 1)[0].ContourData = contours_of(ds, 1)[0].ContourData[:6]

    found, notes = names(bent(open_up), source.geometry)
    assert found == ["First"]
    assert "“First” also holds what cannot become voxels: open lines (1), points (1)." in notes
    assert "“Second” was left out: it has no closed contours." in notes


def test_a_hole_as_a_contour_of_its_own_is_told(bent, source: ObjectSource) -> None:
    def pierce(ds: Dataset) -> None:
        contours = contours_of(ds, 1)
        hole = deepcopy(contours[0])
        points = np.array(contours[0].ContourData, float).reshape(-1, 3)
        middle = points.mean(axis=0)
        hole.ContourData = (middle + (points - middle) / 2).ravel().tolist()
        contours.append(hole)

    read = read_structures(bent(pierce), source.geometry)
    assert read.notes == ("“Second”: contours inside others were taken as holes (slices: 1).",)
    assert read.labels.mask(read.labels.segments[1]).sum() == 12 * 10 - 6 * 5


def test_declared_exclusive_or_is_obeyed(bent, source: ObjectSource) -> None:
    def double(ds: Dataset) -> None:
        del contours_of(ds)[2]
        contours_of(ds).append(contours_of(ds)[1])
        for contour in contours_of(ds):
            contour.ContourGeometricType = "CLOSEDPLANAR_XOR"

    first = read_structures(bent(double), source.geometry).labels
    assert first.mask(first.segments[0]).sum() == 36  # the slice with twins is empty


def test_a_closing_point_is_not_a_corner(bent, source: ObjectSource) -> None:
    def close(ds: Dataset) -> None:
        for contour in contours_of(ds):
            contour.ContourData = [*contour.ContourData, *contour.ContourData[:3]]

    read = read_structures(bent(close), source.geometry).labels
    assert read.mask(read.segments[0]).sum() == 60


def test_other_characters_and_a_missing_name(bent, source: ObjectSource) -> None:
    def rename(ds: Dataset) -> None:
        ds.SpecificCharacterSet = "GB18030"
        ds.StructureSetROISequence[0].ROIName = "靶区"
        ds.StructureSetROISequence[1].ROIName = ""

    assert names(bent(rename), source.geometry)[0] == ["靶区", "Structure 2"]


def test_what_planning_systems_call_a_structure_is_its_category(bent, source: ObjectSource) -> None:
    def call(ds: Dataset) -> None:
        for observation, kind in zip(ds.RTROIObservationsSequence, ("ORGAN", "PTV"), strict=True):
            observation.RTROIInterpretedType = kind

    first, second = read_structures(bent(call), source.geometry).labels.segments
    assert first.category is not None
    assert first.category.meaning == "Anatomical Structure"
    assert second.category is None


def forget_references(ds: Dataset) -> None:
    del ds.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence
    for structure in ds.ROIContourSequence:
        for contour in structure.ContourSequence:
            del contour.ContourImageSequence


def test_missing_references_are_told_where_the_space_is_the_same(bent, source: ObjectSource) -> None:
    path = bent(forget_references)
    uid = source.series_instance_uid
    read = read_structures(path, source.geometry, series_uid=uid)
    assert read.notes == ("The file names no series, but has this image's frame of reference: its positions hold.",)
    assert len(read.labels.segments) == 2


def test_wrong_references_are_told_where_the_space_is_the_same(bent, source: ObjectSource) -> None:
    for other in ("1.2.3", source.series_instance_uid + "9"):
        (note,) = read_structures(bent(lambda ds: None), source.geometry, series_uid=other).notes
        assert "another series" in note


def test_an_image_that_never_was_dicom_is_told(bent, source: ObjectSource) -> None:
    geometry = Geometry(source.geometry.shape, source.geometry.affine)
    (note,) = read_structures(bent(lambda ds: None), geometry, series_uid="image.nii.gz").notes
    assert "Nothing says" in note


def test_a_file_of_another_space_is_a_question(bent, source: ObjectSource) -> None:
    def move(ds: Dataset) -> None:
        forget_references(ds)
        for region in ds.StructureSetROISequence:
            region.ReferencedFrameOfReferenceUID = "1.2.3"

    path = bent(move)
    with pytest.raises(UserError, match="another image") as caught:
        read_structures(path, source.geometry, series_uid=source.series_instance_uid)
    assert "--resample" in caught.value.hint
    read = read_structures(path, source.geometry, consent=True)
    assert len(read.labels.segments) == 2
    assert "as they are" in read.notes[0]


def test_another_space_but_the_same_images_is_only_told(bent, source: ObjectSource) -> None:
    def rename(ds: Dataset) -> None:
        for region in ds.StructureSetROISequence:
            region.ReferencedFrameOfReferenceUID = "1.2.3"

    (note,) = read_structures(bent(rename), source.geometry, series_uid=source.series_instance_uid).notes
    assert "another frame of reference" in note


def test_wide_planes_are_a_question(bent, source: ObjectSource) -> None:
    def thin_out(ds: Dataset) -> None:
        del contours_of(ds)[3], contours_of(ds)[1]

    path = bent(thin_out)
    with pytest.raises(UserError, match="2 slices apart") as caught:
        read_structures(path, source.geometry)
    assert "--resample" in caught.value.hint
    read = read_structures(path, source.geometry, consent=True)
    assert read.labels.mask(read.labels.segments[0]).sum() == 60
    assert read.was_resampled
    assert any("slices between its contours were interpolated (2)" in note for note in read.notes)


def test_one_missing_plane_is_only_told(bent, source: ObjectSource) -> None:
    def forget_one(ds: Dataset) -> None:
        del contours_of(ds)[2]

    notes = names(bent(forget_one), source.geometry)[1]
    assert notes == ("“First”: slices between its contours are empty (1); --resample interpolates them.",)


def test_contours_across_the_slices_leave_the_structure_out(bent, source: ObjectSource) -> None:
    def turn(ds: Dataset) -> None:
        for contour in contours_of(ds):
            points = np.array(contour.ContourData, float).reshape(-1, 3)
            contour.ContourData = points[:, [2, 0, 1]].ravel().tolist()

    found, notes = names(bent(turn), source.geometry)
    assert found == ["Second"]
    assert any("First" in note and "planes" in note for note in notes)


def test_what_lies_beside_the_image_is_told(bent, source: ObjectSource) -> None:
    far = source.geometry.affine.copy()
    far[0, 3] -= 500
    with pytest.raises(UserError, match="Nothing of this structure set"):
        read_structures(bent(lambda ds: None), Geometry(source.geometry.shape, far))


def test_other_objects_are_refused(make_series, source: ObjectSource) -> None:
    folder = make_series(1)
    with pytest.raises(UserError, match="no RT structure set"):
        read_structures(next(folder.iterdir()), source.geometry)


def test_a_huge_contour_is_read(bent, source: ObjectSource) -> None:
    def trace_finely(ds: Dataset) -> None:
        corners = np.array(contours_of(ds, 1)[0].ContourData, float).reshape(-1, 3)
        share = np.linspace(0, 1, 50_000, endpoint=False)[:, None]
        fine = np.concatenate([a + share * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)])
        put_raw(contours_of(ds, 1)[0], "\\".join(f"{v:.5f}" for v in fine.ravel()).encode())

    read = read_structures(bent(trace_finely), source.geometry).labels
    assert read.mask(read.segments[1]).sum() == source.geometry.shape[1] * source.geometry.shape[2]


def test_real_structure_sets_have_their_volumes(shared_data: Path) -> None:
    """Volumes of the polygons themselves are 358.66 and 11.40 ml."""
    folder = shared_data / "04_ct_lung_gtv_rtstruct"
    for name, expected in (("pat_1", 358.68), ("pat_3", 11.59)):
        source = source_of(folder / name)
        read = read_structures(next((folder / name).glob("DCM_RS*")), source.geometry)
        assert not read.notes
        volume = read.labels.layers[0].sum() * source.geometry.voxel_volume_ml
        assert volume == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("name", ["rt.dcm", "invalid_reference_rt.dcm", "non_existent_reference_rt.dcm"])
def test_real_structure_sets_with_doubtful_references_come_in(shared_data: Path, name: str) -> None:
    folder = shared_data / "11_seg_sr_rt" / "mock_data"
    source = source_of([folder / "ct_1.dcm", folder / "ct_2.dcm"])
    read = read_structures(folder / name, source.geometry, series_uid=source.series_instance_uid)
    assert read.labels.segments
    assert all(layer.any() for layer in read.labels.layers)
