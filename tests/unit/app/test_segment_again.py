"""``limner segment`` a second time into the same folder: what is done is skipped, what was replaced is made anew."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest

from app.cli import main
from app.commands import segment, segment_many
from imaging.case.images import pixel_hash
from imaging.formats.registry import check_grid
from imaging.geometry import Geometry
from imaging.phantom.series import write_dicom_series
from imaging.volume import Quantity, SourceSeries, Volume
from inference.record.run_record import Outcome, RunRecord
from session.before_run import BeforeRun
from session.done_before import write_record
from session.opening import OpenedImages
from session.segment_to_file import Segmented, Wishes

Limner = Callable[..., tuple[str, str]]
AGAIN = "0 segmented, 1 skipped, 0 failed\n"
ANEW = "1 segmented, 0 skipped, 0 failed\n"
LONG_AGO = 1_500_000_000


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The highest voxel of each image that a model was run on."""
    images: list[int] = []

    def made(read: OpenedImages, out: Path, wishes: Wishes, *_: Any) -> Segmented:
        check_grid(read.volumes[0].geometry)
        images.append(int(read.volumes[0].voxels.max()))
        out.write_bytes(b"mask")
        record = RunRecord("id", "2026-01-01T00:00:00Z", Outcome.DONE, wishes.model.id, "Rules", wishes.model.version,
                           input_hash=pixel_hash(read.volumes[0]))  # fmt: skip
        write_record(record, out, wishes.inputs)
        return Segmented({"labels": [], "scores": [], "boxes": [], "maps": [], "notes": []}, record)

    for module in (segment, segment_many):
        monkeypatch.setattr(module, "segment_to_file", made)
        monkeypatch.setattr(module, "before_run", lambda *_: BeforeRun())
    return images


@pytest.fixture
def limner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Limner:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.delenv("LIMNER_MODELS", raising=False)

    def run(*arguments: object) -> tuple[str, str]:
        assert main(["segment", *map(str, arguments), "-o", str(tmp_path / "out")]) == 0
        text, errors = capsys.readouterr()
        return text, errors

    return run


def dicom(folder: Path, value: int, *, slices: int = 4, seed: int = 1) -> Path:
    voxels = np.zeros((slices, 12, 12), np.int16)
    voxels[1, 2, 3] = value
    geometry = Geometry(voxels.shape, np.diag([1.0, 1.0, 2.0, 1.0]))
    volume = Volume(geometry, voxels, Quantity.HU, SourceSeries(modality="CT", description=f"{seed}"))
    write_dicom_series(volume, folder)
    return folder


