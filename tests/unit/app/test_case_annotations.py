"""``limner case export`` and ``import``: measurement reports, presentation states and maps go out and come back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from app.case_report import report_html
from app.cli import main
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, LabelsEdit, PaintRule
from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurements
from imaging.objects.document_read import read_document
from imaging.objects.source_series import ObjectSource
from imaging.objects.validation.findings import Severity
from imaging.objects.validation.validate import validate
from imaging.opening import list_series
from imaging.phantom.series import write_dicom_series
from imaging.region_statistics import ellipse_statistics
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from session.case_content import content_of_case
from session.document import Document
from session.map_keeping import STATE_KEY, packed
from session.model_maps import ModelMap, ModelMaps
from session.object_kinds import ObjectKind, look_at
from session.presentation import PresentationState, Windowing

SHAPE = (6, 20, 24)
GRID = Geometry(SHAPE, np.diag([0.8, 0.8, 2.0, 1.0]))
UP = (0.0, 0.0, 1.0)
MEASUREMENTS = (
    Measurement(1, MeasurementKind.LENGTH, ((1.0, 2.0, 4.0), (9.0, 8.0, 4.0)), UP, "Länge"),
    Measurement(2, MeasurementKind.ANGLE, ((1.0, 2.0, 6.0), (9.0, 8.0, 6.0), (9.0, 2.0, 6.0)), UP, "Angle"),
    Measurement(3, MeasurementKind.ELLIPSE, ((9.0, 8.0, 4.0), (9.0, 11.0, 4.0), (14.0, 8.0, 4.0)), UP, "Region"),
    Measurement(
        4,
        MeasurementKind.BOX,
        ((1.0, 1.0, 2.0), (5.0, 1.0, 2.0), (1.0, 6.0, 2.0), (1.0, 1.0, 6.0)),
        UP,
        "Box",
        score=0.5,
    ),
)
VOXELS = np.random.default_rng(3).integers(-1000, 1000, SHAPE).astype(np.int16)
MAP = np.random.default_rng(4).integers(0, 256, SHAPE).astype(np.uint8)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A CT series on disk."""
    write_dicom_series(Volume(GRID, VOXELS, Quantity.HU), tmp_path / "ct")
    return tmp_path / "ct"


def empty_case(images: Path, path: Path) -> tuple[Case, Document]:
    (found,) = list_series(images)
    assert found.geometry is not None
    case = Case.create(path, found.geometry, [ImageReference(str(images), found.id, found.modality)])
    return case, Document([], case, author="tester")


def finished(case: Case, document: Document) -> Path:
    assert case.journal.flush()
    document.close()
    return case.path


@pytest.fixture
def full(series: Path, tmp_path: Path) -> Path:
    """A case with a segment, measurements, a window and a map."""
    case, document = empty_case(series, tmp_path / "full.limner")
    layer = np.zeros(SHAPE, np.uint8)
    layer[1:4, 2:7, 3:6] = 1
    paint = LabelsEdit(Box.whole(SHAPE), layer, {1: 1}, PaintRule())
    document.apply(Batch((AddSegment(Segment(1, "Liver")), paint)), title="Made", tool="test")
    document.apply(AddMeasurements(MEASUREMENTS), title="Measured", tool="test")
    case.journal.save_state("presentation", PresentationState(windowing=Windowing(-600, 1500)).to_text())
    case.journal.save_state(STATE_KEY, packed(ModelMaps("Model 1", (ModelMap("uncertainty", MAP),)))[0])
    return finished(case, document)


@pytest.fixture
def other(series: Path, tmp_path: Path) -> Path:
    """Another case on the same images, with nothing but a beginning."""
    case, document = empty_case(series, tmp_path / "other.limner")
    document.apply(AddSegment(Segment(1, "Empty")), title="Made", tool="test")
    return finished(case, document)


