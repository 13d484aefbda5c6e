"""Pictures as secondary captures: in the right study, readable by others, whole or not at all."""

from dataclasses import replace

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from imaging.dicom import secondary_capture
from imaging.dicom.secondary_capture import CaptureTexts, write_secondary_capture
from imaging.errors import UserError
from imaging.opening import list_series, open_series
from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso
from imaging.volume import SourceSeries

SOURCE = SourceSeries(
    modality="MR",
    study_instance_uid="1.2.3.4",
    series_instance_uid="1.2.3.4.5",
    patient_name="Ж^Вера",
    patient_id="A 1",
    study_date="20260203",
    study_attributes=(("StudyTime", "101112"), ("PatientSex", "F"), ("AccessionNumber", "77")),
)


@pytest.fixture
def picture():
    return np.random.default_rng(3).integers(0, 256, (33, 47, 3), np.uint8)  # an odd number of bytes


def test_pydicom_and_simpleitk_read_the_same_pixels(picture, tmp_path) -> None:
    write_secondary_capture(picture, tmp_path / "p.dcm", SOURCE)
    assert np.array_equal(pydicom.dcmread(tmp_path / "p.dcm").pixel_array, picture)
    theirs = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "p.dcm")))
    assert np.array_equal(theirs.reshape(picture.shape), picture)


def test_it_stands_in_the_study_of_its_images_as_a_new_series(picture, tmp_path) -> None:
    uid = write_secondary_capture(picture, tmp_path / "p.dcm", SOURCE, CaptureTexts("Organs", "64 samples"))
    found = pydicom.dcmread(tmp_path / "p.dcm")
    assert found.StudyInstanceUID == "1.2.3.4"
    assert (found.PatientName, found.PatientID, found.PatientSex) == ("Ж^Вера", "A 1", "F")
    assert (found.StudyDate, found.StudyTime, found.AccessionNumber) == ("20260203", "101112", "77")
    assert found.SeriesInstanceUID not in ("", SOURCE.series_instance_uid)
    assert found.SOPInstanceUID == found.file_meta.MediaStorageSOPInstanceUID == uid
    assert found.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert (found.ConversionType, found.Modality, found.PlanarConfiguration) == ("WSD", "MR", 0)
    assert "BurnedInAnnotation" in found
    assert (found.SeriesDescription, found.DerivationDescription) == ("Organs", "64 samples")
    assert "not for diagnosis" in found.ImageComments.lower()


def test_an_image_that_was_no_dicom_gives_a_study_of_its_own(picture, tmp_path) -> None:
    for name in ("a.dcm", "b.dcm"):
        write_secondary_capture(picture, tmp_path / name, SourceSeries())
    a, b = (pydicom.dcmread(tmp_path / name) for name in ("a.dcm", "b.dcm"))
    assert a.StudyInstanceUID
    assert a.StudyInstanceUID != b.StudyInstanceUID
    for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyID"):
        assert name in a
        assert not a.get(name)


def test_identifiers_that_break_rules_are_kept_as_the_archive_knows_them(picture, tmp_path) -> None:
    odd = replace(SOURCE, patient_id="x" * 70, study_attributes=(("PatientBirthDate", "3.2.1950"),))
    write_secondary_capture(picture, tmp_path / "p.dcm", odd)
    raw = (tmp_path / "p.dcm").read_bytes()
    assert b"x" * 70 in raw
    assert b"3.2.1950" in raw


def test_the_study_of_a_series_on_disk(picture, tmp_path) -> None:
    files = write_dicom_series(make_torso(scale=0.15).volume, tmp_path / "series")
    volume = open_series(list_series(tmp_path / "series")[0])[0]
    write_secondary_capture(picture, tmp_path / "p.dcm", volume.source)
    original, found = pydicom.dcmread(files[0]), pydicom.dcmread(tmp_path / "p.dcm")
    for name in (
        "StudyInstanceUID", "PatientName", "PatientID", "PatientSex", "StudyDate", "StudyTime", "StudyID",
        "AccessionNumber", "StudyDescription", "Modality",
    ):  # fmt: skip
        assert found[name].value == original[name].value, name


def test_what_cannot_be_read_back_does_not_get_its_name(picture, tmp_path, monkeypatch) -> None:
    made = secondary_capture._data_set

    def damaged(pixels, *rest):
        return made(pixels + np.uint8(1), *rest)

    monkeypatch.setattr(secondary_capture, "_data_set", damaged)
    (tmp_path / "p.dcm").write_bytes(b"before")
    with pytest.raises(UserError):
        write_secondary_capture(picture, tmp_path / "p.dcm", SOURCE)
    assert [f.name for f in tmp_path.iterdir()] == ["p.dcm"]
    assert (tmp_path / "p.dcm").read_bytes() == b"before"


def test_a_folder_that_is_not_there(picture, tmp_path) -> None:
    with pytest.raises(UserError):
        write_secondary_capture(picture, tmp_path / "no" / "p.dcm", SOURCE)


def test_an_id_with_a_backslash_stays_as_it_is(tmp_path) -> None:
    source = SourceSeries(patient_name="Müller^A", patient_id="17\\4")
    write_secondary_capture(np.zeros((4, 6, 3), np.uint8), tmp_path / "p.dcm", source)
    assert pydicom.dcmread(tmp_path / "p.dcm").get_item("PatientID").value.rstrip() == b"17\\4"
