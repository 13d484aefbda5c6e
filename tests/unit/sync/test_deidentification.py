"""No byte names the patient, what belongs together stays together, and each option keeps what it says."""

from __future__ import annotations

import io
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from made_series import ct_slice
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from imaging.errors import UserError
from sync.deidentification.engine import Deidentifier
from sync.deidentification.key import FILE, HospitalKey, read_or_make_key
from sync.deidentification.options import Dates, Options
from sync.deidentification.register import Register
from sync.deidentification.safe_private import SAFE
from sync.deidentification.table import Action, action_for, row_count, row_of
from sync.deidentification.words import KnownNames, cleaned

KEY = HospitalKey(bytes(range(32)))
SECRETS = ("Weizenkeim", "Adalbert", "PAT-90210", "ACC77123", "Dr. Quendel", "St. Niemand", "19630527", "SN-443322")


def planted() -> Dataset:
    """An object that names its patient in every way that there is."""
    ds = ct_slice(3, generate_uid()[:50], generate_uid()[:50])
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Weizenkeim^Adalbert", "PAT-90210", "19630527"
    ds.PatientSex, ds.PatientAge, ds.PatientWeight = "M", "093Y", "80"
    ds.AccessionNumber, ds.StudyID = "ACC77123", "S-11223"
    ds.StudyDate, ds.SeriesDate, ds.AcquisitionDateTime, ds.StudyTime = (
        "20200310",
        "20200311",
        "20200312101112.5",
        "101112",
    )
    ds.ReferringPhysicianName, ds.InstitutionName, ds.DeviceSerialNumber = "Dr. Quendel", "St. Niemand", "SN-443322"
    ds.SeriesDescription = "CT chest for Weizenkeim"
    ds.ImageComments = "spoke with ADALBERT WEIZENKEIM, PAT-90210"
    ds.ProtocolName = "Abdomen Weizenkeimprotokoll"
    ds.ScanOptions = "WEIZENKEIM"  # in no table: found by the name
    ds.OtherPatientIDs = ["PAT-90210", "OLD-1"]
    request = Dataset()
    request.ScheduledProcedureStepDescription = "for Weizenkeim"
    request.RequestedProcedureID = "ACC77123"
    deep = Dataset()
    deep.ConsultingPhysicianName = "Dr. Quendel"
    deep.LongCodeValue = "PAT-90210"
    request.ScheduledProtocolCodeSequence = Sequence([deep])
    ds.RequestAttributesSequence = Sequence([request])
    reference = Dataset()
    reference.ReferencedSOPClassUID = ds.SOPClassUID
    reference.ReferencedSOPInstanceUID = "1.2.826.0.1.3680043.8.498.999"
    ds.ReferencedImageSequence = Sequence([reference])
    block = ds.private_block(0x0029, "WEIZENKEIM SYSTEMS", create=True)
    block.add_new(0x10, "LO", "Adalbert Weizenkeim")
    safe = ds.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    safe.add_new(0x0C, "IS", "800")
    safe.add_new(0x10, "LO", "Weizenkeim")
    ds.add_new(0x60004000, "LT", "overlay of Weizenkeim")
    ds.add_new(0x60003000, "OW", b"Adalbert")
    ds.add_new(0x50000022, "LO", "curve Weizenkeim")
    ds.file_meta.SourceApplicationEntityTitle = "WEIZENKEIM"
    ds.file_meta.PrivateInformationCreatorUID = "1.2.3.4"
    ds.file_meta.PrivateInformation = b"PAT-90210"
    ds.preamble = b"PAT-90210".ljust(128, b"\0")
    return ds


def written(ds: Dataset) -> bytes:
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def leaks(ds: Dataset, tokens: tuple[str, ...] = SECRETS) -> list[str]:
    data = written(ds).lower()
    return [token for token in tokens if token.lower().encode() in data]


def test_the_probe_names_its_patient() -> None:
    assert leaks(planted()) == list(SECRETS)


@pytest.mark.parametrize("dates", Dates)
def test_no_byte_names_the_patient(dates) -> None:
    made = Deidentifier(KEY, Options(dates=dates)).deidentify(planted())
    assert leaks(made) == []


def test_no_option_lets_the_patient_through_except_for_what_it_names() -> None:
    everything = Options(Dates.KEEP, **{f.name: True for f in fields(Options) if f.name != "dates"})
    made = Deidentifier(KEY, everything).deidentify(planted())
    assert leaks(made) == ["St. Niemand", "SN-443322"]


