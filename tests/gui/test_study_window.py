"""The list of studies through real keys and clicks: found, narrowed, opened, brought in, deleted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_series import SeriesMaker
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from imaging.formats import write_volume
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from imaging.workspace.cases import CaseRow
from imaging.workspace.listing import SeriesRow, StudyRow
from imaging.workspace.research import ResearchFile, ResearchFolder
from session.study_browsing import Found
from widgets import theme
from widgets.runs.rows import LEAST_WIDE_PX
from widgets.study_window import found_text
from widgets.study_window.columns import DESCRIPTION, day, described, person
from widgets.study_window.contents import DETAILS
from widgets.study_window.found_text import found_sentence
from widgets.study_window.window import StudyWindow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two patients; the first has two series."""
    for name, count in (("Abel^Adam", 3), ("Berg^Bea", 5)):
        below = tmp_path / "images" / name[:4]
        below.mkdir(parents=True)

        def bend(_k: int, ds, name: str = name) -> None:
            ds.PatientName, ds.PatientID, ds.StudyDate = name, name[:2], "20200304"

        make = SeriesMaker(below)
        make(count, bend)
        if name.startswith("Abel"):
            make(2, bend, prefix="t")
    return tmp_path / "images"


@pytest.fixture
def studies(window, qtbot):
    """The window of the studies, opened by its action."""
    window.session.actions.run_with_texts("studies.show", window.session, {})
    made = window.findChild(StudyWindow)
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.browsing.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def names(studies: StudyWindow) -> list[str]:
    return sorted(row.patient_name for row in studies.table.rows_model.rows)


def series(studies: StudyWindow) -> list[SeriesRow]:
    return [row for row in studies.content.rows() if isinstance(row, SeriesRow)]


def listed(qtbot, studies: StudyWindow, folder: Path) -> None:
    studies.add_folder(folder)
    qtbot.waitUntil(lambda: len(studies.table.rows_model.rows) == 2, timeout=30_000)


def test_it_says_what_to_do_while_it_is_empty(qtbot, studies) -> None:
    qtbot.waitUntil(lambda: "Add the folders" in studies.said.text(), timeout=30_000)
    assert not studies.open_chosen.isEnabled()


