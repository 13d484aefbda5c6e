"""``limner compare`` with DICOM objects: what others annotate comes as segmentations and structure sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import main
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, LabelsEdit, PaintRule
from imaging.geometry import Box, Geometry
from imaging.opening import list_series
from imaging.phantom.series import write_dicom_series
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from session.document import Document

SHAPE = (8, 16, 18)
GRID = Geometry(SHAPE, np.diag([0.8, 0.8, 2.0, 1.0]))


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Two segments on a CT series; beside it lie objects of them, segmentations without empty slices."""
    write_dicom_series(Volume(GRID, np.zeros(SHAPE, np.int16), Quantity.HU), tmp_path / "ct")
    (found,) = list_series(tmp_path / "ct")
    path = tmp_path / "a.limner"
    case = Case.create(path, found.geometry, [ImageReference(str(tmp_path / "ct"), found.id, found.modality)])
    document = Document([], case, author="tester")
    layer = np.zeros(SHAPE, np.uint8)
    layer[2:5, 3:9, 4:12], layer[4:7, 10:14, 5:12] = 1, 2
    paint = LabelsEdit(Box.whole(SHAPE), layer, {1: 1, 2: 2}, PaintRule())
    segments = [AddSegment(Segment(n, name, label_value=n)) for n, name in ((1, "Liver"), (2, "Spleen"))]
    document.apply(Batch((*segments, paint)), title="Made", tool="test")
    assert case.journal.flush()
    document.close()
    for kind in ("seg", "seg-labelmap", "seg-fractional", "rtstruct"):
        assert main(["case", "export", str(path), "-o", str(tmp_path / f"{kind}.dcm"), "--format", kind]) == 0
    assert main(["case", "export", str(path), "-o", str(tmp_path / "mask.nii.gz")]) == 0
    return path


def compared(capsys: pytest.CaptureFixture[str], a: Path, b: Path, *more: str) -> tuple[dict[str, Any], str]:
    capsys.readouterr()
    assert main(["compare", str(a), str(b), "--json", *more]) == 0
    said = capsys.readouterr()
    record: dict[str, Any] = json.loads(said.out)
    return record, said.err


@pytest.mark.parametrize("is_a", [True, False])
@pytest.mark.parametrize("kind", ["seg", "seg-labelmap", "seg-fractional", "rtstruct"])
def test_an_object_is_a_side(
    kind: str, is_a: bool, case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for other in (case, tmp_path / "mask.nii.gz"):
        sides = (tmp_path / f"{kind}.dcm", other) if is_a else (other, tmp_path / f"{kind}.dcm")
        record, said = compared(capsys, *sides)
        assert [(s["name"], s["dice"]) for s in record["segments"]] == [("Liver", 1.0), ("Spleen", 1.0)]
        assert ("50% and more were taken" in said) == (kind == "seg-fractional")


def test_two_segmentations(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record, _ = compared(capsys, tmp_path / "seg.dcm", tmp_path / "seg-labelmap.dcm")
    assert record["mean_dice"] == 1.0


@pytest.mark.parametrize("other", ["seg.dcm", "rtstruct.dcm"])
def test_contours_need_a_side_with_all_slices(
    other: str, case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A segmentation often has only the slices that hold something: contours beyond them would be cut off unseen."""
    capsys.readouterr()
    for sides in (("rtstruct.dcm", other), (other, "rtstruct.dcm")):
        assert main(["compare", *(str(tmp_path / side) for side in sides)]) == 2
        said = capsys.readouterr().err
        assert "error: rtstruct.dcm holds contours, which have no grid of their own." in said
        assert "mask file or a case" in said


def test_an_image_is_no_side(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = next((tmp_path / "ct").rglob("*.dcm"))
    assert main(["compare", str(image), str(case)]) == 2
    assert "holds no masks" in capsys.readouterr().err
