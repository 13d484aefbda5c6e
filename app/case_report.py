"""A case's report as PDF: what was segmented and measured, by whom or by which model, with pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from imaging.errors import UserError
from imaging.measurement import MeasurementKind
from imaging.objects.source_series import ObjectSource
from imaging.region_statistics import ellipse_statistics
from inference.record.run_record import RECORD_KEY, RunRecord
from render.segment_sheet import segment_sheet
from session.case_content import CaseContent
from session.measured import extent_text, value_lines

if TYPE_CHECKING:
    from PySide6.QtGui import QTextDocument

A4_DPI = 96
MARGIN_MM = 15
FOOT_PX, FOOT_TEXT_PX = 28, 11
NOTICE = "Not for diagnosis. Made by Limner."
_STYLE = """
body { font-family: sans-serif; font-size: 10pt; }
h1 { font-size: 18pt; margin-bottom: 2px; } h2 { font-size: 12pt; margin-top: 14px; }
td, th { padding: 2px 10px 2px 0; text-align: left; } th { font-weight: 600; }
"""
_STATES = {"empty": "empty", "ai-only": "as the model made it", "in-progress": "in progress", "done": "done",
           "flagged": "flagged"}  # fmt: skip


def report_pdf(case: CaseContent, source: ObjectSource) -> bytes:
    """The report as a PDF file of A4 pages.

    Args:
        case: what it is about; its images are read.
        source: patient and study, as the images' headers say.

    Raises:
        UserError: the images are missing.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication

    if QGuiApplication.instance() is None:
        from app.main import make_application

        make_application()
    return _printed(_document(case, source), case.title)


def report_html(case: CaseContent, source: ObjectSource) -> str:
    """The report's text; pictures are named ``slices``."""
    parts = [
        f"<h1>{escape(case.title)}</h1>",
        f"<p><b>{NOTICE}</b></p>",
        _patient(source),
        "<h2>Segments</h2>",
        _table(("Name", "Volume", "State", "Made by"), _segment_rows(case)),
    ]
    if case.measurements:
        parts += ["<h2>Measurements</h2>", _table(("Name", "Value"), _measurement_rows(case))]
    parts += ['<h2 style="page-break-before: always">Slices</h2>', '<p><img src="slices" width="{width}"/></p>']
    runs = _run_rows(case)
    if runs:
        parts += ["<h2>Runs of models</h2>", _table(("Model", "Begun (UTC)", "Outcome", "Time", "Computed by"), runs)]
    return "".join(parts)


def _patient(source: ObjectSource) -> str:
    """Only what the images' headers say."""
    known = source.attributes
    rows = [
        (title, known.get(keyword, ""))
        for title, keyword in (
            ("Patient", "PatientName"),
            ("Patient ID", "PatientID"),
            ("Born", "PatientBirthDate"),
            ("Sex", "PatientSex"),
            ("Study", "StudyDescription"),
            ("Study date", "StudyDate"),
            ("Modality", ""),
        )
        if known.get(keyword, "")
    ]
    return _table((), [*rows, *([("Modality", source.modality)] if source.modality else [])])


def _segment_rows(case: CaseContent) -> list[tuple[str, ...]]:
    return [
        (s.name, extent_text(case.segmentation.extent(s.number)), _STATES[s.state.value], s.origin)
        for s in case.segmentation.segments
    ]


def _measurement_rows(case: CaseContent) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for m in case.measurements:
        found = ellipse_statistics(case.volume, m) if m.kind is MeasurementKind.ELLIPSE else None
        rows.append((m.name, "; ".join(value_lines(m, case.volume, found))))
    return rows


def _run_rows(case: CaseContent) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for entry in case.entries:
        kept = entry.parameters.get(RECORD_KEY)
        if not isinstance(kept, dict):
            continue
        try:
            run = RunRecord.from_json(kept)
        except UserError:
            rows.append((entry.author, entry.utc, "its record cannot be read", "", ""))
            continue
        name = f"{run.model_name} {run.model_version}".strip()
        computed = " ".join(filter(None, (run.backend, run.device, run.precision)))
        rows.append((name, run.started_utc, run.outcome.value, f"{run.total_s:.1f} s", computed))
    return rows


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(one)}</th>" for one in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{f'<tr>{titles}</tr>' if titles else ''}{lines}</table>"


# ------------------------------------------------------------------------------------------------ onto pages


def _document(case: CaseContent, source: ObjectSource) -> QTextDocument:
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QImage, QTextDocument

    windowing = case.shown.windowing if case.shown else None
    sheet = segment_sheet(case.volume, case.segmentation, windowing)
    height, width = sheet.shape[:2]
    image = QImage(sheet.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    document = QTextDocument()
    document.setDefaultStyleSheet(_STYLE)
    document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl("slices"), image)
    room = _page_px()[0] - 8
    document.setHtml(report_html(case, source).replace("{width}", str(int(min(width, room)))))
    return document


def _page_px() -> tuple[float, float]:
    """Width and height of a page's text."""
    width, height = ((mm - 2 * MARGIN_MM) / 25.4 * A4_DPI for mm in (210, 297))
    return width, height - FOOT_PX


def _printed(document: QTextDocument, title: str) -> bytes:
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt
    from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter

    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setCreator("Limner")
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter
        )
    )
    width, height = _page_px()
    document.setPageSize(QSizeF(width, height))
    painter = QPainter(writer)
    font = document.defaultFont()
    font.setPixelSize(FOOT_TEXT_PX)
    painter.setFont(font)
    painter.scale(writer.resolution() / A4_DPI, writer.resolution() / A4_DPI)
    pages = document.pageCount()
    for page in range(pages):
        if page:
            writer.newPage()
        painter.save()
        painter.translate(0, -page * height)
        document.drawContents(painter, QRectF(0, page * height, width, height))
        painter.restore()
        foot = QRectF(0, height, width, FOOT_PX)
        painter.drawText(foot, Qt.AlignmentFlag.AlignBottom, f"{NOTICE}   {page + 1} / {pages}")
    painter.end()
    buffer.close()
    return bytes(data.data())