def test_typing_narrows_and_the_choice_shows_what_a_study_holds(qtbot, studies, folder) -> None:
    listed(qtbot, studies, folder)
    QTest.keyClicks(studies.filters.text, "abel")
    qtbot.waitUntil(lambda: names(studies) == ["Abel^Adam"], timeout=30_000)
    qtbot.waitUntil(lambda: len(series(studies)) == 2, timeout=30_000)
    qtbot.waitUntil(lambda: not studies.content.item(1).icon().isNull(), timeout=30_000)
    QTest.keyClicks(studies.filters.text, "x")
    qtbot.waitUntil(lambda: names(studies) == [], timeout=30_000)
    assert studies.content.rows() == []
    QTest.keyClick(studies.filters.text, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(studies.filters.text, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(names(studies)) == 2, timeout=30_000)


def test_a_series_opens_by_enter_and_its_case_is_listed(qtbot, window, studies, folder) -> None:
    listed(qtbot, studies, folder)
    studies.table.select_where(lambda row: row.patient_name == "Berg^Bea")
    qtbot.waitUntil(lambda: len(series(studies)) == 1, timeout=30_000)
    uid = series(studies)[0].uid
    QTest.keyClick(studies.content, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.document is not None, timeout=30_000)
    assert window.session.document.case.images[0].series_id == uid
    qtbot.waitUntil(lambda: not window.session.document.is_loading, timeout=30_000)
    window.session.actions.run_with_texts("segment.add", window.session, {})
    assert window.session.document.case.journal.flush()
    studies.browsing.update()
    qtbot.waitUntil(lambda: any(row.case_count for row in studies.table.rows_model.rows), timeout=30_000)
    studies.table.selectionModel().clear()
    studies.table.select_where(lambda row: row.patient_name == "Berg^Bea")
    qtbot.waitUntil(lambda: any(isinstance(row, CaseRow) for row in studies.content.rows()), timeout=30_000)


def test_whoever_is_quick_opens_the_chosen_study_and_not_the_one_before(qtbot, window, studies, folder) -> None:
    listed(qtbot, studies, folder)
    studies.table.select_where(lambda row: row.patient_name == "Abel^Adam")
    qtbot.waitUntil(lambda: len(series(studies)) == 2, timeout=30_000)
    studies.table.select_where(lambda row: row.patient_name == "Berg^Bea")
    assert not studies.open_chosen.isEnabled()  # what is shown at the right is still the other patient's
    studies.table.setFocus()
    QTest.keyClick(studies.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.document is not None, timeout=30_000)
    qtbot.waitUntil(lambda: not window.session.document.is_loading, timeout=30_000)
    assert window.session.document.volume.source.patient_name == "Berg^Bea"


def test_a_search_is_followed_by_arrow_and_enter(qtbot, window, studies, folder) -> None:
    listed(qtbot, studies, folder)
    studies.filters.text.setFocus()
    QTest.keyClicks(studies.filters.text, "berg")
    qtbot.waitUntil(lambda: names(studies) == ["Berg^Bea"], timeout=30_000)
    QTest.keyClick(studies.filters.text, Qt.Key.Key_Down)
    assert studies.table.hasFocus()
    QTest.keyClick(studies.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.document is not None, timeout=30_000)


def test_folders_that_grow_are_followed_and_forgotten_ones_leave_the_list(qtbot, studies, folder) -> None:
    listed(qtbot, studies, folder)
    shutil.copytree(folder / "Abel", folder.parent / "away")
    shutil.rmtree(folder / "Abel")
    studies.browsing.update()
    qtbot.waitUntil(lambda: names(studies) == ["Berg^Bea"], timeout=30_000)
    studies.browsing.forget_folder(folder)
    qtbot.waitUntil(lambda: names(studies) == [], timeout=30_000)
    assert len(list((folder / "Berg").iterdir())) == 5


def test_the_description_has_the_room_that_is_left_and_never_vanishes(qtbot, studies, folder) -> None:
    listed(qtbot, studies, folder)
    header, table = studies.table.horizontalHeader(), studies.table
    studies.resize(1600, 700)
    qtbot.waitUntil(lambda: header.length() == table.viewport().width(), timeout=30_000)
    table.setColumnWidth(0, 400)
    table.resize(420, table.height())
    qtbot.waitUntil(lambda: header.length() > table.viewport().width(), timeout=30_000)
    assert table.columnWidth(DESCRIPTION) == theme.current().px(LEAST_WIDE_PX)


def test_several_chosen_studies_stay_chosen_when_the_list_changes(qtbot, studies, folder) -> None:
    listed(qtbot, studies, folder)
    QTest.keyClick(studies.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(studies.table.chosen_rows()) == 2
    assert studies.send.isEnabled()
    assert not studies.delete.isEnabled()
    (folder / "more").mkdir()
    SeriesMaker(folder / "more")(1)
    studies.browsing.update()
    qtbot.waitUntil(lambda: len(studies.table.rows_model.rows) == 3, timeout=30_000)
    assert {row.patient_name for row in studies.table.chosen_rows()} == {"Abel^Adam", "Berg^Bea"}


def test_what_is_brought_in_is_copied_and_can_be_deleted(qtbot, window, studies, folder, monkeypatch) -> None:
    studies._timer.stop()  # what came is listed at its end, not at the next look
    window.session.actions.run_with_texts("studies.bring_in", window.session, {"folder": str(folder / "Berg")})
    home = window.session.settings.workspace() / "images"
    qtbot.waitUntil(lambda: len(list(home.glob("*/*.dcm"))) == 5, timeout=30_000)
    qtbot.waitUntil(lambda: names(studies) == ["Berg^Bea"], timeout=30_000)
    asked: list[str] = []
    monkeypatch.setattr(
        type(window.session.window), "confirm", lambda _services, question, hint: bool(asked.append(question + hint))
    )
    studies.delete.click()
    qtbot.waitUntil(lambda: bool(asked), timeout=30_000)
    assert "5 images" in asked[0]
    assert "Berg, Bea, 2020-03-04" in asked[0]
    assert len(list(home.glob("*/*.dcm"))) == 5
    monkeypatch.setattr(type(window.session.window), "confirm", lambda *_: True)
    studies.delete.click()
    qtbot.waitUntil(lambda: list(home.glob("*/*.dcm")) == [], timeout=30_000)
    qtbot.waitUntil(lambda: names(studies) == [], timeout=30_000)
    assert len(list((folder / "Berg").iterdir())) == 5


def test_images_in_a_folder_of_the_user_are_never_deleted(qtbot, window, studies, folder, monkeypatch) -> None:
    listed(qtbot, studies, folder)
    monkeypatch.setattr(type(window.session.window), "confirm", lambda *_: pytest.fail("nothing can be deleted"))
    said: list[str] = []
    window.session.messages.shown.connect(lambda message: said.append(message.text))
    studies.delete.click()
    qtbot.waitUntil(lambda: any("folder of yours" in text for text in said), timeout=30_000)
    assert len(list(folder.glob("*/*.dcm"))) == 10


@pytest.fixture
def research(folder: Path) -> Path:
    """Two NIfTI files of the same name in two folders, beside the studies."""
    for name in ("case-a", "case-b"):
        (folder / name).mkdir()
        voxels = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
        write_volume(Volume(Geometry((4, 5, 6), np.eye(4)), voxels, Quantity.SIGNAL), folder / name / "brain.nii.gz")
    return folder


def folders(studies: StudyWindow) -> list[str]:
    return [row.path.name for row in studies.table.rows_model.rows if isinstance(row, ResearchFolder)]


def files(studies: StudyWindow) -> list[ResearchFile]:
    return [row for row in studies.content.rows() if isinstance(row, ResearchFile)]


def test_research_files_are_listed_searched_opened_and_their_cases_belong_to_them(
    qtbot, window, studies, research
) -> None:
    studies.add_folder(research)
    qtbot.waitUntil(lambda: folders(studies) == ["case-a", "case-b"], timeout=30_000)
    qtbot.waitUntil(lambda: "2 research files" in studies.said.text(), timeout=30_000)
    QTest.keyClicks(studies.filters.text, "CASE-B brain")
    qtbot.waitUntil(lambda: len(studies.table.rows_model.rows) == 1, timeout=30_000)
    qtbot.waitUntil(lambda: [file.path.parent.name for file in files(studies)] == ["case-b"], timeout=30_000)
    qtbot.waitUntil(lambda: not studies.content.item(1).icon().isNull(), timeout=30_000)
    assert not studies.send.isEnabled()
    assert not studies.delete.isEnabled()
    place = studies.content.visualItemRect(studies.content.item(1)).center()
    QTest.mouseClick(studies.content.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(studies.content.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: window.session.document is not None, timeout=30_000)
    assert window.session.document.case.images[0].path == str(research / "case-b" / "brain.nii.gz")
    qtbot.waitUntil(lambda: not window.session.document.is_loading, timeout=30_000)
    window.session.actions.run_with_texts("segment.add", window.session, {})
    assert window.session.document.case.journal.flush()
    studies.browsing.update()
    qtbot.waitUntil(lambda: studies.table.rows_model.rows[0].case_count == 1, timeout=30_000)
    qtbot.waitUntil(lambda: any(isinstance(row, CaseRow) for row in studies.content.rows()), timeout=30_000)
    details = studies.content.item(studies.content.count() - 1).data(DETAILS)
    assert details.startswith("brain.nii.gz · 1 ")
    studies.filters.text.clear()
    studies.filters.case.setCurrentIndex(studies.filters.case.findData("yes"))
    studies.filters.case.activated.emit(1)
    qtbot.waitUntil(lambda: folders(studies) == ["case-b"], timeout=30_000)  # the other file has the same name


def test_research_files_are_narrowed_by_kind_and_date(qtbot, studies, research) -> None:
    studies.add_folder(research)
    qtbot.waitUntil(lambda: len(folders(studies)) == 2, timeout=30_000)
    long_ago = 1_000_000_000  # 2001
    os.utime(research / "case-a" / "brain.nii.gz", (long_ago, long_ago))
    studies.browsing.update()
    studies.filters.kind.setCurrentIndex(studies.filters.kind.findData("NIfTI"))
    studies.filters.kind.activated.emit(1)
    qtbot.waitUntil(lambda: len(studies.table.rows_model.rows) == 2, timeout=30_000)
    QTest.keyClick(studies.filters.span, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: folders(studies) == ["case-b"], timeout=30_000)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Abel^Adam^B^Dr", "Abel, Adam B"),
        ("Wang^XiaoDong=王^小东=", "Wang, XiaoDong (王, 小东)"),
        ("", ""),
        ("^^^^", ""),
        ("Plain Name", "Plain Name"),
    ],
)
def test_names_are_written_as_people_write_them(written, shown) -> None:
    assert person(written) == shown


def test_dates_and_descriptions_are_written_so_that_nobody_misreads_them() -> None:
    assert day("20200304") == "2020-03-04"
    assert day("1999") == "1999"
    assert described("FH-HEAD^Brain  Protocols") == "FH-HEAD Brain Protocols"


def test_a_list_that_is_cut_says_so(monkeypatch) -> None:
    row = StudyRow(1, "1.2", "", "", "", "", "", "", "", "", ("CT",), 1, 1, 0)
    assert "only the newest" not in found_sentence(Found((row,) * 2), is_narrowed=False)
    monkeypatch.setattr(found_text, "MOST_STUDIES", 2)
    assert "only the newest" in found_sentence(Found((row,) * 2), is_narrowed=False)


def test_the_menu_of_folders_shows_long_and_odd_paths(qtbot, studies, tmp_path) -> None:
    odd = tmp_path / "Söhne & Töchter"
    long = tmp_path / ("x" * 120) / ("y" * 120) / ("z" * 60)
    for folder in (odd, long):
        folder.mkdir(parents=True)
        studies.add_folder(folder)
    qtbot.waitUntil(lambda: len(studies.roots) == 2, timeout=30_000)
    QTest.mouseClick(studies.folders, Qt.MouseButton.LeftButton)
    (menu,) = studies.findChildren(QMenu)
    paths = {action.toolTip(): action.text() for action in menu.actions()}
    assert paths.keys() == {str(odd.resolve()), str(long.resolve())}
    assert "Söhne && Töchter" in paths[str(odd.resolve())] or "…" in paths[str(odd.resolve())]
    assert len(paths[str(long.resolve())]) < 140
    next(action for action in menu.actions() if action.toolTip() == str(odd.resolve())).trigger()
    qtbot.waitUntil(lambda: [root.path for root in studies.roots] == [long.resolve()], timeout=30_000)
    menu.close()


def test_folders_that_may_not_be_read_are_said() -> None:
    row = StudyRow(1, "1.2", "", "", "", "", "", "", "", "", ("CT",), 1, 1, 0)
    assert "may not be read: Berg" in found_sentence(Found((row,), closed_folders=("Berg",)), is_narrowed=False)
