"""The dialogs: shortcuts, settings, about, questions, the crash report."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.palette import PALETTE
from session.selection import Tool
from widgets.dialogs.about import AboutDialog, components
from widgets.dialogs.choice import ChoiceDialog, ask_choice
from widgets.dialogs.color import ColorDialog
from widgets.dialogs.crash import CrashDialog
from widgets.dialogs.settings import HIDDEN, SettingsDialog
from widgets.dialogs.shortcuts import ShortcutsDialog

LEFT = Qt.MouseButton.LeftButton


def opened(qtbot: QtBot, kind: type[QDialog], window: QWidget) -> QDialog:
    """The dialog of a kind that the window has open."""
    qtbot.waitUntil(lambda: any(d.isVisible() for d in window.findChildren(kind)))
    return next(d for d in window.findChildren(kind) if d.isVisible())


def button(dialog: QWidget, text: str) -> QPushButton:
    return next(b for b in dialog.findChildren(QPushButton) if b.text() == text)


@pytest.fixture
def shortcuts(case_window: MainWindow, qtbot: QtBot) -> ShortcutsDialog:
    case_window.bridge.run("app.shortcuts")
    dialog = opened(qtbot, ShortcutsDialog, case_window)
    assert isinstance(dialog, ShortcutsDialog)
    return dialog


def press(dialog: ShortcutsDialog, action_id: str, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    dialog.select(action_id)
    dialog.keys.setFocus()
    together = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        together |= modifier
    QTest.keyClick(dialog.keys, key, together)


def test_new_keys_work_and_are_kept(shortcuts: ShortcutsDialog, case_window: MainWindow, qtbot: QtBot) -> None:
    press(shortcuts, "tool.brush", Qt.Key.Key_J)
    QTest.mouseClick(shortcuts.use, LEFT)
    assert case_window.session.settings["shortcuts"] == {"tool.brush": "J"}
    assert shortcuts.list.currentItem().text(2) == "J"
    shortcuts.close()
    case_window.activateWindow()
    qtbot.waitUntil(case_window.isActiveWindow)
    view = case_window.grid.view("axial")
    QTest.keyClick(view, Qt.Key.Key_B)
    assert case_window.session.selection.state.tool is Tool.CROSSHAIR
    QTest.keyClick(view, Qt.Key.Key_J)
    assert case_window.session.selection.state.tool is Tool.BRUSH
    assert case_window.top.tools["tool.brush"].toolTip().startswith("Brush  (J)")


def test_conflict_is_named_and_solved(shortcuts: ShortcutsDialog, case_window: MainWindow) -> None:
    press(shortcuts, "tool.brush", Qt.Key.Key_E)
    assert shortcuts.conflict().id == "tool.eraser"
    assert "“Eraser” has these keys" in shortcuts.note.text()
    QTest.mouseClick(shortcuts.use, LEFT)
    assert case_window.bridge.keys("tool.brush") == "E"
    assert case_window.bridge.keys("tool.eraser") == ""
    assert case_window.bridge.qaction("tool.eraser").shortcuts() == []


def test_a_conflict_takes_only_the_disputed_key(shortcuts: ShortcutsDialog, case_window: MainWindow) -> None:
    press(shortcuts, "tool.brush", Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    QTest.mouseClick(shortcuts.use, LEFT)
    assert case_window.bridge.keys("edit.redo") == "Ctrl+Shift+Z"


def test_reset_one_and_all(shortcuts: ShortcutsDialog, case_window: MainWindow) -> None:
    for action_id, key in (("tool.brush", Qt.Key.Key_J), ("tool.pick", Qt.Key.Key_K)):
        press(shortcuts, action_id, key)
        QTest.mouseClick(shortcuts.use, LEFT)
    shortcuts.select("tool.brush")
    QTest.mouseClick(shortcuts.reset, LEFT)
    assert case_window.session.settings["shortcuts"] == {"tool.pick": "K"}
    QTest.mouseClick(shortcuts.none, LEFT)
    assert case_window.bridge.keys("tool.brush") == ""
    QTest.mouseClick(shortcuts.reset_all, LEFT)
    assert case_window.session.settings["shortcuts"] == {}
    assert case_window.bridge.keys("tool.pick") == "P"


def test_shortcut_search(shortcuts: ShortcutsDialog) -> None:
    QTest.keyClicks(shortcuts.search, "lung")
    shown = [i.text(0) for i in shortcuts._items.values() if not i.isHidden()]
    assert shown == ["Lung window"]


@pytest.fixture
def settings(case_window: MainWindow, qtbot: QtBot) -> SettingsDialog:
    case_window.bridge.run("app.settings")
    dialog = opened(qtbot, SettingsDialog, case_window)
    assert isinstance(dialog, SettingsDialog)
    return dialog


def test_settings_show_all_that_are_declared(settings: SettingsDialog, case_window: MainWindow) -> None:
    declared = {s.key for s in case_window.session.settings.declared() if s.group != HIDDEN}
    assert set(settings.fields) == declared
    assert all(field.accessibleName() for field in settings.fields.values())


def test_settings_take_effect_and_are_kept(settings: SettingsDialog, case_window: MainWindow) -> None:
    values = case_window.session.settings
    box = settings.fields["slices.interpolate"]
    assert isinstance(box, QCheckBox)
    QTest.mouseClick(box, LEFT, pos=box.rect().center().__class__(6, box.height() // 2))
    name = settings.fields["person.name"]
    assert isinstance(name, QLineEdit)
    name.selectAll()
    QTest.keyClicks(name, "Dr Who")
    QTest.keyClick(name, Qt.Key.Key_Return)
    radius = settings.fields["brush.radius_mm"]
    assert isinstance(radius, QDoubleSpinBox)
    radius.setValue(12.5)
    theme_box = settings.fields["look.theme"]
    assert isinstance(theme_box, QComboBox)
    theme_box.setFocus()
    QTest.keyClick(theme_box, Qt.Key.Key_Down)
    assert values["slices.interpolate"] is False
    assert values["person.name"] == "Dr Who"
    assert values["brush.radius_mm"] == 12.5
    assert values["look.theme"] == "light"
    assert '"Dr Who"' in values.path.read_text("utf-8")


def test_components_have_versions_and_licences() -> None:
    found = {c.name.lower(): c for c in components()}
    assert {"limner", "numpy", "vtk", "pydicom"} <= set(found)
    assert "pytest" not in found
    assert all(c.version and c.licence for c in found.values())
    assert found["limner"].licence == "Apache-2.0"


def test_about_is_copied_as_text(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.bridge.run("app.about")
    dialog = opened(qtbot, AboutDialog, case_window)
    QTest.mouseClick(button(dialog, "Copy"), LEFT)
    assert "numpy" in QApplication.clipboard().text()


def test_choice_answers_by_click_and_by_escape(window: MainWindow) -> None:
    def answer(press: str) -> None:
        dialog = next(d for d in window.findChildren(ChoiceDialog) if d.isVisible())
        if press:
            QTest.mouseClick(button(dialog, press), LEFT)
        else:
            QTest.keyClick(dialog, Qt.Key.Key_Escape)

    options = [("keep", "Keep the true positions"), ("resample", "Resample")]
    for press_text, answered in (("Resample", "resample"), ("Keep the true positions", "keep"), ("", None)):
        QTimer.singleShot(50, window, lambda text=press_text: answer(text))
        assert ask_choice(window, "Uneven series", "How shall it be opened?", options) == answered


def test_crash_dialog_copies_the_report(qtbot: QtBot, qapp: QApplication) -> None:
    dialog = CrashDialog("ValueError\n  imaging/x.py:3 in f", Path("report.txt"))
    qtbot.addWidget(dialog)
    dialog.show()
    QTest.mouseClick(dialog.copy, LEFT)
    assert QApplication.clipboard().text() == "ValueError\n  imaging/x.py:3 in f"


def test_colour_by_one_click_or_typed(window: MainWindow, qtbot: QtBot) -> None:
    for act, answered in (("click", PALETTE[3]), ("type", (1, 2, 255)), ("leave", None)):
        dialog = ColorDialog("liver", PALETTE[0], window)
        dialog.show()
        if act == "click":
            QTest.mouseClick(dialog.swatches[PALETTE[3]], LEFT)
        elif act == "type":
            dialog.field.selectAll()
            QTest.keyClicks(dialog.field, "#0102ff")
            QTest.keyClick(dialog.field, Qt.Key.Key_Return)
        else:
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert dialog.chosen == answered
        assert not dialog.isVisible()


def test_what_is_no_colour_is_not_taken(window: MainWindow) -> None:
    dialog = ColorDialog("liver", PALETTE[0], window)
    dialog.show()
    dialog.field.setText("reddish")
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    dialog.close()
