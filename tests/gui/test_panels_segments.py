"""The segment list: real clicks on each part of a row, keys, filter, adding, and many segments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.case.case import Case
from imaging.edit import AddSegment, Batch, PaintEdit
from imaging.extent import Extent
from imaging.geometry import Box, Geometry
from imaging.segment import Segment, SegmentState
from imaging.volume import Quantity, Volume
from session.document import Document
from widgets.panels.segments.delegate import Parts, parts
from widgets.panels.segments.list_view import SegmentList
from widgets.panels.segments.model import ROW, size_text

LEFT = Qt.MouseButton.LeftButton


def row_parts(rows: SegmentList, place: int) -> Parts:
    index = rows.filter.index(place, 0)
    return parts(rows.visualRect(index), index.data(ROW))


def click(rows: SegmentList, rect: QRect) -> None:
    QTest.mouseClick(rows.viewport(), LEFT, pos=rect.center())
    QApplication.processEvents()


def segment(window: MainWindow, number: int) -> Segment:
    return window.session.open_document.segmentation.segment(number)


def open_menu(qtbot: QtBot) -> QMenu:
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_rows_say_name_state_and_volume(case_window: MainWindow) -> None:
    rows = case_window.right.segments.list
    said = [rows.filter.index(n, 0).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(3)]
    assert said == [
        "liver, in progress, 1.0 ml, visible",
        "spleen, in progress, 0.2 ml, visible",
        "kidney, empty, –, visible",
    ]


def test_a_slice_of_unknown_thickness_shows_areas(window: MainWindow, tmp_path: Path) -> None:
    geometry = Geometry((1, 40, 40), np.eye(4), has_thickness=False)
    document = Document([Volume(geometry, np.zeros((1, 40, 40)))], Case.create(tmp_path / "flat.limner", geometry, []))
    window.session.set_document(document)
    box = Box(0, 1, 2, 12, 4, 9)
    paint = PaintEdit(1, box, np.ones(box.shape, bool))
    document.apply(Batch((AddSegment(Segment(1, "Lesion")), paint)), title="Painted", tool="test")
    said = window.right.segments.list.filter.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Lesion, in progress, 50.0 mm², visible"


@pytest.mark.parametrize(("ml", "text"), [(1125.71, "1125.7 ml"), (0.1, "0.1 ml"), (0.0042, "0.004 ml")])
def test_size_text(ml: float, text: str) -> None:
    assert size_text(Extent(ml), is_empty=False) == text
    assert size_text(Extent(0), is_empty=True) == "–"


def test_volume_follows_painting_within_a_stroke(case_window: MainWindow, qtbot: QtBot) -> None:
    index = case_window.right.segments.list.filter.index(2, 0)
    stroke = case_window.session.open_document.stroke(title="Paint kidney", tool="brush")
    stroke.apply(PaintEdit(3, Box(0, 5, 30, 40, 30, 40), np.ones((5, 10, 10), bool)))
    qtbot.waitUntil(lambda: index.data(ROW).volume == "1.0 ml")
    stroke.cancel()
    qtbot.waitUntil(lambda: index.data(ROW).volume == "–")


def test_click_on_the_name_selects(case_window: MainWindow) -> None:
    rows = case_window.right.segments.list
    click(rows, row_parts(rows, 1).name)
    assert case_window.session.selection.state.segment_number == 2


def test_selection_elsewhere_moves_the_row(case_window: MainWindow) -> None:
    case_window.bridge.run("segment.select", number=3)
    rows = case_window.right.segments.list
    assert rows.number(rows.currentIndex()) == 3


def test_click_on_the_eye_hides_and_shows(case_window: MainWindow) -> None:
    rows, presentation = case_window.right.segments.list, case_window.session.presentation
    eye = row_parts(rows, 1).eye
    click(rows, eye)
    assert presentation.state.hidden_segments == {2}
    click(rows, eye)
    assert presentation.state.hidden_segments == frozenset()
    assert case_window.session.selection.state.segment_number == 1  # the eye does not select


def test_click_on_the_lock_locks(case_window: MainWindow) -> None:
    rows = case_window.right.segments.list
    click(rows, row_parts(rows, 0).lock)
    assert segment(case_window, 1).locked
    assert case_window.session.open_document.undo_title == "Lock liver"


def test_click_on_the_chip_offers_the_states(case_window: MainWindow, qtbot: QtBot) -> None:
    rows = case_window.right.segments.list
    click(rows, row_parts(rows, 1).chip)
    menu = open_menu(qtbot)
    flagged = next(a for a in menu.actions() if a.text() == "Mark as flagged")
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(flagged).center())
    assert segment(case_window, 2).state is SegmentState.FLAGGED


def test_click_on_the_swatch_asks_for_a_colour(case_window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(case_window.session.window), "choose_color", lambda _self, number: (number, 2, 3))
    rows = case_window.right.segments.list
    click(rows, row_parts(rows, 1).swatch)
    assert segment(case_window, 2).color == (2, 2, 3)


def test_double_click_renames_in_place(case_window: MainWindow, qtbot: QtBot) -> None:
    rows = case_window.right.segments.list
    QTest.mouseDClick(rows.viewport(), LEFT, pos=row_parts(rows, 1).name.center())
    editor = rows.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "big spleen")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: rows.filter.index(1, 0).data() == "big spleen")
    assert segment(case_window, 2).name == "big spleen"
    assert rows.viewport().findChild(QLineEdit) is None or not rows.viewport().findChild(QLineEdit).isVisible()


def test_f2_renames_the_selected_and_escape_leaves_it(case_window: MainWindow, qtbot: QtBot) -> None:
    rows = case_window.right.segments.list
    QTest.keyClick(case_window, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: rows.viewport().findChild(QLineEdit) is not None)
    editor = rows.viewport().findChild(QLineEdit)
    QTest.keyClicks(editor, "x")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert segment(case_window, 1).name == "liver"


def test_double_click_on_the_eye_does_not_rename(case_window: MainWindow) -> None:
    rows = case_window.right.segments.list
    QTest.mouseDClick(rows.viewport(), LEFT, pos=row_parts(rows, 1).eye.center())
    assert rows.viewport().findChild(QLineEdit) is None


def test_number_keys_select(case_window: MainWindow) -> None:
    for key, number in ((Qt.Key.Key_3, 3), (Qt.Key.Key_2, 2)):
        QTest.keyClick(case_window.right.segments.list, key)
        assert case_window.session.selection.state.segment_number == number


def test_space_in_the_list_hides(case_window: MainWindow) -> None:
    rows = case_window.right.segments.list
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Space)
    assert case_window.session.presentation.state.hidden_segments == {1}


def test_context_menu_shows_only_one(case_window: MainWindow) -> None:
    rows = case_window.right.segments.list
    menu = rows.row_menu(rows.filter.index(1, 0))
    next(a for a in menu.actions() if a.text() == "Show only this").trigger()
    assert case_window.session.presentation.state.hidden_segments == {1, 3}
    next(a for a in menu.actions() if a.text() == "Show all").trigger()
    assert case_window.session.presentation.state.hidden_segments == frozenset()


@pytest.mark.parametrize(
    ("typed", "names"), [("e", ["liver", "spleen", "kidney"]), ("empty", ["kidney"]), ("SPL", ["spleen"])]
)
def test_filter(case_window: MainWindow, typed: str, names: list[str]) -> None:
    panel = case_window.right.segments
    QTest.keyClicks(panel.filter, typed)
    assert [panel.list.filter.index(n, 0).data() for n in range(panel.list.filter.rowCount())] == names


def test_filter_keeps_the_selected_segment(case_window: MainWindow) -> None:
    QTest.keyClicks(case_window.right.segments.filter, "spleen")
    assert case_window.session.selection.state.segment_number == 1
    click(case_window.right.segments.list, row_parts(case_window.right.segments.list, 0).name)
    assert case_window.session.selection.state.segment_number == 2


def test_adding_a_term_brings_its_code(case_window: MainWindow, qtbot: QtBot) -> None:
    panel = case_window.right.segments
    QTest.mouseClick(panel.add_button, LEFT)
    QTest.keyClicks(panel.add_popup.field, "pancreas")
    assert panel.add_popup.list.item(0).text().lower() == "pancreas"
    QTest.keyClick(panel.add_popup.field, Qt.Key.Key_Return)
    added = case_window.session.open_document.segmentation.segments[-1]
    assert added.name.lower() == "pancreas"
    assert added.type is not None
    assert not panel.add_popup.isVisible()
    assert case_window.session.selection.state.segment_number == added.number
    qtbot.waitUntil(lambda: panel.list.currentIndex().data() == added.name)


def test_adding_a_name_that_no_term_has(case_window: MainWindow) -> None:
    panel = case_window.right.segments
    QTest.mouseClick(panel.add_button, LEFT)
    QTest.keyClicks(panel.add_popup.field, "odd thing 7")
    QTest.keyClick(panel.add_popup.field, Qt.Key.Key_Return)
    assert case_window.session.open_document.segmentation.segments[-1].name == "odd thing 7"


def test_removing_is_one_click_and_undone_by_one(case_window: MainWindow, qtbot: QtBot) -> None:
    panel = case_window.right.segments
    case_window.bridge.run("segment.remove")
    qtbot.waitUntil(lambda: panel.list.segments.rowCount() == 2)
    case_window.bridge.run("edit.undo")
    qtbot.waitUntil(lambda: panel.list.segments.rowCount() == 3)
    assert panel.list.filter.index(0, 0).data(ROW).volume == "1.0 ml"


def test_names_from_files_are_plain_text(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.bridge.run("segment.rename", number=1, name="<b>a & b</b>")
    qtbot.waitUntil(lambda: case_window.right.segments.list.filter.index(0, 0).data() == "<b>a & b</b>")
    case_window.grab()  # the delegate draws it without interpreting it


def test_of_200_segments_only_the_painted_one_is_drawn_again(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    geometry = Geometry((4, 30, 30), np.eye(4))
    case = Case.create(tmp_path / "many.limner", geometry, [])
    volume = Volume(geometry, np.zeros((4, 30, 30), np.int16), Quantity.HU)
    document = Document([volume], case, schedule=window.session.schedule)
    adds = tuple(AddSegment(Segment(n, f"segment {n}", (n % 256, 90, 90), label_value=n)) for n in range(1, 201))
    document.apply(Batch(adds), title="Add many", tool="test")
    window.session.set_document(document)
    rows = window.right.segments.list
    qtbot.waitUntil(lambda: rows.segments.rowCount() == 200)
    assert len(rows.findChildren(QLineEdit)) == 0
    rows.grab()
    drawn: list[tuple[int, int]] = []
    rows.segments.dataChanged.connect(lambda first, last, *_: drawn.append((first.row(), last.row())))
    rows.segments.modelReset.connect(lambda: drawn.append((0, 199)))

    def paint(row: int) -> None:
        edit = PaintEdit(1 + row, Box(0, 1, row % 30, row % 30 + 1, 0, 5), np.ones((1, 1, 5), bool))
        document.apply(edit, title="Paint", tool="brush")
        qtbot.waitUntil(lambda: (row, row) in drawn)

    paint(199)  # and with it, what is still to be told of the segments that were added
    drawn.clear()
    for row in range(20):
        paint(row)
    assert set(drawn) - {(199, 199)} == {(row, row) for row in range(20)}


def test_right_click_opens_the_menu(case_window: MainWindow, qtbot: QtBot) -> None:
    rows = case_window.right.segments.list
    where: QPoint = row_parts(rows, 2).name.center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.RightButton, pos=where)
    from PySide6.QtGui import QContextMenuEvent

    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, rows.viewport().mapToGlobal(where))
    QApplication.sendEvent(rows.viewport(), event)
    menu = open_menu(qtbot)
    assert "Rename the segment" in [a.text() for a in menu.actions()]
    assert case_window.session.selection.state.segment_number == 3
    menu.close()
