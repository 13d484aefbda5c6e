"""Runs as a table for spreadsheets: one row for each run, and the source of each number beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from inference.record.readings import TITLES
from inference.record.run_record import RunRecord

FIRST = (
    "run", "started_utc", "outcome", "reason", "model", "model_name", "version", "source_hash", "weights_hash",
    "backend", "device", "precision", "input_hash", "shape_kji", "spacing_mm_ijk", "modality", "total_s",
)  # fmt: skip
LAST = ("stages_s", "parameters", "processor", "system", "gpus", "program")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet takes a text for a formula


def runs_csv(records: Iterable[RunRecord]) -> str:
    """CSV with commas and quotes where they are needed (RFC 4180), the head first. Numbers have a point and no unit."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(head())
    writer.writerows(_row(record) for record in records)
    return file.getvalue()


def head() -> list[str]:
    """The columns' names; units are part of them."""
    readings = [column for name in TITLES for column in (name, f"{name}_source")]
    return [*FIRST, *readings, *LAST]


def _row(record: RunRecord) -> list[str]:
    first = (
        record.id, record.started_utc, record.outcome.value, record.reason, record.model_id, record.model_name,
        record.model_version, record.source_hash, record.weights_hash, record.backend, record.device,
        record.precision, record.input_hash, " ".join(map(str, record.shape)),
        " ".join(f"{mm:g}" for mm in record.spacing_mm), record.modality, f"{record.total_s:.3f}",
    )  # fmt: skip
    readings = [getattr(record.usage, name) for name in TITLES]
    numbers = [text for r in readings for text in ("" if r.value is None else f"{r.value:.6g}", r.source.value)]
    computer = [record.computer.get(name, "") for name in ("processor", "system", "gpus")]
    stages = json.dumps(dict(record.seconds), ensure_ascii=False)
    parameters = json.dumps(dict(record.parameters), ensure_ascii=False)
    return [_as_text(text) for text in (*first, *numbers, stages, parameters, *computer, record.program)]


def _as_text(text: str) -> str:
    """A text that no spreadsheet carries out as a formula; numbers stay numbers."""
    if not text.startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
