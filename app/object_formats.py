"""The formats of ``limner case export`` that need pictures: secondary capture and report."""

from __future__ import annotations

from pathlib import Path

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.objects.source_series import ObjectSource
from imaging.objects.written import WrittenObject
from imaging.volume import SourceSeries
from session.case_content import CaseContent
from session.object_export import OBJECT_FORMATS, ObjectContent

REPORT_FILE = "pdf-file"  # the report as it is, not within a DICOM object
REPORT_SUFFIX = ".pdf"
_PATIENT = ("PatientName", "PatientID", "StudyDate")  # what `SourceSeries` holds by itself


def add_picture_formats() -> None:
    """Put them into the one table of formats; the layers below cannot draw."""
    OBJECT_FORMATS.update({"sc": write_slices, "pdf": write_report})


def write_slices(content: ObjectContent, path: Path) -> WrittenObject:
    """The slice of each segment that shows most of it, all in one picture, as a secondary capture.

    Raises:
        UserError: it is no case, its images are missing, or it cannot be written.
    """
    from imaging.dicom.recognizable import may_show_face
    from imaging.dicom.secondary_capture import CaptureTexts, write_secondary_capture
    from render.segment_sheet import MOST_TILES, segment_sheet

    case = _case(content)
    windowing = case.shown.windowing if case.shown else None
    pixels = segment_sheet(case.volume, case.segmentation, windowing)
    texts = CaptureTexts("Segments", "Slices with segments; not for diagnosis", may_show_face(case.volume))
    uid = write_secondary_capture(pixels, path, _series(content.source), texts)
    left_out = len(case.segmentation.segments) - MOST_TILES
    notes = (f"{left_out} segments, the smallest ones, have no slice of their own in it.",) if left_out > 0 else ()
    return WrittenObject(uid, None, content.source.filled_in, notes)


def write_report(content: ObjectContent, path: Path) -> WrittenObject:
    """The case's report as a PDF within a DICOM object.

    Raises:
        UserError: it is no case, its images are missing, or it cannot be written.
    """
    from app.case_report import report_pdf
    from imaging.objects.document_write import write_document

    case = _case(content)
    return write_document(report_pdf(case, content.source), case.title, content.source, path)


def write_report_file(content: ObjectContent, path: Path) -> None:
    """The case's report as a PDF file.

    Raises:
        UserError: it is no case, its images are missing, or it cannot be written.
    """
    from app.case_report import report_pdf

    if path.suffix.lower() != REPORT_SUFFIX:
        raise UserError(f"The report needs a file name that ends in {REPORT_SUFFIX}.")
    pdf = report_pdf(_case(content), content.source)
    with replacing(path) as file:
        file.write(pdf)


def _case(content: ObjectContent) -> CaseContent:
    if content.case is None:
        raise UserError("Only a case can be written as this.", "Segment into a case first.")
    return content.case


def _series(source: ObjectSource) -> SourceSeries:
    """Patient and study of an object's source, as pictures want them."""
    known = source.attributes
    return SourceSeries(
        modality=source.modality,
        study_instance_uid=source.study_instance_uid,
        series_instance_uid=source.series_instance_uid,
        patient_name=known["PatientName"],
        patient_id=known["PatientID"],
        study_date=known["StudyDate"],
        study_attributes=tuple((k, v) for k, v in known.items() if k not in (*_PATIENT, "PositionReferenceIndicator")),
    )
