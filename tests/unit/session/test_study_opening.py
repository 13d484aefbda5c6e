"""Images are brought in whole, once, and without reading in vain; only the workspace's own files are deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made_series import SeriesMaker

from imaging.errors import UserError
from imaging.workspace import listing
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.study_opening import bring_in, delete_study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cd"
    made.mkdir()
    return SeriesMaker(made)(4)


def study_of(workspace: Path) -> int:
    with StudyIndex(workspace / INDEX_NAME) as index:
        (study,) = listing.studies(index)
    return study.id


def test_other_files_are_left_out_without_being_read(folder, tmp_path, monkeypatch) -> None:
    (folder / "viewer.exe").write_bytes(b"no image")
    read = Path.read_bytes

    def only_images(path: Path) -> bytes:
        assert path.suffix == ".dcm"
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", only_images)
    done = bring_in(folder, tmp_path / "w")
    assert (done.new, done.others, done.failed) == (4, 1, 0)
    assert bring_in(folder, tmp_path / "w").same == 4


def test_objects_that_only_pydicom_can_follow_come_in_too(folder, tmp_path) -> None:
    whole = (folder / "s000.dcm").read_bytes()
    place = whole.index(b"\x08\x00\x60\x00CS")  # Modality under a representation that nobody knows
    (folder / "s000.dcm").write_bytes(whole[: place + 4] + b"ZZ" + whole[place + 6 :])
    done = bring_in(folder, tmp_path / "w")
    assert (done.new, done.others) == (4, 0)


def test_deleting_takes_every_copy_of_ours_and_none_of_the_users(folder, tmp_path) -> None:
    workspace = tmp_path / "w"
    bring_in(folder, workspace)
    with StudyIndex(workspace / INDEX_NAME) as index:
        index.update(folder)  # the same objects, in a folder of the user
    shutil.copytree(folder, tmp_path / "kept")
    assert delete_study(study_of(workspace), workspace) == 4
    assert list((workspace / "images").glob("*/*.dcm")) == []
    assert len(list(folder.iterdir())) == 4
    with pytest.raises(UserError, match="folder of yours"):
        delete_study(study_of(workspace), workspace)
