"""Images are brought in whole, once, and without reading in vain; only the workspace's own files are deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made_disc import Node, make_disc, write_directory
from made_series import SeriesMaker

from imaging.errors import UserError
from imaging.workspace import listing
from imaging.workspace.looking import Looker
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.jobs import Cancelled
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


def test_what_the_directory_names_comes_first_and_what_is_missing_is_named(tmp_path) -> None:
    directory = make_disc(tmp_path / "cd", (2, 3))
    for name in ("autorun.exe", "0-surprise"):
        (directory.parent / name).write_bytes(b"no image")
    (directory.parent / "DICOM" / "SER00002" / "IM00002").unlink()
    said: list[str] = []
    done = bring_in(directory.parent, tmp_path / "w", lambda _fraction, message: said.append(message))
    assert (done.new, done.failed, done.others) == (4, 0, 3)
    assert said[0] == "0 of 6 files"  # the program is not even counted
    (remark,) = done.remarks
    assert remark.message.endswith("not there: 1.")
    assert remark.hint == "Missing: SER00002/IM00002."


def test_objects_that_the_directory_does_not_name_come_in_too(tmp_path) -> None:
    directory = make_disc(tmp_path / "cd", (2, 3))

    def only_first(patients: list[Node]) -> None:
        del patients[0].below[0].below[1]

    write_directory(directory.parent, only_first)
    assert bring_in(directory.parent, tmp_path / "w").new == 5


def test_a_broken_directory_is_said_and_everything_comes_in(tmp_path) -> None:
    directory = make_disc(tmp_path / "cd", (2, 3))
    directory.write_bytes(directory.read_bytes()[:-9])
    done = bring_in(directory.parent, tmp_path / "w")
    assert done.new == 5
    assert "ends within a record" in done.remarks[0].message


def test_a_stopped_disc_goes_on_without_reading_what_came(tmp_path, monkeypatch) -> None:
    directory = make_disc(tmp_path / "cd", (2, 3))

    def until_third(_fraction: float, message: str) -> None:
        if message.startswith("3 of"):
            raise Cancelled

    stopped = bring_in(directory.parent, tmp_path / "w", until_third)
    assert (stopped.new, stopped.is_cancelled) == (3, True)
    with StudyIndex(tmp_path / "w" / INDEX_NAME) as index:
        assert listing.studies(index)[0].instance_count == 3  # what came is listed
    looked: list[str] = []
    look = Looker.look
    monkeypatch.setattr(Looker, "look", lambda self, path: looked.append(path) or look(self, path))
    rest = bring_in(directory.parent, tmp_path / "w")
    assert (rest.new, rest.same, rest.is_cancelled) == (2, 3, False)
    on_disc = [Path(path) for path in looked if path.startswith(str(directory.parent))]
    assert sorted(path.name for path in on_disc) == ["DICOMDIR", "IM00001", "IM00002"]


def test_what_was_deleted_since_is_brought_in_again(tmp_path) -> None:
    directory = make_disc(tmp_path / "cd", (2,))
    workspace = tmp_path / "w"
    bring_in(directory.parent, workspace)
    delete_study(study_of(workspace), workspace)
    assert bring_in(directory.parent, workspace).new == 2


def test_the_journal_of_discs_holds_no_names_of_files(tmp_path) -> None:
    directory = make_disc(tmp_path / "cd", (1,))
    (directory.parent / "DICOM").rename(directory.parent / "Geheim")
    bring_in(directory.parent, tmp_path / "w")
    for file in (tmp_path / "w").glob("received.sqlite*"):
        assert b"Geheim" not in file.read_bytes()
