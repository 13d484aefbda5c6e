"""`limner segment` over many images and with a model out of a folder; the runs themselves are pretended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import made_bundles
import made_models
import nibabel as nib
import numpy as np
import pytest

from app.cli import main
from app.commands import segment, segment_many
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.phantom.series import write_dicom_series
from imaging.volume import Quantity, SourceSeries, Volume
from inference.client import InferenceFailed
from inference.record.run_record import Outcome, RunRecord
from inference.worker.turns import QueueClass
from session.before_run import BeforeRun, before_run
from session.done_before import write_record
from session.opening import OpenedImages
from session.segment_to_file import Segmented, Wishes

Limner = Callable[..., tuple[int, str, str]]


class Runs:
    """Pretends to segment: writes a mask and its record, or fails."""

    def __init__(self) -> None:
        self.images: list[int] = []  # the value that tells each image
        self.wishes: list[Wishes] = []
        self.version = "1.0"
        self.notes: dict[int, list[str]] = {}
        self.failing: dict[int, Exception] = {}

    def __call__(self, images: OpenedImages, out: Path, wishes: Wishes, *_: Any) -> Segmented:
        value = int(images.volumes[0].voxels.max())
        self.images.append(value)
        self.wishes.append(wishes)
        if value in self.failing:
            raise self.failing[value]
        out.write_bytes(b"mask")
        record = RunRecord("id", "2026-01-01T00:00:00Z", Outcome.DONE, wishes.model.id, "Rules", self.version)
        write_record(record, out)
        return Segmented(
            {"labels": [], "scores": [], "boxes": [], "maps": [], "notes": self.notes.get(value, [])}, record
        )


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    made = Runs()
    monkeypatch.setattr(segment_many, "segment_to_file", made)
    for module in (segment, segment_many):
        monkeypatch.setattr(module, "before_run", lambda *_: BeforeRun())
    monkeypatch.setattr(segment, "segment_to_file", made)
    return made


@pytest.fixture
def limner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Limner:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.delenv("LIMNER_MODELS", raising=False)

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["segment", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


def image(path: Path, value: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    voxels = np.zeros((4, 5, 6), np.int16)
    voxels[1, 2, 3] = value
    nib.save(nib.Nifti1Image(voxels, np.diag([1.0, 1.0, 2.0, 1.0])), path)
    return path


def three(folder: Path) -> list[Path]:
    return [image(folder / f"{name}.nii.gz", n) for n, name in enumerate(("anna", "ben", "cleo"), 1)]


def test_each_image_gets_a_mask_and_a_record_of_its_name(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    out = tmp_path / "masks"
    status, text, _ = limner(*three(tmp_path), "-o", out)
    assert (status, text) == (0, "3 segmented, 0 skipped, 0 failed\n")
    assert runs.images == [1, 2, 3]
    assert {wishes.queue_class for wishes in runs.wishes} == {QueueClass.BATCH}
    assert sorted(path.name for path in out.iterdir()) == [
        f"{name}.{end}" for name in ("anna", "ben", "cleo") for end in ("nii.gz", "run.json")
    ]


def test_a_batch_that_was_stopped_goes_on_where_it_was(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    images, out = three(tmp_path), tmp_path / "masks"
    limner(*images[:2], "-o", out)
    (out / "cleo.nii.gz").write_bytes(b"half")  # a mask without a record is none
    runs.images.clear()
    status, text, _ = limner(*images, "-o", out)
    assert (status, text) == (0, "1 segmented, 2 skipped, 0 failed\n")
    assert runs.images == [3]
    runs.images.clear()
    limner(*images, "-o", out, "--again")
    assert runs.images == [1, 2, 3]


def test_results_of_another_version_or_without_a_readable_record_are_made_anew(
    limner: Limner, runs: Runs, tmp_path: Path
) -> None:
    images, out = three(tmp_path), tmp_path / "masks"
    limner(*images, "-o", out)
    older = json.loads((out / "anna.run.json").read_text()) | {"model_version": "0.9"}
    (out / "anna.run.json").write_text(json.dumps(older))
    (out / "ben.run.json").write_text("{half")
    other = json.loads((out / "cleo.run.json").read_text()) | {"model_id": "another"}
    (out / "cleo.run.json").write_text(json.dumps(other))
    runs.images.clear()
    limner(*images, "-o", out)
    assert runs.images == [1, 2, 3]


def test_one_that_fails_does_not_stop_the_others(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    images, out = three(tmp_path), tmp_path / "masks"
    broken = tmp_path / "broken.nii.gz"
    broken.write_bytes(b"no image")
    runs.failing = {1: InferenceFailed("The worker\nstopped.", "details"), 2: UserError("Too small.")}
    status, text, errors = limner(*images, broken, tmp_path / "nowhere", "-o", out, "--json")
    assert status == 1
    assert runs.images == [1, 2, 3]
    said = json.loads(text)
    assert said["failed"] == 4
    reasons = {Path(entry["path"]).name: entry.get("error") for entry in said["images"]}
    assert reasons["anna.nii.gz"] == "The worker\nstopped."
    assert reasons["ben.nii.gz"] == "Too small."
    assert reasons["cleo.nii.gz"] is None
    assert reasons["broken.nii.gz"]
    assert reasons["nowhere"]
    assert "error: anna.nii.gz: The worker stopped." in errors
    assert (out / "cleo.nii.gz").exists()
    runs.images.clear()
    runs.failing.clear()
    limner(*images, "-o", out)
    assert runs.images == [1, 2]  # what failed is tried again


def test_an_error_says_what_to_do_and_a_name_once(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "packed").mkdir()
    with ZipFile(tmp_path / "packed" / "ct.zip", "w") as archive:
        archive.writestr("a.txt", "nothing")
    runs.failing = {1: UserError("Too small.", "Scan more.")}
    anna = image(tmp_path / "anna.nii.gz", 1)
    status, text, errors = limner(anna, tmp_path / "packed", tmp_path / "nowhere", "-o", tmp_path / "out", "--json")
    assert status == 1
    assert errors.splitlines() == [
        "error: anna.nii.gz: Too small.",
        "hint: Scan more.",
        "error: packed: There is no image in this folder (1 other files).",
        "hint: It holds an archive: open ct.zip itself.",
        "error: nowhere does not exist.",
        "hint: It was moved or removed, or its disk or network share is not connected.",
    ]
    assert [entry.get("hint") for entry in json.loads(text)["images"]] == [
        "Scan more.",
        "It holds an archive: open ct.zip itself.",
        "It was moved or removed, or its disk or network share is not connected.",
    ]


def test_what_is_said_of_many_results_is_said_once_with_their_names(
    limner: Limner, runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.notes = {1: ["No flips.", "Hardly a CT."], 2: ["No flips."], 3: ["No flips."]}
    _, _, errors = limner(*three(tmp_path), "-o", tmp_path / "out")
    assert errors.splitlines()[-1] == "also of ben.nii.gz, cleo.nii.gz: No flips."
    monkeypatch.setattr(segment_many, "MOST_NAMED", 1)
    _, _, errors = limner(*three(tmp_path), "-o", tmp_path / "more")
    assert errors.splitlines() == [
        "anna.nii.gz is done",
        "anna.nii.gz: No flips.",
        "anna.nii.gz: Hardly a CT.",
        "ben.nii.gz is done",
        "cleo.nii.gz is done",
        "also of 2 others: No flips.",
    ]


def test_files_of_a_folder_keep_their_names_whatever_joins_them(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    """A mask must never be taken for that of another patient, whose file came later."""
    images, out = three(tmp_path / "ct"), tmp_path / "out"
    image(tmp_path / "ct" / "old" / "anna.nii.gz", 7)
    limner(tmp_path / "ct", "-o", out)
    masks = ["anna.nii.gz", "ben.nii.gz", "cleo.nii.gz", "old-anna.nii.gz"]
    assert sorted(path.name for path in out.glob("*.nii.gz")) == masks
    image(tmp_path / "ct" / "aaron.nii.gz", 9)
    images[1].unlink()
    runs.images.clear()
    assert limner(tmp_path / "ct", "-o", out)[1] == "1 segmented, 3 skipped, 0 failed\n"
    assert runs.images == [9]
    assert (out / "aaron.nii.gz").exists()


def test_dicom_series_of_a_folder_keep_their_names_whatever_joins_them(
    limner: Limner, runs: Runs, tmp_path: Path
) -> None:
    def series(value: int) -> None:
        voxels = np.full((4, 12, 12), value, np.int16)
        source = SourceSeries(modality="CT", description=f"Thorax {value}")
        volume = Volume(Geometry(voxels.shape, np.eye(4)), voxels, Quantity.HU, source)
        write_dicom_series(volume, tmp_path / "studies" / str(value))

    out = tmp_path / "out"
    for value in (1, 2):
        series(value)
    runs.failing = {2: UserError("Too small.")}
    errors = limner(tmp_path / "studies", "-o", out)[2]
    assert re.search(r"^studies-[0-9a-f]{8}\.nii\.gz \(CT Thorax 1\) is done$", errors, re.MULTILINE)
    assert re.search(r"^error: studies-[0-9a-f]{8}\.nii\.gz \(CT Thorax 2\): Too small\.$", errors, re.MULTILINE)
    runs.failing.clear()
    limner(tmp_path / "studies", "-o", out)
    for value in (3, 4, 5, 6):
        series(value)
    runs.images.clear()
    assert limner(tmp_path / "studies", "-o", out)[1] == "4 segmented, 2 skipped, 0 failed\n"
    assert sorted(runs.images) == [3, 4, 5, 6]
    assert all(path.name.startswith("studies-") for path in out.glob("*.nii.gz"))


def test_images_of_one_name_do_not_overwrite_each_other(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    out = tmp_path / "masks"
    same = [image(tmp_path / folder / "ct.nii.gz", n) for n, folder in enumerate("ab", 1)]
    limner(*same, "-o", out)
    assert sorted(path.name for path in out.glob("*.nii.gz")) == ["ct-again.nii.gz", "ct.nii.gz"]
    runs.images.clear()
    assert limner(*same, "-o", out)[1] == "0 segmented, 2 skipped, 0 failed\n"


def test_a_folder_that_is_there_takes_masks_whatever_its_name(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    out = tmp_path / "masks.2026"
    out.mkdir()
    assert limner(image(tmp_path / "anna.nii.gz", 1), "-o", out)[0] == 0
    assert (out / "anna.nii.gz").exists()


def test_one_map_of_doubt_takes_one_image(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    status, _, errors = limner(*three(tmp_path), "-o", tmp_path / "masks", "--uncertainty", tmp_path / "doubt.nii.gz")
    assert status == 2
    assert "takes one image" in errors
    assert runs.images == []


def test_probability_is_of_the_winner_unless_structures_are_named(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    one = image(tmp_path / "anna.nii.gz", 1)
    assert limner(one, "-o", tmp_path / "a.nii.gz", "--probability")[0] == 0
    assert limner(one, "-o", tmp_path / "b.nii.gz", "--probability", "Liver", "--probability", "3")[0] == 0
    assert limner(one, "-o", tmp_path / "c.nii.gz")[0] == 0
    wished = [wishes.parameters.get("probability") for wishes in runs.wishes]
    assert wished == [["winner"], ["Liver", "3"], None]


def test_a_models_folder_with_code_needs_trust(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    one, out = image(tmp_path / "anna.nii.gz", 1), tmp_path / "mask.nii.gz"
    bundle = made_bundles.deepedit(tmp_path / "deepedit")
    (bundle / "models").mkdir()
    made_models.torchscript(bundle / "models" / "model.ts")
    status, _, errors = limner(one, "-o", out, "--model", bundle)
    assert status == 2
    assert "brings code of its own" in errors
    assert "--trust" in errors
    assert runs.images == []
    assert limner(one, "-o", out, "--model", bundle, "--trust")[0] == 0
    assert runs.wishes[0].model.package == bundle
    assert runs.wishes[0].client.model(runs.wishes[0].model.id) == runs.wishes[0].model


def test_a_models_folder_without_code_needs_none(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    folder = made_models.layer_list(tmp_path / "mesh")
    assert limner(image(tmp_path / "a.nii.gz", 1), "-o", tmp_path / "mask.nii.gz", "--model", folder)[0] == 0
    assert runs.wishes[0].model.package == folder


def test_a_model_of_several_images_gets_them_study_by_study(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    bundle = made_bundles.brats(tmp_path / "brats")
    (bundle / "models").mkdir()
    made_models.torchscript(bundle / "models" / "model.ts")
    for value, name in enumerate(("flair", "t1", "t1ce", "t2"), 1):
        image(tmp_path / "studies" / "anna" / f"{name}.nii.gz", value)
        image(tmp_path / "studies" / "bert" / f"{'abcd'[value - 1]}.nii.gz", value)
    status, text, errors = limner(tmp_path / "studies", "-o", tmp_path / "out", "--model", bundle, "--trust", "--json")
    assert status == 1
    assert "bert does not say which image is which" in errors
    said = json.loads(text)
    assert said["failed"] == 1
    assert [e["images"] for e in said["images"] if "images" in e] == [
        ["t1ce.nii.gz", "t1.nii.gz", "t2.nii.gz", "flair.nii.gz"]
    ]
    assert runs.images == [3]  # the result lies on the grid of the first channel, T1c
    assert [source.title for source in runs.wishes[0].others] == ["t1.nii.gz", "t2.nii.gz", "flair.nii.gz"]
    assert (tmp_path / "out" / "anna.nii.gz").is_file()


def test_wishes_reach_the_run(limner: Limner, runs: Runs, tmp_path: Path) -> None:
    one, out = image(tmp_path / "a.nii.gz", 1), tmp_path / "mask.nii.gz"
    limner(one, "-o", out, "--roi", "1,4,0,5,1,2", "--device", "cpu", "--mirror", "--precision", "fp32")
    assert runs.wishes[0].parameters == {
        "device": "cpu",
        "precision": "fp32",
        "mirror": True,
        "roi": [1, 2, 0, 5, 1, 4],  # k j i
    }
    status, _, errors = limner(one, "-o", out, "--roi", "1,4")
    assert status == 2
    assert "six whole numbers" in errors


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_what_a_foreign_model_takes_and_cannot_do_is_told_before_it_runs(
    limner: Limner, runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (segment, segment_many):
        monkeypatch.setattr(module, "before_run", before_run)
    torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
    labels = [{"value": 1, "name": "Liver"}]
    folder = made_models.bare_network(tmp_path / "net", labels=labels, channels=[{"name": "any"}])
    torch.jit.trace(torch.nn.Conv3d(1, 2, 1).eval(), torch.zeros(1, 1, 4, 4, 4)).save(str(folder / "net.ts"))
    one = image(tmp_path / "a.nii.gz", 1)
    status, _, said = limner(one, "-o", tmp_path / "mask.nii.gz", "--model", folder)
    assert status == 0
    assert "GB of memory." in said
    assert "It is ended when it takes too much memory." in said or "Its memory is limited." in said
    _, text, _ = limner(one, "-o", tmp_path / "many", "--model", folder, "--json")
    told = json.loads(text)
    assert told["plan"]["fits"] is True
    assert told["plan"]["memory_mb"] > 0
    assert told["confinement"].startswith("The model")
    _, text, said = limner(one, "-o", tmp_path / "rules.nii.gz", "--json")
    told = json.loads(text)
    assert (told["plan"], told["confinement"]) == (None, None)  # part of the program
    assert "GB of memory." not in said
