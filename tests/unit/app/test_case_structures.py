"""``limner case export`` and ``import`` with RT structure sets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from app.cli import main
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, LabelsEdit, Overwrite, PaintRule
from imaging.formats.registry import write_volumes
from imaging.geometry import Box, Geometry
from imaging.opening import list_series
from imaging.phantom.series import write_dicom_series
from imaging.segment import Segment, SegmentState
from imaging.volume import Quantity, Volume
from session.document import Document

SHAPE = (6, 9, 11)
GRID = Geometry(SHAPE, np.diag([0.8, 0.8, 2.0, 1.0]))
ORGANS = [
    Segment(1, "Liver", (200, 10, 20), 1, state=SegmentState.DONE),
    Segment(2, "GTV", (3, 2, 1), 1, layer=1, state=SegmentState.AI_ONLY, origin="model lesions@1.2"),
]


@pytest.fixture
def volume() -> Volume:
    return Volume(GRID, np.random.default_rng(2).integers(-1000, 1000, SHAPE).astype(np.int16), Quantity.HU)


@pytest.fixture
def series(tmp_path: Path, volume: Volume) -> Path:
    """A CT series on disk."""
    write_dicom_series(volume, tmp_path / "ct")
    return tmp_path / "ct"


def case_of(images: Path, path: Path) -> Path:
    """A case with an organ that has a hole, and a tumour on it."""
    (found,) = list_series(images)
    assert found.geometry is not None
    case = Case.create(path, found.geometry, [ImageReference(str(images), found.id, found.modality)])
    document = Document([], case, author="tester")
    organ, tumour = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    organ[1:5, 1:8, 1:10], organ[2:4, 3:5, 3:6], tumour[2:4, 4:7, 5:8] = 1, 0, 1
    rule = PaintRule(overwrite=Overwrite.NONE)
    whole = Box.whole(SHAPE)
    paints = (LabelsEdit(whole, organ, {1: 1}, rule), LabelsEdit(whole, tumour, {1: 2}, rule))
    document.apply(Batch((*map(AddSegment, ORGANS), *paints)), title="Made", tool="test", author="tester")
    assert case.journal.flush()
    document.close()
    return path


def limner(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    """Run the command line; standard output, or standard error of a failure."""
    assert main([str(one) for one in arguments]) == status
    said = capsys.readouterr()
    return said.err if status else said.out


def test_structures_go_out_and_come_back(capsys, series: Path, tmp_path: Path) -> None:
    case, out = case_of(series, tmp_path / "a.limner"), tmp_path / "rt.dcm"
    told = json.loads(limner(capsys, "case", "export", case, "--format", "rtstruct", "-o", out, "--json"))
    assert told["filled_in"] == []
    found, image = dcmread(out), dcmread(next(series.iterdir()))
    assert (found.StudyInstanceUID, found.PatientID) == (image.StudyInstanceUID, image.PatientID)
    assert [(one.ROIName, one.ROIGenerationAlgorithm) for one in found.StructureSetROISequence] == [
        ("Liver", "MANUAL"),
        ("GTV", "AUTOMATIC"),
    ]
    told = json.loads(limner(capsys, "case", "import", case, out, "--json"))
    assert [note for note in told["notes"] if "already" not in note] == []  # these structures are there twice now
    organ, tumour, again, tumour_again = told["segments"]
    for before, after in ((organ, again), (tumour, tumour_again)):
        assert [before[key] for key in ("name", "volume_ml", "color")] == [
            after[key] for key in ("name", "volume_ml", "color")
        ]


def test_a_case_of_a_research_file_begins_a_study_unless_a_series_is_named(
    capsys, series: Path, volume: Volume, tmp_path: Path
) -> None:
    write_volumes([volume], tmp_path / "image.nii.gz")
    case, out = case_of(tmp_path / "image.nii.gz", tmp_path / "a.limner"), tmp_path / "rt.dcm"
    told = json.loads(limner(capsys, "case", "export", case, "--format", "rtstruct", "-o", out, "--json"))
    assert any("new study" in one["why"] for one in told["filled_in"])
    limner(capsys, "case", "export", case, "--format", "rtstruct", "-o", out, "--series", series)
    assert dcmread(out).StudyInstanceUID == dcmread(next(series.iterdir())).StudyInstanceUID


def test_contours_far_apart_are_a_question(capsys, series: Path, tmp_path: Path) -> None:
    case, out = case_of(series, tmp_path / "a.limner"), tmp_path / "rt.dcm"
    limner(capsys, "case", "export", case, "--format", "rtstruct", "-o", out)
    found = dcmread(out)
    for structure in found.ROIContourSequence:
        del structure.ContourSequence[1]
    del found.ROIContourSequence[0].ContourSequence[2]
    found.save_as(out)
    assert "--resample" in limner(capsys, "case", "import", case, out, status=2)
    told = json.loads(limner(capsys, "case", "import", case, out, "--resample", "--json"))
    assert any("interpolated" in note for note in told["notes"])
    assert told["entry"]["parameters"]["refitted"]
