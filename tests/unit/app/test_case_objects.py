"""``limner case export`` and ``import`` with DICOM objects."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from app.cli import main
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, LabelsEdit, PaintRule
from imaging.formats.registry import write_volumes
from imaging.geometry import Box, Geometry
from imaging.opening import list_series, open_series
from imaging.phantom.series import write_dicom_series
from imaging.segment import Segment, SegmentState
from imaging.volume import Quantity, Volume
from session.document import Document
from session.object_export import OF_CASES

SHAPE = (6, 9, 11)
GRID = Geometry(SHAPE, np.diag([0.8, 0.8, 2.0, 1.0]))


def labels() -> np.ndarray:
    """Two segments."""
    layer = np.zeros(SHAPE, np.uint8)
    layer[1:4, 2:7, 3:6], layer[4, 1:3] = 1, 2
    return layer


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A CT series on disk."""
    voxels = np.random.default_rng(2).integers(-1000, 1000, SHAPE).astype(np.int16)
    write_dicom_series(Volume(GRID, voxels, Quantity.HU), tmp_path / "ct")
    return tmp_path / "ct"


def case_of(images: Path, path: Path) -> Path:
    """A case on images with two segments: one by a person, one by a model."""
    (found,) = list_series(images)
    case = Case.create(path, found.geometry, [ImageReference(str(images), found.id, found.modality)])
    document = Document([], case, author="tester")
    person = Segment(1, "Liver", (200, 10, 20), 1, state=SegmentState.DONE)
    model = Segment(2, "Spleen", (3, 2, 1), 2, state=SegmentState.AI_ONLY, origin="model organs@1.2")
    paint = LabelsEdit(Box.whole(SHAPE), labels(), {1: 1, 2: 2}, PaintRule())
    document.apply(Batch((AddSegment(person), AddSegment(model), paint)), title="Made", tool="test", author="tester")
    assert case.journal.flush()
    document.close()
    return path