def nifti(path: Path, value: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    voxels = np.zeros((4, 5, 6), np.int16)
    voxels[1, 2, 3] = value
    nib.save(nib.Nifti1Image(voxels, np.diag([1.0, 1.0, 2.0, 1.0])), path)
    return path


def aged(path: Path, seconds: float) -> None:
    """All files below a path get this time of change."""
    for file in [path, *path.rglob("*")]:
        if file.is_file():
            os.utime(file, (seconds, seconds))


def record_of(tmp_path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((tmp_path / "out" / "anna.run.json").read_text())
    return read


def test_an_unchanged_folder_is_skipped_wherever_it_was_moved(limner: Limner, ran: list[int], tmp_path: Path) -> None:
    folder = dicom(tmp_path / "anna", 1)
    limner(folder)
    text, errors = limner(folder)
    assert text == AGAIN
    assert "anna.nii.gz is there already" in errors
    (tmp_path / "elsewhere").mkdir()
    assert limner(shutil.move(folder, tmp_path / "elsewhere" / "anna"))[0] == AGAIN
    assert ran == [1]


@pytest.mark.parametrize("is_older", [True, False])
@pytest.mark.parametrize("slices", [4, 5])
def test_a_folder_with_other_content_runs_again_and_says_so(
    slices: int, is_older: bool, limner: Limner, ran: list[int], tmp_path: Path
) -> None:
    """Copies may keep their times, so what replaces an image may well be older than the mask of the one before."""
    folder = dicom(tmp_path / "anna", 1)
    limner(folder)
    shutil.rmtree(folder)
    dicom(folder, 2, slices=slices)
    if is_older:
        aged(folder, LONG_AGO)
    text, errors = limner(folder)
    assert text == ANEW
    assert errors.count("anna.nii.gz was made from another image and is made anew") == 1
    assert ran == [1, 2]
    assert limner(folder)[0] == AGAIN


def test_a_mask_that_could_not_be_made_anew_is_named(
    limner: Limner, ran: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = dicom(tmp_path / "anna", 1, slices=6)
    limner(folder)
    (folder / "IM00003.dcm").unlink()  # no mask file can hold what is left
    status = main(["segment", str(folder), "-o", str(tmp_path / "out")])
    errors = capsys.readouterr().err
    assert status == 1
    assert "anna.nii.gz was made from another image" in errors
    assert "warning: anna.nii.gz is still the one of the run before." in errors
    assert ran == [1]


def test_a_file_that_joins_or_leaves_the_series_runs_it_again(limner: Limner, ran: list[int], tmp_path: Path) -> None:
    whole, folder = dicom(tmp_path / "whole", 1, slices=6), tmp_path / "anna"
    files = sorted(path for path in whole.rglob("*") if path.is_file())
    folder.mkdir()
    for file in files[:-1]:
        shutil.copy2(file, folder)
    limner(folder)
    shutil.copy2(files[-1], folder)
    assert "made from another image" in limner(folder)[1]
    (folder / files[-1].name).unlink()
    assert "made from another image" in limner(folder)[1]
    assert ran == [1, 1, 1]


def test_a_file_that_is_no_image_changes_nothing(limner: Limner, ran: list[int], tmp_path: Path) -> None:
    folder = dicom(tmp_path / "anna", 1)
    limner(folder)
    (folder / "notes.txt").write_text("seen")
    assert limner(folder)[0] == AGAIN
    assert ran == [1]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_files_that_were_written_again_with_the_same_image_are_skipped(
    kind: str, limner: Limner, ran: list[int], tmp_path: Path
) -> None:
    path = dicom(tmp_path / "anna", 1) if kind == "folder" else nifti(tmp_path / "anna.nii.gz", 1)
    limner(path)
    aged(path, LONG_AGO)
    text, errors = limner(path)
    assert text == AGAIN
    assert "the files of its image were written again, the image is the same" in errors
    text, errors = limner(path)
    assert text == AGAIN
    assert "written again" not in errors  # it is known by now
    assert ran == [1]
    assert record_of(tmp_path)["outcome"] == "done"


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_other_voxels_in_files_of_the_same_size_and_name_run_again(
    kind: str, limner: Limner, ran: list[int], tmp_path: Path
) -> None:
    """Programs that change images in place often leave the UIDs as they were."""
    if kind == "folder":
        path = dicom(tmp_path / "anna", 1)
        limner(path)
        for file in path.rglob("*.dcm"):
            size, read = file.stat().st_size, pydicom.dcmread(file)
            read.PixelData = (read.pixel_array + read.pixel_array.dtype.type(8)).tobytes()
            read.save_as(file)
            assert file.stat().st_size == size
    else:
        path = nifti(tmp_path / "anna.nii", 1)
        limner(path)
        nifti(path, 9)
    aged(path, LONG_AGO)
    assert "made from another image" in limner(path)[1]
    assert ran == [1, 9]


def test_the_voxels_file_of_a_header_counts(limner: Limner, ran: list[int], tmp_path: Path) -> None:
    header, voxels = tmp_path / "anna.mhd", np.zeros((4, 5, 6), "<i2")
    fields = ("ObjectType = Image", "BinaryData = True", "NDims = 3", "DimSize = 6 5 4", "ElementType = MET_SHORT",
              "ElementSpacing = 1 1 2", "ElementDataFile = anna.raw")  # fmt: skip
    header.write_text("\n".join(fields) + "\n")
    for value in (3, 4):
        voxels[1, 2, 3] = value
        (tmp_path / "anna.raw").write_bytes(voxels.tobytes())
        aged(tmp_path / "anna.raw", LONG_AGO + value)
        limner(header)
    assert ran == [3, 4]


def test_records_of_earlier_versions_go_by_the_files_times(limner: Limner, ran: list[int], tmp_path: Path) -> None:
    folder = dicom(tmp_path / "anna", 1)
    limner(folder)
    noted = tmp_path / "out" / "anna.run.json"
    noted.write_text(json.dumps({name: value for name, value in record_of(tmp_path).items() if name != "inputs"}))
    assert limner(folder)[0] == AGAIN
    aged(folder, noted.stat().st_mtime + 10)
    assert "made from another image" in limner(folder)[1]
    assert ran == [1, 1]


def test_masks_of_what_a_folder_no_longer_holds_are_named(limner: Limner, ran: list[int], tmp_path: Path) -> None:
    folder, other = tmp_path / "anna", tmp_path / "anna-banana"
    dicom(folder, 1)
    limner(folder, dicom(other, 5))
    dicom(folder / "more", 2)
    text, errors = limner(folder)
    assert text == "2 segmented, 0 skipped, 0 failed\n"
    assert "warning: anna.nii.gz is left from before: anna holds no image for it now" in errors
    assert errors.count("left from before") == 1  # nothing is known of others that begin alike
    shutil.rmtree(folder / "more")
    errors = limner(folder)[1]
    assert errors.count("left from before") == 2  # those of the two with digits
    assert sorted(ran) == [1, 1, 2, 5]


def test_a_record_names_no_patient(limner: Limner, ran: list[int], tmp_path: Path) -> None:
    limner(dicom(tmp_path / "anna", 1))
    (noted,) = record_of(tmp_path)["inputs"]
    assert sorted(noted) == ["content", "times"]
    assert all(len(value) == 64 for value in noted.values())
    assert ran == [1]
