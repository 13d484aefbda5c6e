"""A slice of which nobody says how thick it is, in the window: the parts of a result, doubt, comparison, surfaces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.case.case import Case
from imaging.edit import AddSegment, Batch, PaintEdit
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.formats.masks import write_labels
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, SeriesWarning, Volume
from render.slice_measurements import to_pixels
from session.document import Document
from session.preview import Preview, ProposedSegment
from widgets.panels.compare.model import Column
from widgets.slice_view import SliceView

LEFT = Qt.MouseButton.LeftButton
FLAT = Geometry((1, 120, 120), np.diag([0.8, 0.8, 1.0, 1.0]), has_thickness=False)
LARGE, SMALL = Box(0, 1, 20, 60, 20, 60), Box(0, 1, 80, 85, 80, 86)


@pytest.fixture
def flat(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    """A lesion of 10.24 square centimetres is painted on the slice."""
    image = Volume(FLAT, np.zeros(FLAT.shape, np.int16), Quantity.HU, warnings=(SeriesWarning.NO_THICKNESS,))
    case = Case.create(tmp_path / "flat.limner", FLAT, [])
    document = Document([image], case, author="test", schedule=window.session.schedule)
    window.session.set_document(document)
    paint = PaintEdit(1, LARGE, np.ones(LARGE.shape, bool))
    document.apply(Batch((AddSegment(Segment(1, "Lesion")), paint)), title="Painted", tool="test")
    qtbot.waitUntil(lambda: window.right.segments.list.segments.rowCount() == 1)
    QApplication.processEvents()
    return window


def propose(window: MainWindow) -> None:
    """A lesion of two parts, the small one in doubt."""
    labels, doubt = np.zeros(FLAT.shape, np.uint8), np.zeros(FLAT.shape, np.uint8)
    labels[LARGE.slices] = labels[SMALL.slices] = 1
    doubt[SMALL.slices] = 200
    proposed = [ProposedSegment(0, 1, "Lesion", (220, 120, 90), int(labels.sum()))]
    preview = Preview("Net", "model net@1", "segment.run", {}, [labels], proposed, 2.0, maps={"uncertainty": doubt})
    window.session.open_document.set_preview(preview)
    QApplication.processEvents()


def click(window: MainWindow, qtbot: QtBot, box: Box) -> None:
    view = window.grid.view("axial")
    assert isinstance(view, SliceView)
    assert view.state is not None
    point = ((box.i0 + box.i1) * 0.4, (box.j0 + box.j1) * 0.4, 0.0)
    row, column = to_pixels([point], view.state.grid)[0]
    x, y = view.place.to_screen(float(row), float(column))
    QTest.mouseClick(view, LEFT, pos=QPoint(round(x), round(y)))
    settle(window, qtbot)


def settle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.session.reviewing.state.is_busy)
    QApplication.processEvents()
    QApplication.processEvents()


def millilitres(widget: QWidget) -> list[str]:
    """What is on the screen and says ml."""
    shown = [part.text() for part in widget.findChildren(QLabel) if part.isVisible()]
    return [text for text in shown if " ml" in text]


def test_parts_of_a_result_have_areas(flat: MainWindow, qtbot: QtBot) -> None:
    propose(flat)
    click(flat, qtbot, SMALL)
    parts = flat.review_bar.parts
    assert parts._part.text() == "Lesion, part 2 of 2 · 19.2 mm²"
    QTest.mouseClick(parts.reject, LEFT)
    settle(flat, qtbot)
    assert parts._rejected.text() == "1 part rejected, 19.2 mm²"
    assert flat.session.reviewing.facts() == {"rejected_parts": 1, "rejected_mm2": 19.2}
    assert millilitres(flat) == []


def test_small_parts_are_dropped_by_their_area(flat: MainWindow, qtbot: QtBot) -> None:
    propose(flat)
    menu = flat.preview_bar.parts_menu
    menu.popup(flat.preview_bar.parts.mapToGlobal(QPoint(0, 0)))  # a click would wait for the menu to close
    qtbot.waitUntil(menu.isVisible)
    assert menu.least.text() == "50.0 mm²"
    assert menu.least.accessibleName() == "Drop parts under, mm²"
    menu.least.setFocus()
    menu.least.selectAll()
    QTest.keyClicks(menu.least, "19")
    QTest.mouseClick(menu.drop, LEFT)
    settle(flat, qtbot)
    assert flat.session.reviewing.state.rejected_count == 0
    flat.bridge.run("preview.drop_small", mm2=19.3)
    settle(flat, qtbot)
    assert flat.session.reviewing.state.rejected_count == 1
    assert (flat.session.settings["preview.least_mm2"], flat.session.settings["preview.least_ml"]) == (19.3, 0.5)


def test_a_size_in_the_wrong_unit_is_refused(flat: MainWindow, qtbot: QtBot) -> None:
    propose(flat)
    texts: list[str] = []
    flat.session.messages.shown.connect(lambda message: texts.append(message.text))
    flat.bridge.run("preview.drop_small", ml=1.0)
    qtbot.waitUntil(lambda: any("unknown thickness" in text for text in texts))
    assert flat.session.reviewing.state.rejected_count == 0


def test_doubtful_places_have_areas(flat: MainWindow, qtbot: QtBot) -> None:
    propose(flat)
    qtbot.waitUntil(lambda: bool(flat.session.doubting.state.places))
    doubt = flat.review_bar.doubt
    QTest.mouseClick(doubt.next, LEFT)
    assert doubt._text.text().startswith("Doubtful place 1 of 1 · 19.2 mm²")


def test_a_comparison_gives_areas(flat: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    layer = np.zeros(FLAT.shape, np.uint8)
    layer[0, 20:60, 20:50] = 1
    write_labels(LabelFile(FLAT, [layer], [LabelSegment("Lesion", None, 1)]), tmp_path / "b.seg.nrrd")
    flat.bridge.run("compare.with_file", path=str(tmp_path / "b.seg.nrrd"))
    qtbot.waitUntil(lambda: flat.session.comparing.state.comparison is not None)
    QApplication.processEvents()
    table = flat.right.compare.table
    rect = table.visualRect(table.model().index(0, 0))
    QTest.mouseClick(table.viewport(), LEFT, pos=rect.center())
    QApplication.processEvents()
    assert flat.right.compare.pair.texts[1] == "A 10.2 cm², B 7.7 cm²: \N{MINUS SIGN}2.6 cm²"
    assert table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole).endswith("A 10.2 cm², B 7.7 cm²")
    assert "outlines" in flat.right.compare.pair.texts[2]
    head = table.model().headerData(Column.VOLUME, Qt.Orientation.Horizontal)
    assert head == "Area"
    assert millilitres(flat) == []


def test_there_is_no_surface_to_export(flat: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before anybody is asked for formats and names."""
    monkeypatch.setattr("app.window_services.Services.ask_surface_wishes", lambda *_: pytest.fail("it asked"))
    texts: list[str] = []
    flat.session.messages.shown.connect(lambda message: texts.append(message.text))
    flat.bridge.run("file.export_surfaces")
    qtbot.waitUntil(lambda: any("no surfaces" in text for text in texts))