def limner(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    """Run the command line; standard output, or standard error of a failure."""
    assert main([str(one) for one in arguments]) == status
    said = capsys.readouterr()
    return said.err if status else said.out


def segments_of(capsys: pytest.CaptureFixture[str], case: Path) -> list[dict[str, object]]:
    """As ``case show`` tells them."""
    return json.loads(limner(capsys, "case", "show", case, "--json"))["segments"]


@pytest.mark.parametrize("kind", ["seg", "seg-labelmap-plain", "seg-fractional"])
def test_what_goes_out_comes_back(capsys, series: Path, tmp_path: Path, kind: str) -> None:
    case = case_of(series, tmp_path / "a.limner")
    out = tmp_path / "out.dcm"
    told = json.loads(limner(capsys, "case", "export", case, "--format", kind, "-o", out, "--json"))
    ds = dcmread(out)
    source = dcmread(next(series.iterdir()))
    assert told["sop_instance_uid"] == ds.SOPInstanceUID
    assert told["filled_in"] == []
    assert (ds.StudyInstanceUID, ds.PatientID) == (source.StudyInstanceUID, source.PatientID)
    assert [(s.SegmentLabel, s.SegmentAlgorithmType) for s in ds.SegmentSequence] == [
        ("Liver", "MANUAL"),
        ("Spleen", "AUTOMATIC"),
    ]
    told = json.loads(limner(capsys, "case", "import", case, out, "--json"))
    assert len(told["notes"]) == (2 if kind == "seg-fractional" else 1)  # these segments are there already
    one, two, three, four = segments_of(capsys, case)
    assert (three["name"], three["volume_ml"], three["color"]) == (one["name"], one["volume_ml"], one["color"])
    assert (four["name"], four["volume_ml"], four["origin"]) == (two["name"], two["volume_ml"], "model organs@1.2")


def test_an_image_that_never_was_dicom_and_its_series_named_afterwards(capsys, series: Path, tmp_path: Path) -> None:
    (found,) = list_series(series)
    nifti = tmp_path / "image.nii.gz"
    write_volumes(open_series(found), nifti)
    case = case_of(nifti, tmp_path / "a.limner")
    out = tmp_path / "out.dcm"
    told = json.loads(limner(capsys, "case", "export", case, "--format", "seg", "-o", out, "--json"))
    assert [one["keyword"] for one in told["filled_in"]] == ["StudyInstanceUID"]
    assert "ReferencedSeriesSequence" not in dcmread(out)
    limner(capsys, "case", "export", case, "--format", "seg", "-o", out, "--series", series)
    ds = dcmread(out)
    assert ds.StudyInstanceUID == dcmread(next(series.iterdir())).StudyInstanceUID
    assert len(ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == SHAPE[0]
    assert ds.pixel_array.sum() == np.count_nonzero(labels())


@pytest.mark.parametrize("kind", OF_CASES)
def test_what_needs_a_case_is_refused_before_a_model_computes(capsys, series: Path, tmp_path: Path, kind: str) -> None:
    said = limner(capsys, "segment", series, "--format", kind, "-o", tmp_path / "x.dcm", status=2)
    assert "invalid choice" in said


def test_mistakes_get_a_message(capsys, series: Path, tmp_path: Path) -> None:
    case = case_of(series, tmp_path / "a.limner")
    assert "--format" in limner(capsys, "case", "export", case, "-o", tmp_path / "x.dcm", status=2)
    assert ".dcm" in limner(capsys, "case", "export", case, "--format", "seg", "-o", tmp_path / "x.nii", status=2)
    assert "no folder" in limner(
        capsys, "case", "export", case, "--format", "seg", "-o", tmp_path / "no" / "x.dcm", status=2
    )
    image = next(series.iterdir())
    assert "no masks" in limner(capsys, "case", "import", case, image, status=2)
    limner(capsys, "case", "export", case, "--format", "seg", "-o", tmp_path / "x.dcm")
    said = limner(capsys, "convert", tmp_path / "x.dcm", tmp_path / "y.nii", status=2)
    assert "limner case import" in said
    series.rename(tmp_path / "elsewhere")
    assert "--series" in limner(capsys, "case", "export", case, "--format", "seg", "-o", tmp_path / "z.dcm", status=2)


def test_an_image_is_never_replaced_by_what_was_made_from_it(capsys, series: Path, tmp_path: Path) -> None:
    (found,) = list_series(series)
    nrrd = tmp_path / "image.nrrd"
    write_volumes(open_series(found), nrrd)
    image = sorted(series.iterdir())[2]
    data_set = dcmread(image)
    data_set.file_meta.ImplementationClassUID = "1.2.3.4"  # as scanners have their own
    data_set.save_as(image)
    before = image.read_bytes(), nrrd.read_bytes()
    case = case_of(series, tmp_path / "a.limner")
    for kind in ("seg", "rtstruct", "sr", "sc"):
        said = limner(capsys, "case", "export", case, "--format", kind, "-o", image, status=2)
        assert "not replaced" in said, kind
    of_nrrd = case_of(nrrd, tmp_path / "b.limner")
    assert "the image itself" in limner(capsys, "case", "export", of_nrrd, "-o", nrrd, status=2)
    assert "the image itself" in limner(capsys, "convert", nrrd, nrrd, status=2)
    model = ("--model", "ct-anatomy-rules")
    assert "the image itself" in limner(capsys, "segment", nrrd, *model, "-o", nrrd, status=2)
    assert "not replaced" in limner(capsys, "segment", series, *model, "--format", "seg", "-o", image, status=2)
    assert (image.read_bytes(), nrrd.read_bytes()) == before


def test_what_is_imported_twice_is_told(capsys, series: Path, tmp_path: Path) -> None:
    case, other = case_of(series, tmp_path / "a.limner"), case_of(series, tmp_path / "b.limner")
    limner(capsys, "case", "export", case, "--format", "seg", "-o", tmp_path / "seg.dcm")
    told = json.loads(limner(capsys, "case", "import", other, tmp_path / "seg.dcm", "--json"))
    assert told["notes"] == ["The case held “Liver”, “Spleen” already: now there are two. Undo takes the import back."]