def limner(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    assert main([str(one) for one in arguments]) == status
    said = capsys.readouterr()
    return said.err if status else said.out


def measurements_of(path: Path) -> tuple[Measurement, ...]:
    case = Case.open(path, read_only=True)
    try:
        return case.measurements.all
    finally:
        case.close()


def must_be_alike(found: Measurement, wanted: Measurement) -> None:
    """Same kind, name and place; an ellipse may name its axes in another order."""
    assert (found.kind, found.name) == (wanted.kind, wanted.name)
    if wanted.kind is MeasurementKind.ELLIPSE:
        assert found.center_mm == pytest.approx(wanted.center_mm, abs=1e-4)
        assert sorted(found.half_axes_mm) == pytest.approx(sorted(wanted.half_axes_mm), abs=1e-4)
        assert ellipse_statistics(volume(), found) == ellipse_statistics(volume(), wanted)
    else:
        assert np.allclose(found.points_mm, wanted.points_mm, atol=1e-4)


def volume() -> Volume:
    return Volume(GRID, VOXELS, Quantity.HU)


def test_a_report_goes_out_and_comes_back(capsys, full: Path, other: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "sr", "-o", tmp_path / "sr.dcm")
    told = json.loads(limner(capsys, "case", "import", other, tmp_path / "sr.dcm", "--json"))
    for found, wanted in zip(measurements_of(other), MEASUREMENTS, strict=True):
        must_be_alike(found, wanted)
    volume_ml = 3 * 5 * 3 * GRID.voxel_volume_ml
    assert told["values"][0] == f"Liver: Volume: {volume_ml:g} ml"
    statistics = ellipse_statistics(volume(), MEASUREMENTS[2])
    assert statistics is not None
    assert f"Attenuation Coefficient (Mean): {statistics.mean:g} HU" in told["values"][3]
    assert told["notes"] == []
    told = json.loads(limner(capsys, "case", "import", other, tmp_path / "sr.dcm", "--json"))
    assert (told["measurements"], told["entry"]["kind"]) == ([], "note")  # nothing is measured twice
    limner(capsys, "case", "export", full, "--format", "gsps", "-o", tmp_path / "ps.dcm")
    assert json.loads(limner(capsys, "case", "import", other, tmp_path / "ps.dcm", "--json"))["measurements"] == []
    assert len(measurements_of(other)) == 4


def test_a_report_refers_to_the_segmentation(capsys, full: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "seg", "-o", tmp_path / "seg.dcm")
    limner(capsys, "case", "export", full, "--format", "sr", "--segmentation", tmp_path / "seg.dcm", "-o",
           tmp_path / "sr.dcm")  # fmt: skip
    segmentation, report = dcmread(tmp_path / "seg.dcm"), dcmread(tmp_path / "sr.dcm")
    group = report.ContentSequence[-1].ContentSequence[0]
    (segment,) = [one.ReferencedSOPSequence[0] for one in group.ContentSequence if one.ValueType == "IMAGE"]
    assert (segment.ReferencedSOPInstanceUID, segment.ReferencedSegmentNumber) == (segmentation.SOPInstanceUID, 1)
    (tracking,) = [one.UID for one in group.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "112040"]
    assert tracking == segmentation.SegmentSequence[0].TrackingUID
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert segmentation.SeriesInstanceUID in [one.SeriesInstanceUID for one in evidence]


def test_a_presentation_state_goes_out_and_comes_back(capsys, full: Path, other: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "gsps", "-o", tmp_path / "ps.dcm")
    told = json.loads(limner(capsys, "case", "import", other, tmp_path / "ps.dcm", "--json"))
    for found, wanted in zip(measurements_of(other), MEASUREMENTS[:3], strict=True):
        must_be_alike(found, wanted)
    assert told["notes"] == ["Limner has no measurement like a polyline of 5 points."]  # the box, slice by slice
    case = Case.open(other, read_only=True)
    shown = content_of_case(case).shown
    case.close()
    assert shown is not None
    assert shown.windowing == Windowing(-600, 1500)


def test_actions_without_a_window_import_the_same(capsys, full: Path, other: Path, tmp_path: Path) -> None:
    for kind in ("gsps", "pm", "seg"):
        limner(capsys, "case", "export", full, "--format", kind, "-o", tmp_path / f"{kind}.dcm")
        limner(capsys, "run", "file.import_masks", "--case", other, f"path={tmp_path / kind}.dcm")
    assert len(measurements_of(other)) == 3
    case = Case.open(other, read_only=True)
    content = content_of_case(case)
    names = [s.name for s in case.segmentation.segments]
    case.close()
    assert names == ["Empty", "Liver"]
    assert content.shown is not None
    assert content.maps is not None
    assert np.array_equal(content.maps.maps[0].values, MAP)


def test_a_presentation_state_of_other_images_is_refused(capsys, full: Path, other: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "gsps", "-o", tmp_path / "ps.dcm")
    state = dcmread(tmp_path / "ps.dcm")
    for one in state.ReferencedSeriesSequence[0].ReferencedImageSequence:
        one.ReferencedSOPInstanceUID += "1"
    state.save_as(tmp_path / "ps.dcm")
    assert "belongs to other images" in limner(capsys, "case", "import", other, tmp_path / "ps.dcm", status=2)
    assert measurements_of(other) == ()


def test_a_report_of_other_images_is_asked_about(capsys, full: Path, other: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "sr", "-o", tmp_path / "sr.dcm")
    report = dcmread(tmp_path / "sr.dcm")
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    for one in evidence:
        one.SeriesInstanceUID += "1"
    report.save_as(tmp_path / "same place.dcm")
    told = json.loads(limner(capsys, "case", "import", other, tmp_path / "same place.dcm", "--json"))
    assert len(told["measurements"]) == 4  # they lie in this frame of reference
    assert told["notes"] == ["The report says that it is about another series."]
    for item in report.iterall():
        if item.keyword == "ReferencedFrameOfReferenceUID":
            item.value = "1.2.3.4"
    report.save_as(tmp_path / "elsewhere.dcm")
    assert "about other images" in limner(capsys, "case", "import", other, tmp_path / "elsewhere.dcm", status=2)
    told = json.loads(limner(capsys, "case", "import", other, tmp_path / "elsewhere.dcm", "--resample", "--json"))
    assert told["measurements"] == []  # none of them has a place here
    assert told["values"]
    assert len(measurements_of(other)) == 4


def test_what_objects_are_and_of_which_series(capsys, qapp, full: Path, series: Path, tmp_path: Path) -> None:
    uid = str(dcmread(next(series.iterdir())).SeriesInstanceUID)
    titles = {"sr": "Measurements", "gsps": "Presentation", "pm": "Uncertainty"}
    for name, kind in (
        ("seg", ObjectKind.MASKS),
        ("rtstruct", ObjectKind.MASKS),
        ("sr", ObjectKind.REPORT),
        ("gsps", ObjectKind.PRESENTATION),
        ("pm", ObjectKind.MAP),
    ):
        limner(capsys, "case", "export", full, "--format", name, "-o", tmp_path / f"{name}.dcm")
        found = look_at(tmp_path / f"{name}.dcm")
        assert (found.kind, found.series_uids) == (kind, {uid}), name
        assert found.title == ("Liver" if kind is ObjectKind.MASKS else titles[name])
    assert look_at(next(series.iterdir())).kind is ObjectKind.OTHER
    assert look_at(full).kind is ObjectKind.OTHER


def test_the_document_of_an_object_comes_out_as_it_went_in(capsys, qapp, full: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "pdf", "-o", tmp_path / "pdf.dcm")
    assert look_at(tmp_path / "pdf.dcm").kind is ObjectKind.DOCUMENT
    inside = dcmread(tmp_path / "pdf.dcm")
    assert (
        read_document(tmp_path / "pdf.dcm") == bytes(inside.EncapsulatedDocument)[: inside.EncapsulatedDocumentLength]
    )
    inside.EncapsulatedDocument = b"MZ not a document"
    inside.save_as(tmp_path / "pdf.dcm")
    with pytest.raises(UserError, match="does not"):
        read_document(tmp_path / "pdf.dcm")


def test_a_map_goes_out_and_comes_back(capsys, full: Path, other: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "pm", "-o", tmp_path / "pm.dcm")
    limner(capsys, "case", "import", other, tmp_path / "pm.dcm")
    case = Case.open(other, read_only=True)
    maps = content_of_case(case).maps
    case.close()
    assert maps is not None
    assert maps.title == "Model 1"
    assert [one.name for one in maps.maps] == ["uncertainty"]
    assert np.array_equal(maps.maps[0].values, MAP)


def test_a_map_of_another_frame_of_reference_is_asked_about(capsys, full: Path, other: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "pm", "-o", tmp_path / "pm.dcm")
    bent = dcmread(tmp_path / "pm.dcm")
    bent.FrameOfReferenceUID = "1.2.3.4"
    bent.save_as(tmp_path / "pm.dcm")
    said = limner(capsys, "case", "import", other, tmp_path / "pm.dcm", status=2)
    assert "another frame of reference" in said
    assert "--resample when you know" in said
    told = json.loads(limner(capsys, "case", "import", other, tmp_path / "pm.dcm", "--resample", "--json"))
    assert "another frame of reference" in told["notes"][0]


def test_what_is_not_there_is_said(capsys, full: Path, other: Path, tmp_path: Path) -> None:
    said = limner(capsys, "case", "export", other, "--format", "pm", "-o", tmp_path / "pm.dcm", status=2)
    assert "keeps no map" in said
    said = limner(
        capsys, "case", "export", full, "--format", "pm", "--map", "entropy", "-o", tmp_path / "pm.dcm", status=2
    )
    assert "Maps: uncertainty" in said
    assert not (tmp_path / "pm.dcm").exists()


def test_a_picture_of_the_segments_goes_out(capsys, full: Path, series: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "sc", "-o", tmp_path / "sc.dcm")
    picture, image = dcmread(tmp_path / "sc.dcm"), dcmread(next(series.iterdir()))
    assert (picture.StudyInstanceUID, picture.PatientID) == (image.StudyInstanceUID, image.PatientID)
    pixels = picture.pixel_array
    coloured = (pixels.max(axis=2).astype(int) - pixels.min(axis=2)) > 40
    assert coloured.any()  # the segment is drawn over the grey slice
    assert not errors_of(tmp_path / "sc.dcm")


def errors_of(path: Path) -> list[str]:
    return [str(one) for one in validate(path) if one.severity is Severity.ERROR]


def test_a_report_goes_out_as_a_document(capsys, qapp, full: Path, tmp_path: Path) -> None:
    limner(capsys, "case", "export", full, "--format", "pdf", "-o", tmp_path / "pdf.dcm")
    document = dcmread(tmp_path / "pdf.dcm")
    assert bytes(document.EncapsulatedDocument).startswith(b"%PDF-")
    assert len(document.SourceInstanceSequence) == SHAPE[0]
    assert not errors_of(tmp_path / "pdf.dcm")
    limner(capsys, "case", "export", full, "--format", "pdf-file", "-o", tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    said = limner(capsys, "case", "export", full, "--format", "pdf-file", "-o", tmp_path / "report.txt", status=2)
    assert ".pdf" in said


def test_the_reports_text_says_what_is_there(full: Path) -> None:
    case = Case.open(full, read_only=True)
    try:
        source = ObjectSource(GRID, (), "1.2", "1.3", "1.4", "CT", {"PatientName": "<b>Doe^Jo</b>"})
        text = report_html(content_of_case(case), source)
    finally:
        case.close()
    assert "&lt;b&gt;Doe^Jo&lt;/b&gt;" in text  # what a header says is never markup
    assert f"<td>Liver</td><td>{3 * 5 * 3 * GRID.voxel_volume_ml:.1f} ml</td>" in text
    assert "<td>Länge</td><td>10.0 mm</td>" in text
    assert "Not for diagnosis" in text
