"""What a derived object learns of its source, and what it makes up where the source is broken."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.objects.header import ObjectKind, new_object, put_common_references
from imaging.objects.source_series import ObjectSource, source_of, source_without_dicom
from imaging.objects.uids import is_valid_uid
from imaging.objects.writing import write_checked, write_object

if TYPE_CHECKING:
    from collections.abc import Callable

    Bend = Callable[[int, Dataset], None]

KIND = ObjectKind("1.2.840.10008.5.1.4.1.1.66.4", "SEG", "Made", 9910)
REQUIRED = ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID")


def keywords(source: ObjectSource) -> set[str]:
    """What was filled in."""
    return {one.keyword for one in source.filled_in}


def test_images_stand_in_slice_order_with_their_own_uids(make_series) -> None:
    def shuffled(k: int, ds: Dataset) -> None:
        ds.InstanceNumber = 100 - k
        for keyword in REQUIRED:
            setattr(ds, keyword, "")
        ds.AccessionNumber = "A1"

    folder = make_series(5, shuffled)
    source = source_of(folder)
    by_uid = {str(dcmread(f).SOPInstanceUID): dcmread(f) for f in folder.iterdir()}
    assert [image.position_mm for image in source.images] == [(-4.0, -6.0, 2.0 * k) for k in range(5)]
    for image in source.images:
        ds = by_uid[image.sop_instance_uid]
        assert tuple(ds.ImagePositionPatient) == image.position_mm
        assert (image.sop_class_uid, image.frame_number) == (ds.SOPClassUID, None)
        assert (image.rows, image.columns, image.spacing_mm) == (12, 10, (0.8, 0.7))
    assert source.study_instance_uid == make_series.study
    assert source.attributes["PatientName"] == "Nobody^Made"
    assert source.attributes["AccessionNumber"] == "A1"
    assert not source.filled_in


def test_missing_type_2_elements_are_added_and_listed(make_series) -> None:
    source = source_of(make_series(3))
    assert {*REQUIRED, "AccessionNumber"} == keywords(source)
    assert all(source.attributes[keyword] == "" for keyword in REQUIRED)


@pytest.mark.parametrize("wrong", ["", "1.2.03", "1.2.", "not a uid", "1." + "2" * 70, "999.1.2"])
def test_broken_uids_are_replaced_by_valid_ones_the_same_each_time(make_series, wrong: str) -> None:
    def broken(k: int, ds: Dataset) -> None:
        for keyword in ("StudyInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID"):
            ds.add_new(keyword, "UI", "") if not wrong else setattr(ds[keyword], "_value", wrong)

    make_series.write = lambda ds, name: _save_as_it_is(ds, make_series.folder / name)
    folder = make_series(3, broken)
    one, two = source_of(folder), source_of(folder)
    for keyword in ("study_instance_uid", "frame_of_reference_uid", "series_instance_uid"):
        assert is_valid_uid(getattr(one, keyword))
        assert getattr(one, keyword) == getattr(two, keyword)
    assert [i.sop_instance_uid for i in one.images] == [i.sop_instance_uid for i in two.images]
    assert all(is_valid_uid(image.sop_instance_uid) for image in one.images)
    assert {"StudyInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID"} <= keywords(one)
    if wrong:
        assert one.study_instance_uid == one.frame_of_reference_uid  # the same wrong UID gives the same new one
    assert not any(wrong and wrong in str(note) for note in one.filled_in)


def _save_as_it_is(ds: Dataset, path: Path) -> None:
    ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    ds.save_as(path, enforce_file_format=False)


def test_values_that_break_their_form_are_left_out_and_names_stay(make_series) -> None:
    def broken(k: int, ds: Dataset) -> None:
        ds["PatientID"]._value = "Ä-" + "7" * 70
        for keyword, value in (("StudyDate", "yesterday"), ("PatientSex", "X"), ("StudyTime", "2561")):
            ds.add_new(keyword, {"StudyDate": "DA", "PatientSex": "CS", "StudyTime": "TM"}[keyword], "")
            ds[keyword]._value = value

    source = source_of(make_series(2, broken))
    assert source.attributes["StudyDate"] == source.attributes["PatientSex"] == source.attributes["StudyTime"] == ""
    assert source.attributes["PatientID"] == "Ä-" + "7" * 70
    assert {"StudyDate", "PatientSex", "StudyTime"} <= keywords(source)


def test_source_of_an_archive_and_of_a_list_of_files(make_series, tmp_path: Path) -> None:
    folder = make_series(4)
    whole = source_of(folder)
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    assert source_of(tmp_path / "s.zip").images == whole.images
    assert source_of(sorted(folder.iterdir())[:2]).images == whole.images[:2]


def test_the_grid_chooses_among_several_series(make_series) -> None:
    make_series(3)
    make_series(4, lambda k, ds: setattr(ds, "PixelSpacing", [0.5, 0.5]), prefix="t")
    with pytest.raises(UserError, match="2 image series"):
        source_of(make_series.folder)
    affine = np.diag([0.5, 0.5, 2.0, 1.0])
    affine[:3, 3] = (-4, -6, 0)
    source = source_of(make_series.folder, Geometry((4, 12, 10), affine))
    assert len(source.images) == 4
    assert len(source.images_on(Geometry((4, 12, 10), affine))) == 4
    assert source.images_on(Geometry((3, 12, 10), affine)) == ()


def test_an_image_that_never_was_dicom_begins_a_new_study() -> None:
    geometry = Geometry((2, 3, 4), np.eye(4))
    first, second = source_without_dicom(geometry), source_without_dicom(geometry)
    assert first.study_instance_uid != second.study_instance_uid
    assert source_without_dicom(geometry, "hash").study_instance_uid == (
        source_without_dicom(geometry, "hash").study_instance_uid
    )
    assert first.images == ()
    assert "StudyInstanceUID" in keywords(first)


def test_an_object_reads_back_and_a_failure_leaves_the_old_file(make_series, tmp_path: Path) -> None:
    source = source_of(make_series(3, lambda k, ds: setattr(ds, "PatientName", "Müller^Jürgen")))
    made = new_object(KIND, source)
    put_common_references(made, source)
    path = tmp_path / "object.dcm"
    uid = write_object(made, path)
    found = dcmread(path)
    assert found.SOPInstanceUID == uid == found.file_meta.MediaStorageSOPInstanceUID
    assert str(found.PatientName) == "Müller^Jürgen"
    assert found.StudyInstanceUID == source.study_instance_uid
    assert [i.ReferencedSOPInstanceUID for i in found.ReferencedSeriesSequence[0].ReferencedInstanceSequence] == [
        image.sop_instance_uid for image in source.images
    ]

    def refuse(part: Path) -> None:
        raise UserError("no")

    before = path.read_bytes()
    with pytest.raises(UserError):
        write_checked(path, lambda file: file.write(b"new") and None, refuse)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["object.dcm"]
