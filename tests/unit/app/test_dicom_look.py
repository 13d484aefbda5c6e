"""``limner dicom validate`` and ``dump``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataelem import DataElement
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from app.cli import main
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.objects.report_write import Measured, write_report
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import source_of, source_without_dicom
from imaging.objects.structure_set_write import write_structure_set
from imaging.objects.validation import second_opinion
from imaging.objects.validation.findings import Severity
from imaging.objects.validation.validate import validate
from imaging.objects.validation.values import _fits
from imaging.phantom.series import write_dicom_series
from imaging.volume import Quantity, Volume

SHAPE = (5, 8, 9)
GRID = Geometry(SHAPE, np.diag([0.8, 0.8, 2.0, 1.0]))
LENGTH = Measurement(1, MeasurementKind.LENGTH, ((0.0, 0.0, 2.0), (4.0, 3.0, 2.0)), (0.0, 0.0, 1.0), "Secret")


def labels() -> LabelFile:
    layer = np.zeros(SHAPE, np.uint8)
    layer[1:3, 2:5, 3:6] = 1
    return LabelFile(GRID, [layer], [LabelSegment("Liver", None, 1, number=1)])


@pytest.fixture(autouse=True)
def only_our_own_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether dciodvfy is installed must not decide a test."""
    monkeypatch.setattr(second_opinion, "is_installed", lambda: False)


