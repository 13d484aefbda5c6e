"""What becomes of a result on the command line and in the queue: overlap, scores, boxes, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from imaging.case.images import ImageReference
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient
from inference.model import FoundBox, Score
from inference.record.run_record import Outcome, RunRecord
from inference.result import FoundLabel, InferenceResult
from session.opening import OpenedImages, read_images
from session.reading import choose_series
from session.segment_to_file import Wishes, segment_to_file
from session.settings import Settings

SHAPE = (6, 8, 10)
BOX = FoundBox("nodule", 0.93, tuple((float(n & 1), float(n >> 1 & 1), float(n >> 2)) for n in range(8)))


def result(layers: tuple[Any, ...], labels: tuple[FoundLabel, ...], **more: Any) -> InferenceResult:
    return InferenceResult("net", "Net", "1", "", layers, labels, (), {"run": 1.0}, 10.0, {}, ("A note.",), **more)


def nested() -> InferenceResult:
    """A core of 12 voxels in a whole of 160."""
    core, whole = (np.zeros(SHAPE, np.uint8) for _ in range(2))
    core[2, 3:6, 4:8], whole[1:3] = 3, 2
    return result((core, whole), (FoundLabel(0, 3, "Core", "", 12), FoundLabel(1, 2, "Whole", "", 160)))


@pytest.fixture
def written(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    path = tmp_path / "ct.nii.gz"
    shape = (*SHAPE[::-1], *getattr(request, "param", ()))
    nib.save(nib.Nifti1Image(np.zeros(shape, np.int16), np.diag([1.0, 1.0, 2.0, 1.0])), path)
    info = ModelInfo("net", "Net", "1", (), "", "nowhere:Net")

    def write(found: InferenceResult, name: str) -> dict[str, Any]:
        record = RunRecord("id", "2026-01-01T00:00:00Z", Outcome.DONE, "net", "Net", "1")
        monkeypatch.setattr("session.segment_to_file.segment_recorded", lambda *_, **__: (found, record))
        images = read_images(path, choose_series(path, None))
        return segment_to_file(images, tmp_path / name, Wishes(info, InferenceClient([info]), {}), Settings()).summary

    return write


def test_where_structures_overlap_one_layer_keeps_the_inner_one_and_says_what_is_cut(
    written: Any, tmp_path: Path
) -> None:
    summary = written(nested(), "mask.nii.gz")
    voxels = np.asarray(nib.load(tmp_path / "mask.nii.gz").dataobj)
    assert {int(v): int((voxels == v).sum()) for v in np.unique(voxels)} == {0: 480 - 160, 2: 160 - 12, 3: 12}
    assert [(row["name"], row["volume_ml"]) for row in summary["labels"]] == [("Core", 0.024), ("Whole", 0.32)]
    note, said = summary["notes"]
    assert note == "A note."
    assert said.startswith("Whole: in mask.nii.gz only what other structures leave")
    assert "Core" not in said


def test_maps_of_an_earlier_result_are_named(written: Any, tmp_path: Path) -> None:
    for name in ("mask.probability.nii.gz", "mask.doubt.nii.gz", "mask-2.doubt.nii.gz"):
        (tmp_path / name).write_bytes(b"old")
    notes = written(nested(), "mask.seg.nrrd")["notes"]
    assert notes[-1] == "Of an earlier run, not of this one: mask.doubt.nii.gz, mask.probability.nii.gz."
    assert written(nested(), "other.seg.nrrd")["notes"] == ["A note."]


@pytest.mark.parametrize("name", ["mask.seg.nrrd", "case.limner"])
def test_what_holds_overlap_holds_all_of_it(name: str, written: Any) -> None:
    summary = written(nested(), name)
    assert [row["volume_ml"] for row in summary["labels"]] == [0.024, 0.32]
    assert summary["notes"] == ["A note."]


@pytest.mark.parametrize("written", [(3,)], indirect=True)
def test_of_several_time_points_it_is_said_that_one_was_segmented(written: Any) -> None:
    assert written(nested(), "mask.seg.nrrd")["notes"][-1] == "The image has 3 time points; the first was segmented."


@pytest.mark.parametrize(
    ("name", "why"),
    [("mask.nii.gz", "unevenly spaced"), ("mask.mha", "unevenly spaced"), ("there.limner", "exists already")],
)
def test_what_cannot_be_written_is_refused_before_minutes_of_computing(
    name: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("session.segment_to_file.segment_recorded", lambda *_, **__: pytest.fail("it was run"))
    (tmp_path / "there.limner").write_bytes(b"somebody's work")
    origins = np.zeros((SHAPE[0], 3))
    origins[:, 2] = [0, 1, 2, 3, 4, 9]
    geometry = Geometry(SHAPE, np.eye(4), slice_origins_mm=origins)
    reference = ImageReference("", "1", "CT")
    images = OpenedImages([Volume(geometry, np.zeros(SHAPE, np.int16), Quantity.HU)], reference)
    info = ModelInfo("net", "Net", "1", (), "", "nowhere:Net")
    with pytest.raises(UserError, match=why):
        segment_to_file(images, tmp_path / name, Wishes(info, InferenceClient([info]), {}), Settings())


def test_scores_and_boxes_say_where_they_are(written: Any, tmp_path: Path) -> None:
    for name, found in (("scores", {"scores": (Score("flu", 0.4),)}), ("boxes", {"boxes": (BOX,)})):
        summary = written(result((), (), **found), f"{name}.nii.gz")
        assert summary["notes"][-1] == f"No mask was written: the model gives {name}. They are in {name}.run.json."
        assert not (tmp_path / f"{name}.nii.gz").exists()
        assert json.loads((tmp_path / f"{name}.run.json").read_text())["model_id"] == "net"


def test_a_case_that_cannot_be_written_says_so_to_somebody_without_a_window(
    written: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(journal: Any, *_: Any) -> bool:
        journal.failure = UserError("The last changes could not be saved.", "They are kept in memory.")
        return False

    monkeypatch.setattr("imaging.case.journal.Journal.flush", fail)
    with pytest.raises(UserError, match=r"case\.limner cannot be written whole") as caught:
        written(nested(), "case.limner")
    assert "memory" not in caught.value.hint
