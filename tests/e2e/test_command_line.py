"""The promises of the command line, kept by real processes on a small torso."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso

SEGMENTS = {"Body", "Left lung", "Right lung", "Skeleton", "Subcutaneous fat", "Visceral fat"}


class Limner:
    """Runs the command with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.environment = {**os.environ, "HOME": str(home), "LIMNER_WORKSPACE": str(home / "workspace")}
        self.environment["QT_QPA_PLATFORM"] = "offscreen"

    def __call__(self, *words: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run it; the exit status must be the expected one."""
        command = [sys.executable, "-m", "app.cli", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, timeout=300, check=False)
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *words: object) -> dict:
        """Run it with --json; stdout must hold one JSON document and nothing else."""
        return json.loads(self(*words, "--json").stdout)

    def refused(self, *words: object) -> str:
        """Run what must be refused; returns the error line."""
        lines = self(*words, status=2).stderr.splitlines()
        errors = [line for line in lines if line.startswith("error: ")]
        assert len(errors) == 1
        return errors[0]


@pytest.fixture(scope="module")
def limner(tmp_path_factory) -> Limner:
    return Limner(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def torso(tmp_path_factory) -> Path:
    """A DICOM series of a small torso."""
    folder = tmp_path_factory.mktemp("torso")
    write_dicom_series(make_torso(scale=0.4).volume, folder)
    return folder


@pytest.fixture(scope="module")
def case(limner, torso, tmp_path_factory) -> Path:
    """A case with the automatic segmentation."""
    path = tmp_path_factory.mktemp("case") / "torso.limner"
    report = limner.json("segment", torso, "-o", path)
    assert {label["name"] for label in report["labels"]} >= SEGMENTS
    assert report["model"] == "ct-anatomy-rules"
    assert report["peak_rss_mb"] > 0
    assert all(seconds >= 0 for seconds in report["seconds"].values())
    return path


def test_info_describes_the_series(limner, torso) -> None:
    (series,) = limner.json("info", torso)["series"]
    assert series["modality"] == "CT"
    assert series["quantity"] == "HU"
    assert series["warnings"] == []
    assert len(series["shape"]) == 3
    assert np.array(series["affine_lps"]).shape == (4, 4)
    assert series["transfer_syntax"].startswith("1.2.840.10008.1.2")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_convert_writes_what_another_reader_reads(limner, torso, tmp_path, suffix) -> None:
    limner("convert", torso, tmp_path / f"out{suffix}")
    ours = sitk.ReadImage(str(tmp_path / f"out{suffix}"))
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(torso)))
    theirs = reader.Execute()
    assert np.array_equal(sitk.GetArrayFromImage(ours), sitk.GetArrayFromImage(theirs))
    assert np.allclose(ours.GetOrigin(), theirs.GetOrigin(), atol=1e-3)
    assert np.allclose(ours.GetSpacing(), theirs.GetSpacing(), atol=1e-4)
    assert np.allclose(ours.GetDirection(), theirs.GetDirection(), atol=1e-5)


def test_segment_writes_a_mask_file(limner, torso, tmp_path) -> None:
    report = limner.json("segment", torso, "-o", tmp_path / "mask.nii.gz")
    mask = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "mask.nii.gz")))
    assert set(np.unique(mask)) - {0} == {label["label_value"] for label in report["labels"]}
    left = next(label for label in report["labels"] if label["name"] == "Left lung")
    spacing = sitk.ReadImage(str(tmp_path / "mask.nii.gz")).GetSpacing()
    assert left["volume_ml"] == pytest.approx((mask == left["label_value"]).sum() * np.prod(spacing) / 1000, rel=1e-3)


def test_show_lists_segments_entries_and_images(limner, case) -> None:
    shown = limner.json("case", "show", case)
    assert {s["name"] for s in shown["segments"]} >= SEGMENTS
    for key in ("number", "label_value", "layer", "state", "locked", "volume_ml"):
        assert key in shown["segments"][0]
    for key in ("sequence", "utc", "author", "tool", "title"):
        assert key in shown["entries"][0]
    assert shown["entries"][0]["author"].startswith("model ct-anatomy-rules@")
    assert shown["chain_ok"] is True
    assert len(shown["images"][0]["pixel_hash"]) == 64


def test_undo_and_redo_work_on_a_closed_case(limner, case) -> None:
    before = limner.json("case", "show", case)["segments"]
    assert limner.json("case", "undo", case)["entry"]["kind"] == "undo"
    assert limner.json("case", "show", case)["segments"] == []
    limner("case", "redo", case)
    assert limner.json("case", "show", case)["segments"] == before
    assert "nothing to redo" in limner.refused("case", "redo", case)


def test_exported_masks_come_back_the_same(limner, case, tmp_path) -> None:
    limner("case", "export", case, "-o", tmp_path / "m.seg.nrrd")
    before = {s["name"]: s["volume_ml"] for s in limner.json("case", "show", case)["segments"]}
    imported = limner.json("case", "import", case, tmp_path / "m.seg.nrrd")["segments"][len(before) :]
    assert {s["name"]: s["volume_ml"] for s in imported} == before
    limner("case", "undo", case)


def test_segment_writes_a_dicom_segmentation_that_comes_back(limner, torso, case, tmp_path) -> None:
    out = tmp_path / "mask.dcm"
    limner("segment", torso, "-o", out, "--format", "seg")
    before = {s["name"]: s["volume_ml"] for s in limner.json("case", "show", case)["segments"]}
    imported = limner.json("case", "import", case, out)["segments"][len(before) :]
    assert {s["name"]: s["volume_ml"] for s in imported} == before
    assert all(s["origin"].startswith("model ct-anatomy-rules@") for s in imported)
    limner("case", "undo", case)


def test_overlapping_segments_need_a_word_to_be_flattened(limner, case, tmp_path) -> None:
    assert "overlap" in limner.refused("case", "export", case, "-o", tmp_path / "m.nii.gz")
    assert not (tmp_path / "m.nii.gz").exists()
    limner("case", "export", case, "-o", tmp_path / "m.nii.gz", "--stack")


def test_a_mask_on_another_grid_needs_consent(limner, case, torso, tmp_path) -> None:
    image = sitk.Image([20, 20, 20], sitk.sitkUInt8)
    image[5:15, 5:15, 5:15] = 1
    geometry = limner.json("case", "show", case)["geometry"]
    image.SetOrigin([row[3] for row in geometry["affine_lps"][:3]])
    image.SetSpacing([7.3, 7.3, 7.3])
    sitk.WriteImage(image, str(tmp_path / "other.nii.gz"))
    assert "grid" in limner.refused("case", "import", case, tmp_path / "other.nii.gz")
    limner("case", "import", case, tmp_path / "other.nii.gz", "--resample")
    limner("case", "undo", case)


def test_run_does_what_needs_no_window(limner, case) -> None:
    limner("run", "segment.add", "--case", case, "name=lesion")
    assert "lesion" in {s["name"].lower() for s in limner.json("case", "show", case)["segments"]}
    limner("run", "edit.undo", "--case", case)
    assert "window" in limner.refused("run", "view.fit", "--case", case)
    assert "no action" in limner.refused("run", "no.such", "--case", case)
    assert "no argument" in limner.refused("run", "segment.add", "--case", case, "colour=red")


def test_actions_lists_the_registry(limner) -> None:
    ids = {action["id"] for action in json.loads(limner("actions", "--json").stdout)}
    assert {"edit.undo", "file.open", "tool.brush", "segment_image.run"} <= ids


def test_who_made_a_voxel(limner, case) -> None:
    geometry = limner.json("case", "show", case)["geometry"]
    k, j, i = (n / 2 for n in geometry["shape"])
    x, y, z = (np.array(geometry["affine_lps"]) @ [i, j, k, 1])[:3]
    answer = limner.json("case", "attribution", case, f"--at={x},{y},{z}")
    assert "Body" in answer["segments"]
    assert any(layer["entry"] and layer["entry"]["author"].startswith("model") for layer in answer["layers"])


def test_the_version(limner) -> None:
    assert limner("--version").stdout.startswith("limner ")


@pytest.mark.parametrize(
    "words",
    [
        ["info", "no-such-file"],
        ["convert", "no-such-file", "out.nii"],
        ["case", "show", "no-such.limner"],
        ["segment", "no-such-file", "-o", "out.nii.gz"],
        ["no-such-command"],
        ["case", "export", "no-such.limner", "-o", "x.doc"],
        ["screenshot", "no-such-file", "-o", "x.png"],
    ],
)
def test_mistakes_are_one_error_line_and_status_2(limner, words) -> None:
    limner.refused(*words)


def test_images_that_moved_are_asked_for_and_checked(limner, torso, case, tmp_path) -> None:
    moved = tmp_path / "moved"
    torso.rename(moved)
    try:
        assert "not where they were" in limner.refused("run", "edit.undo", "--case", case)
        limner("run", "segment.add", "--case", case, "--images", moved, "name=x")
        limner("run", "edit.undo", "--case", case)
    finally:
        moved.rename(torso)
    assert "not where they were" in limner.refused("screenshot", case, "-o", tmp_path / "window.png")
    limner("run", "segment.add", "--case", case, "--images", torso, "name=x")
    limner("run", "edit.undo", "--case", case)
    other = tmp_path / "other"
    other.mkdir()
    write_dicom_series(make_torso(scale=0.2).volume, other)
    assert "not the images" in limner.refused("run", "segment.add", "--case", case, "--images", other, "name=x")


def test_a_non_ct_image_is_refused_by_the_model(limner, tmp_path) -> None:
    values = np.random.default_rng(0).integers(0, 800, (20, 40, 40)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(tmp_path / "mr.nii.gz"))
    limner.refused("segment", tmp_path / "mr.nii.gz", "-o", tmp_path / "out.nii.gz")
    assert not (tmp_path / "out.nii.gz").exists()


def test_screenshot_is_the_windows_picture(limner, case, tmp_path) -> None:
    limner("screenshot", case, "-o", tmp_path / "window.png", "--size", "1100x700", "--scale", "2", "--layout", "2x2")
    with Image.open(tmp_path / "window.png") as opened:
        picture = np.asarray(opened.convert("RGB")).astype(int)
    assert picture.shape == (1400, 2200, 3)
    views = picture[120:1300, 480:1500]
    grey = (views.max(axis=2) - views.min(axis=2) < 12) & (views.mean(axis=2) > 60)
    colourful = views.max(axis=2) - views.min(axis=2) > 40
    assert grey.mean() > 0.02  # anatomy
    assert colourful.mean() > 0.02  # segments
    assert limner.json("case", "show", case)["entries"][-1]["kind"] in ("change", "undo", "redo")


def test_objects_without_voxels_are_listed_and_refused(limner, shared_data, tmp_path) -> None:
    series = limner.json("info", shared_data / "04_ct_lung_gtv_rtstruct" / "pat_1")["series"]
    assert {s["modality"] for s in series} == {"CT", "RTSTRUCT"}
    assert next(s for s in series if s["modality"] == "RTSTRUCT")["shape"] == [0, 0, 0]