def test_the_flags_say_what_was_done() -> None:
    made = Deidentifier(KEY, Options(dates=Dates.SHIFT, retain_device=True)).deidentify(planted())
    assert made.PatientIdentityRemoved == "YES"
    assert made.LongitudinalTemporalInformationModified == "MODIFIED"
    codes = [item.CodeValue for item in made.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113109", "113107"]
    assert made.PatientName == made.PatientID == KEY.pseudonym("PAT-90210")


def test_the_pixels_and_their_description_stay() -> None:
    source = planted()
    made = dcmread(io.BytesIO(written(Deidentifier(KEY).deidentify(source))))
    assert np.array_equal(made.pixel_array, source.pixel_array)
    for keyword in ("Rows", "PixelSpacing", "ImagePositionPatient", "RescaleSlope", "Modality", "SOPClassUID"):
        assert made[keyword].value == source[keyword].value


def test_the_original_is_not_touched() -> None:
    source = planted()
    before = written(source)
    Deidentifier(KEY).deidentify(source)
    assert written(source) == before


def test_what_belongs_together_stays_together() -> None:
    one, two = planted(), planted()
    two.StudyInstanceUID, two.SeriesInstanceUID = one.StudyInstanceUID, one.SeriesInstanceUID
    two.ReferencedImageSequence[0].ReferencedSOPInstanceUID = one.SOPInstanceUID
    first, second = Deidentifier(KEY), Deidentifier(KEY)  # two runs, one key
    a, b = first.deidentify(one), second.deidentify(two)
    assert a.StudyInstanceUID == b.StudyInstanceUID != one.StudyInstanceUID
    assert a.SOPInstanceUID != b.SOPInstanceUID
    assert b.ReferencedImageSequence[0].ReferencedSOPInstanceUID == a.SOPInstanceUID
    assert a.file_meta.MediaStorageSOPInstanceUID == a.SOPInstanceUID
    assert first.uids[a.SOPInstanceUID] == one.SOPInstanceUID
    assert first.patients[a.PatientID] == ("PAT-90210", "")
    other = Deidentifier(HospitalKey(bytes(32))).deidentify(one)
    assert other.StudyInstanceUID != a.StudyInstanceUID
    assert other.PatientID != a.PatientID


def test_dates_move_together_and_times_stay() -> None:
    made = Deidentifier(KEY, Options(dates=Dates.SHIFT)).deidentify(planted())
    from datetime import date

    def day(text: str) -> date:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))

    shift = KEY.shift_days("PAT-90210")
    assert (day(made.StudyDate) - date(2020, 3, 10)).days == shift
    assert (day(made.SeriesDate) - day(made.StudyDate)).days == 1
    assert made.AcquisitionDateTime[8:] == "101112.5"
    assert made.StudyTime == "101112"
    removed = Deidentifier(KEY).deidentify(planted())
    assert removed.StudyDate == removed.StudyTime == ""
    kept = Deidentifier(KEY, Options(dates=Dates.KEEP)).deidentify(planted())
    assert (kept.StudyDate, kept.AcquisitionDateTime) == ("20200310", "20200312101112.5")
    assert kept.PatientBirthDate == ""


@pytest.mark.parametrize("value", ["", "2020", "99999999", "00010101", "x"])
def test_what_is_no_date_does_not_stay(value) -> None:
    source = planted()
    source["StudyDate"]._value = value
    assert Deidentifier(KEY, Options(dates=Dates.SHIFT)).deidentify(source).StudyDate == ""


def test_each_option_keeps_what_it_names_and_no_more() -> None:
    def kept(**options: bool) -> Dataset:
        return Deidentifier(KEY, Options(**options)).deidentify(planted())

    source = planted()
    strict = kept()
    assert "PatientWeight" not in strict
    assert strict.PatientSex == ""
    characteristics = kept(retain_patient_characteristics=True)
    assert (characteristics.PatientSex, characteristics.PatientWeight, characteristics.PatientAge) == ("M", 80, "090Y")
    assert kept(retain_device=True).DeviceSerialNumber == "SN-443322"
    assert kept(retain_institution=True).InstitutionName == "St. Niemand"
    descriptors = kept(clean_descriptors=True)
    assert descriptors.SeriesDescription == "CT chest for"
    assert "SeriesDescription" not in strict
    uids = Deidentifier(KEY, Options(retain_uids=True)).deidentify(source)
    assert uids.StudyInstanceUID == source.StudyInstanceUID
    private = kept(retain_safe_private=True)
    assert private[0x0019, 0x100C].value == 800
    assert (0x0019, 0x1010) not in private
    assert not any(element.tag.is_private for element in strict)


