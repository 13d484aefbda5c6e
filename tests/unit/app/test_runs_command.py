"""`limner runs`: what it prints and writes of a log that the test filled."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment
from imaging.geometry import Geometry
from imaging.segment import Segment
from inference.record.log import RunLog
from inference.record.readings import Reading, Source, Usage
from inference.record.run_record import Outcome, RunRecord
from session.document import Document

HASHES = ("ab" * 32, "cd" * 32)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunLog:
    """Three runs: two on one image, of which a case of the workspace knows the name."""
    import numpy as np

    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "cases").mkdir()
    reference = ImageReference("image", "series", "CT", "", HASHES[0])
    case = Case.create(tmp_path / "cases" / "CT 2026-01-01 ab12.limner", Geometry((4, 5, 6), np.eye(4)), [reference])
    document = Document([], case)
    document.apply(AddSegment(Segment(1, "liver")), title="Add", tool="segment.add")  # with it, the file is made
    document.close()
    log = RunLog(tmp_path / "runs.sqlite")
    for number, (image, outcome) in enumerate(
        [(HASHES[0], Outcome.DONE), (HASHES[0], Outcome.FAILED), (HASHES[1], Outcome.DONE)], 1
    ):
        joules = Reading(
            1000.0 * number, Source.ESTIMATED if number == 3 else Source.COUNTER, "12 W per core is assumed"
        )
        log.add(
            RunRecord(
                f"2026010{number}-120000-00000{number}",
                f"2026-01-0{number}T12:00:00+00:00",
                outcome,
                "pretend" if number < 3 else "other",
                "Pretend",
                "3.1",
                input_hash=image,
                total_s=10.0 * number,
                usage=Usage(energy_j=joules, ram_peak_mb=Reading(3000.0, Source.SAMPLED)),
            )
        )
    return log


def said(capsys: pytest.CaptureFixture[str], *words: object, status: int = 0) -> str:
    assert main([str(word) for word in words]) == status
    captured = capsys.readouterr()
    return captured.out if status == 0 else captured.err


def test_list_has_the_runs_and_figures_by_case_and_in_all(log, capsys) -> None:
    lines = said(capsys, "runs", "list").splitlines()
    assert [line.split()[0] for line in lines[1:4]] == [r.id for r in log.read().records]
    named = next(line for line in lines if line.startswith("CT 2026-01-01 ab12"))
    assert named.split()[3:7] == ["2", "1", "10.0", "s"]  # two runs, one of them done
    assert "1,000 J" in named
    assert "3,000 J" in named  # spent in all, the failed one included
    assert next(line for line in lines if line.startswith("all")).count("≈") == 2
    assert lines[-1].startswith("≈ is an estimate")


def test_list_as_json_holds_the_same(log, capsys) -> None:
    told: dict[str, Any] = json.loads(said(capsys, "runs", "list", "--json"))
    assert [run["id"] for run in told["runs"]] == [r.id for r in log.read().records]
    assert [case["name"] for case in told["cases"]] == ["CT 2026-01-01 ab12", "cdcdcdcd"]
    assert told["all"]["spent_j"]["total"] == 6000


def test_filters_by_case_model_and_date(log, capsys, tmp_path) -> None:
    case = tmp_path / "cases" / "CT 2026-01-01 ab12.limner"
    for words, count in (
        (("--case", case), 2),
        (("--model", "other"), 1),
        (("--since", "2026-01-02T00:00+00:00"), 2),
        (("--case", case, "--since", "2026-01-02T00:00+00:00"), 1),
    ):
        assert len(json.loads(said(capsys, "runs", "list", *words, "--json"))["runs"]) == count
    assert "no date" in said(capsys, "runs", "list", "--since", "yesterday", status=2)
    assert "There is no case" in said(capsys, "runs", "list", "--case", tmp_path / "none.limner", status=2)


def test_show_tells_each_number_with_its_source(log, capsys) -> None:
    text = said(capsys, "runs", "show", "000003")
    assert "≈ 3,000.0 J" in text
    assert "estimated; 12 W per core is assumed" in text
    assert json.loads(said(capsys, "runs", "show", "000003", "--json"))["usage"]["energy_j"]["source"] == "estimated"
    assert "no run" in said(capsys, "runs", "show", "nonsense", status=2)


def test_export_writes_a_table(log, capsys, tmp_path) -> None:
    said(capsys, "runs", "export", "--csv", tmp_path / "runs.csv", "--model", "pretend")
    with (tmp_path / "runs.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == ["done", "failed"]
    assert [row["energy_j"] for row in rows] == ["1000", "2000"]


def test_an_empty_workspace_is_no_mistake(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "empty"))
    assert main(["runs", "list"]) == 0
    assert "No model was run" in capsys.readouterr().err
    assert not (tmp_path / "empty").exists()
