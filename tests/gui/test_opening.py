"""Opening images and cases in the window: what is found, what goes on, what is asked, what is refused."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from app.opening import open_path, show_series
from app.window import MainWindow
from imaging.edit import AddSegment, Batch, PaintEdit
from imaging.formats.registry import write_volume
from imaging.geometry import Box, Geometry
from imaging.phantom.series import write_dicom_series
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from session.messages import Message, Severity
from session.opening import new_document, read_images
from session.reading import choose_series
from session.session import Session

SHAPE = (12, 30, 40)


def ct(seed: int = 0, shape: tuple[int, int, int] = SHAPE) -> Volume:
    voxels = np.random.default_rng(seed).integers(-1000, 1000, shape).astype(np.int16)
    return Volume(Geometry(shape, np.diag([1.0, 1, 2, 1])), voxels, Quantity.HU)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    folder = tmp_path / "series"
    write_dicom_series(ct(), folder)
    return folder


@pytest.fixture
def said(window: MainWindow) -> list[Message]:
    messages: list[Message] = []
    window.session.messages.shown.connect(messages.append)
    return messages


@pytest.fixture
def opened(qtbot, window: MainWindow) -> Callable[..., Session]:
    """Opens a path and waits until everything is read."""

    def run(path: Path) -> Session:
        open_path(window.session, path)
        wait_until_read(qtbot, window.session)
        return window.session

    return run


def wait_until_read(qtbot, session: Session) -> None:
    def is_read() -> bool:
        at_rest = all(job.is_finished for job in session.jobs.jobs)
        return at_rest and session.document is not None and not session.document.is_loading

    qtbot.waitUntil(is_read, timeout=20_000)


def paint(session: Session) -> int:
    document = session.open_document
    document.apply(AddSegment(Segment(1, "liver")), title="Add liver", tool="t")
    box = Box(0, 5, 0, 5, 0, 5)
    document.apply(PaintEdit(1, box, np.ones(box.shape, bool)), title="Paint liver", tool="t")
    document.case.journal.flush()
    return document.segmentation.voxel_count(1)


def cases(session: Session) -> list[Path]:
    folder = session.settings.workspace() / "cases"
    return sorted(folder.glob("*.limner")) if folder.is_dir() else []


def test_looking_at_a_series_makes_no_case(opened, series) -> None:
    session = opened(series)
    assert np.array_equal(session.open_document.volume.voxels, ct().voxels)
    session.set_document(None)
    assert cases(session) == []


def test_the_first_change_makes_the_case_and_its_name_tells_nothing(opened, series) -> None:
    session = opened(series)
    paint(session)
    (case,) = cases(session)
    assert case.name.startswith("CT 20")
    assert "Phantom" not in case.name


def test_opening_the_image_again_goes_on_with_its_case(opened, series, said) -> None:
    session = opened(series)
    voxels = paint(session)
    session.set_document(None)
    session = opened(series)
    assert session.open_document.segmentation.voxel_count(1) == voxels
    assert len(cases(session)) == 1
    assert any("goes on" in message.text for message in said)
    assert len(session.open_document.case.images[0].pixel_hash) == 64


def test_a_new_case_begins_afresh_and_the_old_one_stays(opened, series, qtbot) -> None:
    session = opened(series)
    paint(session)
    session.actions["file.new_case"].run(session)
    wait_until_read(qtbot, session)
    assert session.open_document.segmentation.segments == ()
    session.open_document.apply(AddSegment(Segment(1, "x")), title="add", tool="t")
    session.open_document.case.journal.flush()
    assert len(cases(session)) == 2


def test_a_case_brings_its_images_and_its_view(opened, series) -> None:
    session = opened(series)
    paint(session)
    session.presentation.update(overlay_opacity=0.8)
    path = session.open_document.case.path
    session.set_document(None)
    session.presentation.update(overlay_opacity=0.3)
    session = opened(path)
    assert np.array_equal(session.open_document.volume.voxels, ct().voxels)
    assert session.presentation.state.overlay_opacity == 0.8
    assert session.selection.state.segment_number == 1


def test_a_damaged_view_keeps_no_case_closed(opened, series, said) -> None:
    session = opened(series)
    voxels = paint(session)
    path = session.open_document.case.path
    session.open_document.case.journal.save_state("presentation", '{"layout": 5}')
    session.set_document(None)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE state SET value = ? WHERE key = 'presentation'", ('{"layout": 5}',))
    session = opened(path)
    assert session.open_document.segmentation.voxel_count(1) == voxels
    assert any("shown last" in message.text for message in said)


def test_moved_images_are_asked_for(opened, series, window, monkeypatch) -> None:
    session = opened(series)
    voxels = paint(session)
    path = session.open_document.case.path
    session.set_document(None)
    moved = series.with_name("moved")
    series.rename(moved)
    monkeypatch.setattr(type(session.window), "locate_images", lambda _self, _reference: moved)
    session = opened(path)
    assert session.open_document.segmentation.voxel_count(1) == voxels
    assert session.open_document.case.images[0].path == str(moved)


def test_other_images_are_refused_and_nothing_is_open(opened, series, qtbot, window, said) -> None:
    session = opened(series)
    paint(session)
    path = session.open_document.case.path
    session.set_document(None)
    session.settings.set("recent", [])
    shutil.rmtree(series)
    write_dicom_series(ct(seed=9), series)
    open_path(session, path)
    qtbot.waitUntil(lambda: any(m.severity is Severity.ERROR for m in said), timeout=20_000)
    assert "not the images" in said[-1].text or "not among" in said[-1].text
    assert session.document is None


def test_of_several_series_the_largest_is_shown_and_the_others_wait(opened, tmp_path, qtbot) -> None:
    write_dicom_series(ct(1, (4, 30, 40)), tmp_path / "study" / "small", 1)
    write_dicom_series(ct(2, (9, 30, 40)), tmp_path / "study" / "large", 2)
    session = opened(tmp_path / "study")
    assert session.open_document.volume.geometry.shape == (9, 30, 40)
    assert len(session.shelf) == 2
    other = next(i for i in session.shelf if i.series.geometry and i.series.geometry.shape[0] == 4)
    show_series(session, other.path, other.series)
    qtbot.waitUntil(lambda: session.open_document.volume.geometry.shape[0] == 4, timeout=20_000)


@pytest.mark.parametrize(("answer", "is_regular"), [("keep", False), ("resample", True)])
def test_an_uneven_series_asks_how_it_is_to_be_opened(opened, series, monkeypatch, answer, is_regular) -> None:
    sorted(series.iterdir())[5].unlink()
    asked = []
    monkeypatch.setattr("app.window_services.Services.ask_choice", lambda _self, *words: asked.append(words) or answer)
    session = opened(series)
    assert len(asked) == 1
    assert "missing-slice" in asked[0][1]
    assert session.open_document.volume.geometry.is_regular is is_regular
    assert session.open_document.case.images[0].on_regular_grid is is_regular


def test_cancelling_that_question_opens_nothing(series, window, qtbot, monkeypatch) -> None:
    sorted(series.iterdir())[5].unlink()
    asked = []
    monkeypatch.setattr("app.window_services.Services.ask_choice", lambda _self, *words: asked.append(words))
    open_path(window.session, series)
    qtbot.waitUntil(lambda: bool(asked), timeout=20_000)
    assert window.session.document is None


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04broken"])
def test_what_cannot_be_read_is_a_message_and_the_open_case_stays(
    opened, series, tmp_path, qtbot, said, content
) -> None:
    session = opened(series)
    bad = tmp_path / "bad.dcm"
    bad.write_bytes(content)
    open_path(session, bad)
    qtbot.waitUntil(lambda: any(m.severity is Severity.ERROR for m in said), timeout=20_000)
    assert session.document is not None


def test_what_was_opened_stands_first_in_the_recent_list(opened, series, tmp_path) -> None:
    write_volume(ct(3), tmp_path / "image.nii.gz")
    opened(series)
    session = opened(tmp_path / "image.nii.gz")
    assert session.settings["recent"][:2] == [str(tmp_path / "image.nii.gz"), str(series)]


def test_an_image_that_is_open_already_is_not_opened_twice(opened, series) -> None:
    session = opened(series)
    document = session.open_document
    paint(session)
    opened(series)
    assert session.open_document is document


def test_what_encloses_others_hides_them_not_when_a_case_is_seen_for_the_first_time(
    opened: Callable[..., Session], series: Path, tmp_path: Path
) -> None:
    """As after accepting in the window: cases come from the command line and from the queue, too."""
    path = tmp_path / "made.limner"
    document = new_document(read_images(series, choose_series(series, None)), path)
    body, liver = Segment(1, "Body", encloses=True), Segment(2, "Liver", layer=1)
    document.apply(Batch((AddSegment(body), AddSegment(liver))), title="Add", tool="t")
    document.close()
    session = opened(path)
    assert [session.presentation.is_visible(number) for number in (1, 2)] == [False, True]
    assert session.selection.state.segment_number == 2
    session.presentation.set_visible(1, True)  # somebody wants to see it
    session.set_document(None)
    assert opened(path).presentation.is_visible(1)
