"""Names where nobody expects them, what the table does not cover, and a last look that is neither blind nor shy."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from made_series import ct_slice
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, generate_uid

from imaging.errors import UserError
from sync.deidentification.engine import Deidentifier
from sync.deidentification.key import HospitalKey
from sync.deidentification.last_look import look_through
from sync.deidentification.options import Dates, Options
from sync.deidentification.pixels import EVERY, PixelWishes
from sync.deidentification.register import Register
from sync.deidentification.run import deidentify_file, deidentify_files
from sync.deidentification.words import KnownNames

KEY = HospitalKey(bytes(range(32)))
EVERYTHING = Options(Dates.KEEP, **{n: True for n in Options.__dataclass_fields__ if n != "dates"})
NAME, NUMBER = "Weizenkeim", "PX-7788123"
# Somebody else's: nothing in the object says that these are names.
FOREIGN = "call Zwirbel, Kantstrasse, 089 123 456, born 27.5.63; liver lesion"


def item(**fields: object) -> Dataset:
    made = Dataset()
    for keyword, value in fields.items():
        setattr(made, keyword, value)
    return made


def source(**fields: object) -> Dataset:
    ds = ct_slice(0, generate_uid()[:50], generate_uid()[:50])
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = f"{NAME}^Adalbert", NUMBER, "19630527"
    for keyword, value in fields.items():
        setattr(ds, keyword, value)
    return ds


def treated(ds: Dataset, tmp_path: Path, options: Options | None = None) -> Dataset:
    """The object as it leaves."""
    ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    worker, seen = Deidentifier(KEY, options or Options()), PixelWishes(frozenset({EVERY}))
    return dcmread(io.BytesIO(deidentify_file(tmp_path / "in.dcm", worker, seen)))


def every_byte(ds: Dataset) -> bytes:
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue().lower()


@pytest.mark.parametrize("options", [Options(), EVERYTHING], ids=["strict", "everything kept"])
@pytest.mark.parametrize(
    ("tag", "vr", "value"),
    [
        (0x00180015, "CS", "WEIZENKEIM"),
        (0x00080060, "CS", "WEIZENKEIM"),
        (0x00180024, "SH", "Weizenkeim"),
        (0x00080032, "TM", "Weizenkeim"),
        (0x00182042, "TM", "Weizenkeim"),
        (0x00101010, "AS", "Weizenkeim"),
        (0x00081155, "UI", "Weizenkeim"),
        (0x0008010C, "UI", "Weizenkeim"),
        (0x00282000, "OB", b"xxWeizenkeimxx"),
        (0x00200013, "IS", "7788123"),
        (0x00181151, "DS", "7788123"),
        (0x50003000, "OW", b"Weizenkeim"),
        (0x60000022, "LO", "Weizenkeim"),
        (0xFFFCFFFC, "OB", b"Weizenkeim"),
        (0x00180040, "IS", "12"),
    ],
)
def test_a_name_goes_from_every_kind_of_value(tmp_path, tag, vr, value, options) -> None:
    ds = source()
    ds._dict[Tag(tag)] = RawDataElement(
        Tag(tag), vr, 0, value if isinstance(value, bytes) else value.encode(), 0, False, True
    )
    left = every_byte(treated(ds, tmp_path, options))
    assert b"weizenkeim" not in left
    assert b"7788123" not in left


@pytest.mark.parametrize("tag", [0x00082218, 0x00081115, 0x00400275, 0x00080ABC])
def test_sequences_that_are_called_unknown_are_treated_or_go(tmp_path, tag) -> None:
    inner = Dataset()
    inner.AnatomicRegionSequence = Sequence([item(CodeMeaning=NAME, PatientName=NAME)])
    buffer = DicomBytesIO()
    buffer.is_little_endian = buffer.is_implicit_VR = True
    write_dataset(buffer, inner)
    raw = buffer.getvalue()[8:]
    ds = source()
    ds._dict[Tag(tag)] = RawDataElement(Tag(tag), "UN", len(raw), raw, 0, False, True)
    for options in (Options(), EVERYTHING):
        assert b"weizenkeim" not in every_byte(treated(ds, tmp_path, options))


@pytest.mark.filterwarnings("ignore:Invalid value for VR")  # as app.quiet_libraries does
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_no_transfer_syntax_hides_anything(tmp_path, syntax) -> None:
    ds = source(BodyPartExamined="WEIZENKEIM")
    ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "UN", b"Weizenkeim")
    ds.file_meta.TransferSyntaxUID = syntax
    made = treated(ds, tmp_path, EVERYTHING)
    assert made.file_meta.TransferSyntaxUID != DeflatedExplicitVRLittleEndian
    assert b"weizenkeim" not in every_byte(made)


def test_texts_that_no_line_of_the_table_covers_are_cleaned(tmp_path) -> None:
    segment = item(SegmentNumber=1, SegmentLabel="Zwirbel", SegmentDescription=FOREIGN, TrackingID="Zwirbel")
    ds = source(
        SegmentSequence=[segment],
        ContentDescription="liver of Zwirbel",
        InterventionDescription=FOREIGN,
        WindowCenterWidthExplanation=["Zwirbel", "Zwirbel"],
        StorageURL="https://pacs.zwirbel.example",
        RetrieveURL="https://pacs.zwirbel.example",
        DocumentTitle=FOREIGN,
        AcquisitionProtocolName="liver Zwirbel",
    )
    made = treated(ds, tmp_path)
    left = every_byte(made)
    assert not [word for word in (b"zwirbel", b"kantstrasse", b"089 123", b"27.5") if word in left]
    assert made.SegmentSequence[0].SegmentLabel == "REMOVED"
    assert "liver lesion" in made.SegmentSequence[0].SegmentDescription
    assert made.ContentDescription == "liver of"
    assert made.WindowCenterWidthExplanation == ["REMOVED", "REMOVED"]  # as many as there are windows


def test_texts_of_reports_are_cleaned_though_they_name_nobody_known(tmp_path) -> None:
    text = item(ValueType="TEXT", TextValue=FOREIGN)
    ds = source(ContentSequence=[text, item(ValueType="TEXT", TextValue="Zwirbel")], Modality="SR")
    del ds.PixelData
    made = treated(ds, tmp_path, Options(clean_structured_content=True))
    assert b"zwirbel" not in every_byte(made)
    assert "liver lesion" in made.ContentSequence[0].TextValue
    assert made.ContentSequence[1].TextValue == "REMOVED"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Removed", {}),  # as other programs call those whose names they took
        ("Perfusion^Anna", {"ImageType": ["DERIVED", "PRIMARY", "PERFUSION"]}),
        ("Conti^Maria", {"ContinuityOfContent": "CONTINUOUS"}),
        ("Chest^John", {"BodyPartExamined": "CHEST"}),
        ("Basic^Profile", {}),
    ],
)
def test_who_is_called_like_a_term_is_not_refused(tmp_path, name, fields) -> None:
    made = treated(source(PatientName=name, **fields), tmp_path)
    assert made.PatientName == KEY.pseudonym(NUMBER)
    for keyword, value in fields.items():
        assert made[keyword].value == value


def test_short_numbers_within_new_uids_are_no_leak(tmp_path) -> None:
    ds = source()
    ds.AccessionNumber = KEY.uid(str(ds.SOPInstanceUID))[10:15]
    assert treated(ds, tmp_path).AccessionNumber == ""


def test_a_newborn_may_keep_the_date_of_its_study(tmp_path) -> None:
    made = treated(source(StudyDate="19630527"), tmp_path, Options(Dates.KEEP))
    assert (made.StudyDate, made.PatientBirthDate) == ("19630527", "")


@pytest.mark.parametrize(
    ("charset", "name", "text"),
    [
        ("ISO_IR 192", "Müller^Jörg", "MUELLER JÖRG"),
        ("ISO_IR 100", "Müller^Jörg", "muller"),
        ("ISO_IR 126", "Διονυσιος", "ΔΙΟΝΥΣΙΟΣ"),
        ("GB18030", "Wang^XiaoDong=王^小东", "患者王小东胸部"),
    ],
)
def test_names_are_found_in_every_character_set(tmp_path, charset, name, text) -> None:
    made = treated(source(SpecificCharacterSet=charset, PatientName=name, SequenceName=text), tmp_path)
    assert made.SequenceName == "REMOVED"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "gb18030"])
def test_the_last_look_sees_what_was_overlooked(encoding) -> None:
    ds = source(PatientName="LIM-1", PatientID="LIM-1", PatientBirthDate="")
    ds.add_new(0x00282000, "OB", "Zwirbelmüller".encode(encoding))
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    with pytest.raises(UserError):
        look_through(buffer.getvalue(), KnownNames(["Zwirbelmüller"]))
    look_through(buffer.getvalue(), KnownNames(["Somebody"]))


@pytest.mark.parametrize("value", ["20200310 Zwirbel", "2020031x", "20200310-20200311"])
def test_a_date_with_something_behind_it_does_not_stay(tmp_path, value) -> None:
    ds = source()
    for options in (Options(Dates.SHIFT), Options(Dates.KEEP)):
        ds._dict[Tag(0x00080020)] = RawDataElement(Tag(0x00080020), "DA", 0, value.encode(), 0, False, True)
        assert treated(ds, tmp_path, options).StudyDate == ""


def test_one_broken_object_does_not_stop_the_others(tmp_path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.dcm", "c.dcm"):
        source().save_as(folder / name, enforce_file_format=True)
    (folder / "b.dcm").write_bytes((folder / "a.dcm").read_bytes() + b"\0\0\0\0Qu" + b"x" * 40)
    with Register(tmp_path / "workspace") as register:
        done = deidentify_files(sorted(folder.iterdir()), tmp_path / "out", Deidentifier(KEY), register)
    assert (len(done.written), len(done.refused)) == (2, 1)


def test_what_lies_in_the_folder_already_is_never_written_over(tmp_path) -> None:
    source().save_as(tmp_path / "in.dcm", enforce_file_format=True)
    with Register(tmp_path / "workspace") as register:
        for _ in range(3):
            deidentify_files([tmp_path / "in.dcm"], tmp_path / "out", Deidentifier(KEY), register)
        (tmp_path / "out" / "000001.dcm").unlink()
        before = (tmp_path / "out" / "000003.dcm").stat().st_ino
        deidentify_files([tmp_path / "in.dcm"], tmp_path / "out", Deidentifier(KEY), register)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["000002.dcm", "000003.dcm", "000004.dcm"]
    assert (tmp_path / "out" / "000003.dcm").stat().st_ino == before


def test_an_object_without_a_head_is_written_as_it_was_read(tmp_path) -> None:
    ds = source()
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    ds.save_as(tmp_path / "whole.dcm", enforce_file_format=True)
    whole = (tmp_path / "whole.dcm").read_bytes()
    start = whole.index(b"\x08\x00\x05\x00")
    (tmp_path / "in.dcm").write_bytes(whole[start:])
    made = dcmread(io.BytesIO(deidentify_file(tmp_path / "in.dcm", Deidentifier(KEY))))
    assert made.PixelData == ds.PixelData


def test_sequences_that_objects_need_do_not_become_empty(tmp_path) -> None:
    step = item(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.3", ReferencedSOPInstanceUID="1.2.3.4.5")
    observer = item(VerifyingObserverName="Zwirbel", VerifyingOrganization="Zwirbel", VerificationDateTime="20200101")
    ds = source(ReferencedPerformedProcedureStepSequence=[step], VerifyingObserverSequence=[observer])
    ds.ContentSequence = Sequence([item(ValueType="TEXT", TextValue=FOREIGN)])
    made = treated(ds, tmp_path)
    assert made.ReferencedPerformedProcedureStepSequence[0].ReferencedSOPInstanceUID == KEY.uid("1.2.3.4.5")
    assert len(made.VerifyingObserverSequence) == 1
    assert "ContentSequence" not in made
    assert b"zwirbel" not in every_byte(made)


def test_a_presentation_state_keeps_what_it_must_have(tmp_path) -> None:
    ds = source(PresentationCreationDate="20200310", PresentationCreationTime="101112")
    made = treated(ds, tmp_path)
    assert (made.PresentationCreationDate, made.PresentationCreationTime) == ("19000101", "000000")
    assert treated(ds, tmp_path, Options(Dates.SHIFT)).PresentationCreationTime == "101112"


def test_drawn_annotations_stay_when_asked_for_and_their_texts_are_cleaned(tmp_path) -> None:
    text = item(UnformattedTextValue="liver lesion of Zwirbel", BoundingBoxAnnotationUnits="PIXEL")
    line = item(GraphicType="POLYLINE", GraphicData=[1.0, 2.0, 3.0, 4.0])
    drawn = item(GraphicLayer="ZWIRBEL", TextObjectSequence=[text], GraphicObjectSequence=[line])
    ds = source(GraphicAnnotationSequence=[drawn], PatientName="Zwirbel^A")
    assert "GraphicAnnotationSequence" not in treated(ds, tmp_path)
    made = treated(ds, tmp_path, Options(clean_graphics=True))
    kept = made.GraphicAnnotationSequence[0]
    assert kept.GraphicObjectSequence[0].GraphicData == [1.0, 2.0, 3.0, 4.0]
    assert "Zwirbel" not in kept.TextObjectSequence[0].UnformattedTextValue
    assert "113103" in [code.CodeValue for code in made.DeidentificationMethodCodeSequence]
    assert b"zwirbel" not in every_byte(made)


def test_what_the_table_forgot_about_people_goes(tmp_path) -> None:
    qualifiers = item(UniversalEntityID="Zwirbel", UniversalEntityIDType="DNS")
    ds = source(
        PatientBirthDateInAlternativeCalendar="Zwirbel 4 of the second month",
        PatientAlternativeCalendar="HEBREW",
        IssuerOfPatientIDQualifiersSequence=[qualifiers],
        OrderPlacerIdentifierSequence=[item(LocalNamespaceEntityID="Zwirbel")],
        NTPSourceAddress="10.11.12.13",
        PatientBodyMassIndex="31.7",
        PlacerOrderNumberProcedure="ZWIRBEL-1",  # retired twins of what the table names
        FillerOrderNumberProcedure="ZWIRBEL-2",
        PlacerOrderNumberImagingServiceRequestRetired="ZWIRBEL-3",
        FillerOrderNumberImagingServiceRequestRetired="ZWIRBEL-4",
        ContactDisplayName="Zwirbel, ward 3",
        HangingProtocolCreator="Zwirbel",
        BreedRegistrationNumber="ZWIRBEL-5",
        RequestedProcedureDescriptionTrial="CT of Zwirbel",
    )
    made = treated(ds, tmp_path, EVERYTHING)
    left = every_byte(made)
    assert not [word for word in (b"zwirbel", b"10.11.12.13", b"hebrew") if word in left]
    assert made.PatientBodyMassIndex == 31.7
    assert "PatientBodyMassIndex" not in treated(ds, tmp_path)


def test_uids_that_hold_the_patients_number_are_not_kept(tmp_path) -> None:
    ds = source(StudyInstanceUID="1.2.276.0.7788123.4")
    assert b"7788123" not in every_byte(treated(ds, tmp_path))
    with pytest.raises(UserError, match="UID"):
        treated(ds, tmp_path, Options(retain_uids=True))
