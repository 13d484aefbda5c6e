"""``limner compare`` on small masks, in this process."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from imaging.case.case import Case
from imaging.edit import AddSegment, Batch, LabelsEdit, PaintRule
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.formats.masks import write_labels
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from session.document import Document

GRID = Geometry((8, 12, 16), np.diag([1.0, 1.0, 3.0, 1.0]))


def layer_of(shift: int) -> np.ndarray:
    layer = np.zeros(GRID.shape, np.uint8)
    layer[2:6, 2:8, 2 + shift : 6 + shift] = 1
    layer[2:6, 2:8, 9:13] = 2
    return layer


@pytest.fixture
def a(tmp_path) -> Path:
    segments = [LabelSegment("Liver", (255, 0, 0), 1), LabelSegment("Spleen", (0, 255, 0), 2)]
    write_labels(LabelFile(GRID, [layer_of(0)], segments), tmp_path / "a.seg.nrrd")
    return tmp_path / "a.seg.nrrd"


@pytest.fixture
def b(tmp_path) -> Path:
    """Without names: MetaImage holds none."""
    segments = [LabelSegment("Label 1", None, 1), LabelSegment("Label 2", None, 2)]
    write_labels(LabelFile(GRID, [layer_of(1)], segments), tmp_path / "b.mha")
    return tmp_path / "b.mha"


def json_of(capsys, *words: object) -> dict:
    assert main(["compare", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_json_holds_every_measure(capsys, a, b) -> None:
    record = json_of(capsys, a, b)
    liver, spleen = record["segments"]
    assert (liver["name"], liver["label_a"], liver["label_b"]) == ("Liver", 1, 1)
    assert liver["dice"] == pytest.approx(0.75)
    assert liver["hd95_mm"] == liver["hausdorff_mm"] == 1
    assert liver["surface_dice"] == 1
    assert liver["volume_a_ml"] == liver["volume_b_ml"] == pytest.approx(4 * 6 * 4 * 3 / 1000)
    assert liver["difference_ml"] == liver["difference_percent"] == 0
    assert len(liver["farthest_mm"]) == 3
    assert spleen["dice"] == 1
    assert record["mean_dice"] == pytest.approx(0.875)
    assert (record["only_in_a"], record["only_in_b"], record["resampled"]) == ([], [], False)


def test_the_tolerance_and_the_segments_can_be_chosen(capsys, a, b) -> None:
    record = json_of(capsys, a, b, "--tolerance", "0.5", "--segments", "liver")
    (liver,) = record["segments"]
    assert 0 < liver["surface_dice"] < 1
    assert record["tolerance_mm"] == 0.5


def test_the_table_has_a_line_for_each_segment(capsys, a, b) -> None:
    assert main(["compare", str(a), str(b)]) == 0
    head, liver, spleen, mean = capsys.readouterr().out.splitlines()
    assert head.split() == ["Dice", "within", "1", "mm", "HD95", "largest", "A", "B", "B", "-", "A"]
    assert liver.split() == [
        "Liver",
        "0.7500",
        "1.0000",
        "1.00",
        "mm",
        "1.00",
        "mm",
        "0.3",
        "ml",
        "0.3",
        "ml",
        "+0.0",
        "%",
    ]
    assert spleen.startswith("Spleen")
    assert mean.split() == ["mean", "0.8750"]
    assert len(head) == len(liver) == len(spleen)


def test_pairs_that_only_a_number_makes_are_told(capsys, a, b) -> None:
    """A spleen that is label 1 in a file without names is not the body that is label 1 elsewhere."""
    assert main(["compare", str(b), str(a)]) == 0
    assert capsys.readouterr().err == (
        "note: paired by label value, because b.mha does not name them: Liver (1), Spleen (2).\n"
    )
    assert [s["paired_by"] for s in json_of(capsys, a, b)["segments"]] == ["label value"] * 2
    assert [s["paired_by"] for s in json_of(capsys, a, a)["segments"]] == ["name"] * 2
    assert main(["compare", str(a), str(a)]) == 0
    assert capsys.readouterr().err == ""


def test_csv_holds_the_same_numbers_and_the_lonely_ones(capsys, a, tmp_path) -> None:
    other = tmp_path / "c.seg.nrrd"
    write_labels(LabelFile(GRID, [layer_of(1)], [LabelSegment("Liver", None, 1), LabelSegment("Cyst", None, 2)]), other)
    record = json_of(capsys, a, other, "--csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8-sig") as file:
        liver, spleen, cyst = csv.DictReader(file)
    assert float(liver["dice"]) == record["segments"][0]["dice"]
    assert [float(liver[f"farthest_{x}_mm"]) for x in "xyz"] == record["segments"][0]["farthest_mm"]
    assert (spleen["segment"], spleen["in"], spleen["dice"]) == ("Spleen", "a", "")
    assert float(spleen["volume_a_ml"]) == record["only_in_a"][0]["volume_ml"]
    assert (cyst["in"], record["only_in_b"][0]["name"]) == ("b", "Cyst")


def test_what_is_empty_is_null_in_json_and_a_dash_for_people(capsys, a, tmp_path) -> None:
    other = tmp_path / "c.seg.nrrd"
    segments = [LabelSegment("Liver", None, 5), LabelSegment("Spleen", None, 2)]
    write_labels(LabelFile(GRID, [layer_of(0)], segments), other)
    liver, _ = json_of(capsys, a, other)["segments"]
    assert (liver["dice"], liver["hd95_mm"], liver["farthest_mm"]) == (0, None, None)
    assert main(["compare", str(a), str(other)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:5] == ["Liver", "0.0000", "0.0000", "-", "-"]


def test_a_case_is_a_side_too(capsys, a, tmp_path) -> None:
    case = Case.create(tmp_path / "mine.limner", GRID, [])
    document = Document([], case, author="tester")
    edits = (
        AddSegment(Segment(1, "Spleen", label_value=4)),
        LabelsEdit(Box.whole(GRID.shape), (layer_of(0) == 2).astype(np.uint8), {1: 1}, PaintRule()),
    )
    document.apply(Batch(edits), title="Add", tool="test")
    document.close()
    record = json_of(capsys, tmp_path / "mine.limner", a)
    assert [(s["name"], s["dice"], s["label_a"]) for s in record["segments"]] == [("Spleen", 1, 4)]
    assert [s["name"] for s in record["only_in_b"]] == ["Liver"]


def test_another_grid_is_refused_with_a_hint_and_resampled_on_demand(capsys, a, tmp_path) -> None:
    affine = GRID.affine.copy()
    affine[0, 3] = 0.4
    other = tmp_path / "moved.nrrd"
    segments = [LabelSegment("Liver", None, 1), LabelSegment("Spleen", None, 2)]
    write_labels(LabelFile(Geometry(GRID.shape, affine), [layer_of(0)], segments), other)
    assert main(["compare", str(a), str(other)]) == 2
    told = capsys.readouterr().err
    assert "different grids" in told
    assert "--resample" in told
    assert main(["compare", str(a), str(other), "--resample", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["resampled"] is True
    assert "resampled onto A's grid" in printed.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--segments", "Kidney"), "Kidney"),
        (("--tolerance", "-1"), "tolerance"),
        (("--tolerance", "much"), "invalid float value"),
        (("--csv", "/nowhere/at/all.csv"), "no folder"),
    ],
)
def test_mistakes_are_one_line(capsys, a, b, words, said) -> None:
    assert main(["compare", str(a), str(b), *words]) == 2
    assert said in capsys.readouterr().err.splitlines()[0]


def test_files_that_are_not_there(capsys, a, tmp_path) -> None:
    assert main(["compare", str(a), str(tmp_path / "no.nii")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_pairs_of_different_names_can_be_chosen(capsys, a, b, tmp_path) -> None:
    other = tmp_path / "other.seg.nrrd"
    segments = [LabelSegment("Tumour", None, 1), LabelSegment("Milt", None, 2)]
    write_labels(LabelFile(GRID, [layer_of(1)], segments), other)
    record = json_of(capsys, a, other, "--pair", "spleen=Milt", "--pair", "Liver=1")
    assert [(s["name"], s["label_b"], s["paired_by"]) for s in record["segments"]] == [
        ("Spleen", 2, "choice"),
        ("Liver", 1, "choice"),
    ]
    assert [s["dice"] for s in record["segments"]] == [1, pytest.approx(0.75)]
    assert main(["compare", str(a), str(other), "--pair", "Liver=Tumour"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].startswith("Liver = Tumour  ")
    assert len(out.splitlines()) == 2  # only what was asked for
    assert err == ""


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--pair", "Liver"], "--pair takes A=B"),
        (["--pair", "Liver=Kidney"], "has no segment “Kidney”"),
        (["--pair", "Kidney=1"], "has no segment “Kidney”"),
        (["--pair", "Liver=1", "--segments", "Liver"], "either --pair or --segments"),
    ],
)
def test_pairs_that_cannot_be_are_refused(words: list[str], why: str, capsys, a, b) -> None:
    assert main(["compare", str(a), str(b), *words]) == 2
    assert why in capsys.readouterr().err


def test_a_folder_is_no_mask(capsys, a, tmp_path) -> None:
    assert main(["compare", str(a), str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
