"""A slice of which nobody says how thick it is: no command gives millilitres, all give areas."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_series import COLUMNS, ROWS, SeriesMaker
from pydicom import dcmread

from app.cli import main
from app.commands import segment
from inference.record.run_record import Outcome, RunRecord
from inference.result import FoundLabel, InferenceResult
from session.before_run import BeforeRun

AREA_MM2 = 5 * 4 * 0.8 * 0.7


@pytest.fixture
def flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A slice without a thickness, and a model that finds a liver of 20 pixels there."""
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    layer = np.zeros((1, ROWS, COLUMNS), np.uint8)
    layer[0, 2:7, 3:7] = 5
    found = InferenceResult("net", "Net", "1", "", (layer,), (FoundLabel(0, 5, "Liver", "", 20),), (), {}, 10.0, {}, ())
    record = RunRecord("id", "2026-01-01T00:00:00Z", Outcome.DONE, "net", "Net", "1")
    monkeypatch.setattr("session.segment_to_file.segment_recorded", lambda *_, **__: (found, record))
    monkeypatch.setattr(segment, "before_run", lambda *_: BeforeRun())
    (tmp_path / "slice").mkdir()
    return SeriesMaker(tmp_path / "slice")(1, lambda _k, ds: ds.pop("SliceThickness"))


def limner(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    assert main([str(one) for one in arguments]) == 0
    printed = capsys.readouterr()
    assert " ml" not in printed.out + printed.err
    return printed.out


@pytest.mark.parametrize("name", ["out.nii.gz", "out.seg.nrrd", "out.limner", "out.dcm"])
def test_segment_gives_areas(flat: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    kind = ["--format", "seg"] if name.endswith("dcm") else []
    assert "11.2 mm²" in limner(capsys, "segment", flat, "-o", tmp_path / name, *kind)
    again = json.loads(limner(capsys, "segment", flat, "-o", tmp_path / f"again-{name}", *kind, "--json"))
    (label,) = again["labels"]
    assert (label["volume_ml"], label["area_mm2"]) == (None, pytest.approx(AREA_MM2))


@pytest.fixture
def case(flat: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    limner(capsys, "segment", flat, "-o", tmp_path / "made.limner")
    return tmp_path / "made.limner"


@pytest.mark.parametrize("kind", ["nifti", "seg.nrrd", "seg", "rtstruct"])
@pytest.mark.parametrize("is_first", [True, False])
def test_compare_gives_areas_whatever_a_file_says(
    case: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str, is_first: bool
) -> None:
    suffix = {"nifti": ".nii.gz", "seg.nrrd": ".seg.nrrd"}.get(kind, ".dcm")
    other = tmp_path / f"other{suffix}"
    assert main(["case", "export", str(case), "--format", kind, "-o", str(other)]) == 0
    sides = (case, other) if is_first else (other, case)
    assert limner(capsys, "compare", *sides).count("11.2 mm²") == 2
    table = tmp_path / "table.csv"
    found: dict[str, Any] = json.loads(limner(capsys, "compare", *sides, "--json", "--csv", table))["segments"][0]
    assert (found["volume_a_ml"], found["volume_b_ml"], found["difference_ml"]) == (None, None, None)
    assert (found["area_a_mm2"], found["area_b_mm2"]) == pytest.approx((AREA_MM2, AREA_MM2))
    with table.open(newline="", encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert (row["volume_a_ml"], row["difference_ml"], row["difference_mm2"]) == ("", "", "0.0")
    assert float(row["area_b_mm2"]) == pytest.approx(AREA_MM2)


def test_a_dicom_segmentation_says_that_its_thickness_was_made_up(
    case: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    seg = tmp_path / "seg.dcm"
    assert main(["case", "export", str(case), "--format", "seg", "-o", str(seg)]) == 0
    printed = capsys.readouterr()
    assert "SliceThickness: Nobody says how thick" in printed.out + printed.err


def test_a_dicom_segmentation_of_one_frame_without_a_thickness_has_none(
    case: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    seg = tmp_path / "seg.dcm"
    assert main(["case", "export", str(case), "--format", "seg", "-o", str(seg)]) == 0
    made = dcmread(seg)
    del made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness
    made.save_as(seg)
    assert "11.2 mm²" in limner(capsys, "compare", seg, seg)


def test_there_are_no_surfaces(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["surface", str(case), "-o", str(tmp_path / "out.stl")]) == 2
    assert "unknown thickness" in capsys.readouterr().err
    assert not (tmp_path / "out.stl").exists()


def test_info_says_no_thickness(flat: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "  0.7 x 0.8 mm  " in limner(capsys, "info", flat)


def test_what_is_shown_of_the_case_has_areas(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "11.2 mm²" in limner(capsys, "case", "show", case)
