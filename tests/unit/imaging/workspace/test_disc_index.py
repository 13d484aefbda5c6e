"""A disc is listed from its directory: the same list, few files opened, and nothing believed that files deny."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_disc import Node, make_disc, write_directory
from pydicom import dcmread

from imaging.workspace import discs, listing
from imaging.workspace.looking import Looker
from imaging.workspace.study_index import StudyIndex


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return make_disc(tmp_path / "cd", (5, 6))


@pytest.fixture
def looked(monkeypatch) -> list[str]:
    """The names of files that are opened."""
    opened: list[str] = []
    look = Looker.look
    monkeypatch.setattr(Looker, "look", lambda self, path: opened.append(Path(path).name) or look(self, path))
    return opened


def listed(folder: Path, place: Path, looked: list[str]) -> list[tuple]:
    """All that the list shows of a folder, without the numbers of its rows."""
    looked.clear()
    found = []
    with StudyIndex(place) as index:
        index.update(folder)
        for study in listing.studies(index):
            for series in listing.series_of(index, study.id):
                files = [path.relative_to(folder) for path, _ in listing.files_of(index, series.id)]
                found.append((*list(vars(study).values())[1:], *list(vars(series).values())[2:-1], files))
    return found


def test_one_file_of_each_series_is_opened_and_the_list_is_the_same(directory, tmp_path, looked) -> None:
    (directory.parent / "viewer.exe").write_bytes(b"no image")
    by_records = listed(directory.parent, tmp_path / "a.sqlite", looked)
    assert sorted(looked) == ["IM00000", "IM00000"]
    directory.unlink()
    assert listed(directory.parent, tmp_path / "b.sqlite", looked) == by_records
    assert len(looked) == 12
    assert len(by_records) == 2


def test_a_series_of_a_disc_is_opened_by_the_directory(directory, tmp_path) -> None:
    with StudyIndex(tmp_path / "a.sqlite") as index:
        index.update(directory.parent)
        (study,) = listing.studies(index)
        assert {series.folder for series in listing.series_of(index, study.id)} == {directory}


def test_a_file_that_is_not_what_its_record_says_costs_the_directory_its_credit(directory, tmp_path, looked) -> None:
    first, second = directory.parent / "DICOM" / "SER00001" / "IM00000", directory.parent / "DICOM" / "SER00002"
    ds = dcmread(first)
    ds.PatientName, ds.SeriesInstanceUID = "Else^Somebody", "1.2.3.4"
    ds.save_as(first)
    found = listed(directory.parent, tmp_path / "a.sqlite", looked)
    assert set(looked) >= {path.name for path in second.iterdir()}
    assert len(looked) > 11
    assert sorted(row[2] for row in found) == ["Disc^Donna", "Disc^Donna", "Else^Somebody"]
    with StudyIndex(tmp_path / "a.sqlite") as index:
        (file,) = listing.unreadable_files(index)
    assert file.path == directory
    assert "contradict" in file.reason


def test_files_that_the_directory_does_not_name_are_looked_at(directory, tmp_path, looked) -> None:
    def only_first(patients: list[Node]) -> None:
        del patients[0].below[0].below[1]

    write_directory(directory.parent, only_first)
    found = listed(directory.parent, tmp_path / "a.sqlite", looked)
    assert len(found) == 2
    assert len(looked) == 7


def test_records_that_say_too_little_are_not_used(directory, tmp_path, looked) -> None:
    def without_uids(patients: list[Node]) -> None:
        for node in patients[0].below[0].below[0].below[1:]:
            del node.values[0x00041511]

    write_directory(directory.parent, without_uids)
    assert sum(row[11] for row in listed(directory.parent, tmp_path / "a.sqlite", looked)[:1]) == 11
    assert len(looked) == 6


def test_what_is_missing_on_a_disc_is_known_until_it_is_there(directory, tmp_path) -> None:
    lost = directory.parent / "DICOM" / "SER00002" / "IM00003"
    content = lost.read_bytes()
    lost.unlink()
    with StudyIndex(tmp_path / "a.sqlite") as index:
        index.update(directory.parent)
        (disc,) = listing.incomplete_discs(index)
        assert disc.path == directory
        lost.write_bytes(content)
        index.update(directory.parent)
        assert listing.incomplete_discs(index) == []
        assert listing.studies(index)[0].instance_count == 11


def test_a_stopped_look_goes_on_by_the_directory(directory, tmp_path, looked) -> None:
    with StudyIndex(tmp_path / "a.sqlite") as index:
        assert index.update(directory.parent, is_cancelled=lambda: True).is_cancelled
        looked.clear()
        assert index.update(directory.parent).looked_at == 12
        assert len(looked) == 2


@pytest.mark.parametrize("cut", [3, 200, 10**6])
def test_a_broken_directory_is_listed_as_unreadable_and_costs_nothing_else(directory, tmp_path, looked, cut) -> None:
    directory.write_bytes(directory.read_bytes()[:-cut])
    assert len(listed(directory.parent, tmp_path / "a.sqlite", looked)) == 2
    with StudyIndex(tmp_path / "a.sqlite") as index:
        assert [file.path for file in listing.unreadable_files(index)] == [directory]
        (study,) = listing.studies(index)
        assert directory not in {series.folder for series in listing.series_of(index, study.id)}


def test_only_the_directory_of_a_disc_that_changed_is_read_again(directory, tmp_path, monkeypatch) -> None:
    other = make_disc(tmp_path / "cd2", (2,))
    deep = make_disc(tmp_path / "cd" / "deep", (2,))
    read: list[Path] = []
    reads = discs.read_disc
    monkeypatch.setattr(discs, "read_disc", lambda place, files: read.append(place) or reads(place, files))
    with StudyIndex(tmp_path / "a.sqlite") as index:
        index.update(tmp_path)
        assert read == [directory, other, deep]  # the outer one first: what an inner one names is its own
        read.clear()
        index.update(tmp_path)
        assert read == []
        (other.parent / "notes").write_text("new")
        index.update(tmp_path)
        assert read == [other]
        (deep.parent / "DICOM" / "SER00001" / "IM00000").unlink()
        read.clear()
        index.update(tmp_path)
        assert read == [directory, deep]
        assert [disc.path for disc in listing.incomplete_discs(index)] == [deep]
        assert {series.folder for study in listing.studies(index) for series in listing.series_of(index, study.id)} == {
            directory,
            other,
            deep,
        }