@pytest.fixture
def segmentation(tmp_path: Path) -> Path:
    write_segmentation(labels(), source_without_dicom(GRID), tmp_path / "seg.dcm")
    return tmp_path / "seg.dcm"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Of a series, so that it refers to images."""
    write_dicom_series(Volume(GRID, np.zeros(SHAPE, np.int16), Quantity.HU), tmp_path / "ct")
    write_report(labels(), source_of(tmp_path / "ct"), tmp_path / "sr.dcm", [Measured(LENGTH)])
    return tmp_path / "sr.dcm"


def errors(path: Path) -> dict[str, str]:
    return {f.place: f.sentence for f in validate(path) if f.severity is Severity.ERROR}


def damaged(path: Path, how: Callable[[Dataset], object]) -> dict[str, str]:
    data_set = dcmread(path)
    how(data_set)
    data_set.save_as(path)
    return errors(path)


def test_what_limner_writes_is_valid(segmentation: Path, report: Path, tmp_path: Path) -> None:
    assert errors(segmentation) == {}
    assert errors(report) == {}
    write_structure_set(labels(), source_without_dicom(GRID), tmp_path / "rt.dcm")
    assert errors(tmp_path / "rt.dcm") == {}


def _odd_uid(data_set: Dataset) -> None:
    data_set.add(DataElement("StudyInstanceUID", "UI", "1.02.3", validation_mode=0))


def _wrong_date(data_set: Dataset) -> None:
    data_set.add(DataElement("StudyDate", "DA", "yesterday", validation_mode=0))


@pytest.mark.parametrize(
    ("how", "place", "word"),
    [
        (lambda ds: ds.pop("PatientID"), "PatientID", "missing"),
        (lambda ds: setattr(ds, "SeriesNumber", None), "SeriesNumber", "empty"),
        (lambda ds: ds.SegmentSequence[0].pop("SegmentLabel"), "SegmentSequence>SegmentLabel", "missing"),
        (_odd_uid, "StudyInstanceUID", "unique identifier"),
        (_wrong_date, "StudyDate", "no date"),
        (lambda ds: setattr(ds.SegmentSequence[0], "SegmentNumber", 2), "SegmentIdentificationSequence", "segment"),
        (lambda ds: setattr(ds, "NumberOfFrames", 7), "NumberOfFrames", "number of frames"),
        (lambda ds: setattr(ds, "PixelData", ds.PixelData[:-4]), "PixelData", "long"),
    ],
    ids=["type 2", "type 1", "in a sequence", "UID", "date", "frame's segment", "frames", "pixels"],
)
def test_faults_are_found(segmentation: Path, how: Callable[[Dataset], object], place: str, word: str) -> None:
    found = damaged(segmentation, how)
    assert word in found[place]


def test_a_report_must_list_what_it_refers_to(report: Path) -> None:
    found = damaged(report, lambda ds: ds.pop("CurrentRequestedProcedureEvidenceSequence"))
    assert "not listed" in found["CurrentRequestedProcedureEvidenceSequence"]


@pytest.mark.parametrize(
    ("count", "multiplicity", "fits"),
    [(1, "1", True), (2, "1", False), (2, "1-3", True), (4, "1-3", False), (9, "1-n", True), (3, "2-2n", False),
     (4, "2-2n", True), (6, "3-3n", True), (0, "1-n", False), (2, "1 or 2", True)],
)  # fmt: skip
def test_numbers_of_values(count: int, multiplicity: str, fits: bool) -> None:
    assert _fits(count, multiplicity) is fits


def test_on_the_command_line(capsys, segmentation: Path, tmp_path: Path) -> None:
    assert main(["dicom", "validate", str(segmentation)]) == 0
    assert "as the standard wants it" in capsys.readouterr().out
    damaged(segmentation, lambda ds: ds.pop("PatientID"))
    assert main(["dicom", "validate", str(segmentation), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["findings"] == [
        {"severity": "error", "place": "PatientID", "count": 1,
         "what": "it is missing; the standard wants it, though it may be empty"}
    ]  # fmt: skip
    (tmp_path / "text.dcm").write_text("no DICOM at all, " * 40)
    assert main(["dicom", "validate", str(tmp_path / "text.dcm")]) == 2


def test_dump_lists_elements_and_a_reports_content(capsys, report: Path) -> None:
    assert main(["dicom", "dump", str(report)]) == 0
    said = capsys.readouterr().out
    assert "Length = 5 mm" in said
    assert "Tracking Identifier = Secret" in said
    assert "(0008,0060) CS Modality: SR" in said


def test_dump_hides_identifiers(capsys, report: Path) -> None:
    patient = dcmread(report)
    assert main(["dicom", "dump", str(report), "--no-identifiers", "--json"]) == 0
    told = capsys.readouterr().out
    for secret in (patient.PatientName, patient.PatientID, patient.StudyInstanceUID, "Secret"):
        assert str(secret) not in told
    assert "Length = 5 mm" in json.loads(told)["content"][-2].strip()


def test_dump_hides_names_where_nobody_expects_them(capsys, report: Path) -> None:
    bent = dcmread(report)
    bent.PatientName, bent.PatientID, bent.SpecificCharacterSet = "Weizenkeim^A", "PX-7788123", "ISO_IR 192"
    bent.ConceptNameCodeSequence[0].CodeMeaning = "Report of Weizenkeim"
    inner = Dataset()
    inner.CodeMeaning, inner.TextValue, inner.CodeValue = "of Weizenkeim", "call Zwirbel", "1"
    bent.ProcedureCodeSequence = [inner]
    bent.file_meta.SourceApplicationEntityTitle = "WARD3"
    bent.add_new(0x60000022, "LO", "Weizenkeim")
    bent.save_as(report)
    assert main(["dicom", "dump", str(report), "--no-identifiers"]) == 0
    told = capsys.readouterr().out
    assert not [secret for secret in ("Weizenkeim", "Zwirbel", "7788123", "WARD3") if secret in told]
    assert "CodeValue: 1" in told


def test_dump_is_bounded(capsys, report: Path) -> None:
    assert main(["dicom", "dump", str(report), "--most", "5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["elements"]) == len(told["content"]) == 5
    assert told["is_cut"]


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [("Διονυσιος Παπαδοπουλος^Κωνσταντινος", True), ("Yamada^Tarou=山田^太郎=やまだ^たろう", True), ("x" * 65, False)],
)
def test_names_of_any_script(segmentation: Path, name: str, is_valid: bool) -> None:
    found = damaged(segmentation, lambda ds: ds.add(DataElement("PatientName", "PN", name, validation_mode=0)))
    assert ("PatientName" not in found) is is_valid


def test_a_second_opinion_that_takes_too_long_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, segmentation: Path
) -> None:
    def run(command: list[str], **wishes: object) -> None:
        raise subprocess.TimeoutExpired(command, 120)

    monkeypatch.setattr(second_opinion, "is_installed", lambda: True)
    monkeypatch.setattr(second_opinion.shutil, "which", lambda _: "dciodvfy")
    monkeypatch.setattr(second_opinion.subprocess, "run", run)
    assert main(["dicom", "validate", str(segmentation)]) == 0
    assert "was stopped after 120 s" in capsys.readouterr().out


def test_a_compressed_stream_that_is_cut_is_named_and_nothing_else(
    tmp_path: Path,
) -> None:
    write_dicom_series(Volume(GRID, np.zeros(SHAPE, np.int16), Quantity.HU), tmp_path / "ct")
    made = dcmread(min((tmp_path / "ct").iterdir()))
    made.compress(RLELossless)
    made.save_as(tmp_path / "whole.dcm")
    assert errors(tmp_path / "whole.dcm") == {}
    (tmp_path / "cut.dcm").write_bytes((tmp_path / "whole.dcm").read_bytes()[:-40])
    assert list(errors(tmp_path / "cut.dcm")) == ["PixelData"]


def test_nobody_is_asked_who_cannot_unpack_the_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, report: Path
) -> None:
    monkeypatch.setattr(second_opinion, "is_installed", lambda: True)
    monkeypatch.setattr(second_opinion.subprocess, "run", lambda *_, **__: pytest.fail("it was asked"))
    packed = dcmread(report)
    packed.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    packed.save_as(report)
    assert main(["dicom", "validate", str(report)]) == 0
    assert "cannot unpack" in capsys.readouterr().out


@pytest.mark.parametrize(
    "place",
    [
        "ReferencedSeriesSequence>SeriesInstanceUID",
        "ReferencedSeriesSequence>ReferencedInstanceSequence",
        "ReferencedSeriesSequence>ReferencedInstanceSequence>ReferencedSOPClassUID",
        "SegmentSequence>SegmentedPropertyTypeCodeSequence>CodeValue",
        "SegmentSequence>SegmentedPropertyTypeCodeSequence>CodingSchemeDesignator",
        "SegmentSequence>SegmentAlgorithmName",
        "SegmentSequence>TrackingUID",
        "SharedFunctionalGroupsSequence>PlaneOrientationSequence",
        "SharedFunctionalGroupsSequence>PlaneOrientationSequence>ImageOrientationPatient",
        "SharedFunctionalGroupsSequence>PixelMeasuresSequence>PixelSpacing",
        "PerFrameFunctionalGroupsSequence>PlanePositionSequence>ImagePositionPatient",
        "PerFrameFunctionalGroupsSequence>DerivationImageSequence>SourceImageSequence>ReferencedSOPInstanceUID",
    ],
)
def test_a_hole_deep_in_a_segmentation_is_found(tmp_path: Path, place: str) -> None:
    write_dicom_series(Volume(GRID, np.zeros(SHAPE, np.int16), Quantity.HU), tmp_path / "ct")
    write_segmentation(labels(), source_of(tmp_path / "ct"), tmp_path / "seg.dcm")
    assert errors(tmp_path / "seg.dcm") == {}
    assert place in damaged(tmp_path / "seg.dcm", lambda data_set: _without(data_set, place))


@pytest.mark.parametrize(
    "place",
    [
        "ConceptNameCodeSequence>CodeMeaning",
        "ContentSequence>ConceptNameCodeSequence",
        "CurrentRequestedProcedureEvidenceSequence>StudyInstanceUID",
        "CurrentRequestedProcedureEvidenceSequence>ReferencedSeriesSequence>SeriesInstanceUID",
        "ContentTemplateSequence>TemplateIdentifier",
    ],
)
def test_a_hole_deep_in_a_report_is_found(report: Path, place: str) -> None:
    assert place in damaged(report, lambda data_set: _without(data_set, place))


def _without(data_set: Dataset, place: str) -> None:
    """Take an element out of the first item at each depth."""
    *sequences, name = place.split(">")
    for sequence in sequences:
        data_set = data_set[sequence].value[0]
    delattr(data_set, name)


@pytest.mark.parametrize(("kind", "count"), [("RTStructureSet", 1), ("CTImage", 3)])
def test_what_a_structure_set_may_leave_out_is_no_complaint(
    monkeypatch: pytest.MonkeyPatch, segmentation: Path, kind: str, count: int
) -> None:
    missing = "Error - Missing attribute Type {} Required Element=<{}> Module=<{}>"
    said = [
        kind,
        missing.format(1, "FrameOfReferenceUID", "FrameOfReference"),
        missing.format(2, "PositionReferenceIndicator", "FrameOfReference"),
        missing.format(2, "OperatorsName", "RTSeries"),
    ]
    done = subprocess.CompletedProcess([], 1, "", "\n".join(said))
    monkeypatch.setattr(second_opinion.shutil, "which", lambda _: "dciodvfy")
    monkeypatch.setattr(second_opinion.subprocess, "run", lambda *_, **__: done)
    assert len(second_opinion.complaints(segmentation)) == count
