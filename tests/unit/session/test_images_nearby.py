"""Images are found in the folder of an object and in those beside it, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from made_series import SeriesMaker, ct_slice

import session.images_nearby
from session.images_nearby import Nearby, images_near
from session.jobs import Cancelled

ONE, OTHER = "1.2.3.1", "1.2.3.2"


def near(place: Path, *uids: str, report: Callable[[float | None, str], None] = lambda *_: None):
    return images_near(place.parent, frozenset(uids), report).found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the object lies."""
    folder = tmp_path / "study" / "objects"
    folder.mkdir(parents=True)
    (folder / "object.dcm").write_bytes(b"only its place matters")
    return folder / "object.dcm"


def write(folder: Path, uid: str, count: int = 2) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return SeriesMaker(folder)(count, series=uid, prefix=uid[-1])


@pytest.mark.parametrize("where", [".", "below/deep", "../images", "../images/series 1"])
def test_images_are_found_in_the_folder_and_beside_it(place: Path, where: str) -> None:
    folder = write((place.parent / where).resolve(), ONE)
    assert near(place, ONE) == (folder, ONE)
    assert near(place, OTHER) is None


@pytest.mark.parametrize("where", ["../../elsewhere", ".hidden", "1/2/3/4/5"])
def test_what_lies_further_away_is_left_alone(place: Path, where: str) -> None:
    write((place.parent / where).resolve(), ONE)
    assert near(place, ONE) is None


def test_of_several_series_the_one_with_most_images_is_taken(place: Path) -> None:
    write(place.parent.parent / "a", ONE, 2)
    folder = write(place.parent.parent / "b", OTHER, 3)
    assert near(place, ONE, OTHER) == (folder, OTHER)


def test_the_folder_holds_all_of_a_series_that_is_spread(place: Path) -> None:
    for part in ("1", "2"):
        write(place.parent.parent / "disc" / part, ONE)
    assert near(place, ONE) == (place.parent.parent / "disc", ONE)


def test_an_object_of_this_series_is_no_image(place: Path) -> None:
    mask = ct_slice(0, ONE, "1.2")
    mask.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    mask.save_as(place.parent / "mask.dcm", enforce_file_format=True)
    assert near(place, ONE) is None


def test_no_more_than_so_many_files_are_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place.parent.parent / "images", ONE)
    monkeypatch.setattr(session.images_nearby, "MOST_FILES", 1)  # the object itself
    assert images_near(place.parent, frozenset([ONE]), lambda *_: None) == Nearby(None, is_cut=True)


@pytest.mark.parametrize(("most", "is_cut"), [(2, True), (3, False)])
def test_it_is_said_when_there_were_more_files(
    place: Path, monkeypatch: pytest.MonkeyPatch, most: int, is_cut: bool
) -> None:
    write(place.parent.parent / "images", ONE)
    monkeypatch.setattr(session.images_nearby, "MOST_FILES", most)
    assert images_near(place.parent, frozenset([OTHER]), lambda *_: None) == Nearby(None, is_cut)


def test_it_can_be_stopped(place: Path) -> None:
    def stop(_fraction: float | None, _message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        near(place, ONE, report=stop)