def test_reports_name_elements_never_values() -> None:
    worker = Deidentifier(KEY)
    worker.deidentify(planted())
    text = str(worker.report.to_json())
    assert all(token not in text for token in SECRETS)
    rows = {path: action for path, action, _ in worker.report.rows()}
    assert rows["PatientBirthDate"] == "emptied"
    assert rows["RequestAttributesSequence"] == "removed"
    assert rows["SOPInstanceUID"] == "renumbered"
    assert rows["private (0019,1010)"] == "removed"
    assert rows["OverlayData (6000,3000)"] == "removed"


def test_a_structured_report_is_cleaned_item_by_item() -> None:
    source = planted()
    item, number = Dataset(), Dataset()
    item.ValueType, item.TextValue, item.PersonName = "TEXT", "liver lesion, Weizenkeim, 12 mm", "Weizenkeim^Adalbert"
    number.ValueType, number.DateTime = "DATETIME", "20200312101112"
    source.ContentSequence = Sequence([item, number])
    strict = Deidentifier(KEY).deidentify(source)
    assert "ContentSequence" not in strict
    made = Deidentifier(KEY, Options(dates=Dates.SHIFT, clean_structured_content=True)).deidentify(source)
    assert leaks(made) == []
    assert len(made.ContentSequence) == 2


def test_an_object_without_any_identity_is_refused() -> None:
    source = planted()
    source.PatientID = source.PatientName = ""
    with pytest.raises(UserError):
        Deidentifier(KEY).deidentify(source)


def test_sequences_without_end_are_refused() -> None:
    source = planted()
    level = source
    for _ in range(60):
        item = Dataset()
        level.ReferencedImageSequence = Sequence([item])
        level = item
    with pytest.raises(UserError):
        Deidentifier(KEY).deidentify(source)


def test_the_table_is_whole() -> None:
    assert row_count() == 656
    assert action_for(0x00100010, Options()) is Action.EMPTY
    assert action_for(0x00080018, Options()) is Action.UID
    assert action_for(0x60023000, Options()) is Action.REMOVE
    assert action_for(0x50020010, Options()) is Action.REMOVE
    assert row_of(0x00280010) is None
    assert action_for(0x00080020, Options(dates=Dates.KEEP)) is Action.KEEP
    assert action_for(0x00081140, Options(retain_uids=True)) is Action.KEEP
    assert action_for(0x00081120, Options(retain_uids=True)) is Action.REMOVE  # the patient's own, whatever is kept


def test_words_that_everybody_uses_stay() -> None:
    assert cleaned("CT Thorax/Abdomen 5mm, Weizenkeim 1963") == "CT Thorax/Abdomen 5mm"
    names = KnownNames(["Weizenkeim^Adalbert", "PAT-90210"])
    assert not names.found_in("CT chest 12")
    assert names.without("x weizenkeim y") == "x  y"
    assert names.found_in("CT_Weizenkeimthorax")


def test_the_key_is_made_once_kept_private_and_never_replaced(tmp_path: Path) -> None:
    made = read_or_make_key(tmp_path)
    assert read_or_make_key(tmp_path) == made
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    assert made.secret.hex() not in repr(made)
    (tmp_path / FILE).write_bytes(b"short")
    with pytest.raises(UserError):
        read_or_make_key(tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"short"
    with Register(tmp_path):
        (tmp_path / FILE).unlink()
    with pytest.raises(UserError, match="missing"):
        read_or_make_key(tmp_path)
    assert not (tmp_path / FILE).exists()


def test_pseudonyms_and_uids_are_valid() -> None:
    uid = KEY.uid("1.2.3")
    assert uid.startswith("2.25.")
    assert len(uid) <= 64
    assert KEY.pseudonym("a") != KEY.pseudonym("b")
    assert KEY.pseudonym("a") == KEY.pseudonym(" a ")
    assert KEY.pseudonym("a", "x") != KEY.pseudonym("a")
    assert -3650 <= KEY.shift_days("a") <= -30
    assert all(group & 1 for entries in SAFE.values() for group, _ in entries)


@pytest.mark.parametrize("name", ["Weizenkeim^Adalbert^^MR", "Ct^Axial", "Hfs^Or"])
def test_a_patient_who_is_called_like_a_term_leaves_the_image_readable(name) -> None:
    source = planted()
    source.PatientName, source.PatientPosition = name, "HFS"
    made = Deidentifier(KEY).deidentify(source)
    assert (made.Modality, made.PatientPosition, made.ImageType[2]) == ("CT", "HFS", "AXIAL")
