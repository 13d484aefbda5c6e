"""The editor of transfer functions, with real mouse and key events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeySequence, QMouseEvent, QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction
from widgets import theme
from widgets.dialogs.color import ColorDialog
from widgets.transfer_function.axis import Axis, fitted, number
from widgets.transfer_function.curves import Curves, Handle, Kind
from widgets.transfer_function.editor import TransferFunctionEditor
from widgets.transfer_function.histogram_shape import heights

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PLAIN, SHIFT, ALT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)
BONE = TransferFunction(
    (ColorPoint(-200, (0.7, 0.4, 0.3)), ColorPoint(200, (0.9, 0.8, 0.6)), ColorPoint(1000, (1.0, 1.0, 0.95))),
    (OpacityPoint(-300, 0.0), OpacityPoint(100, 0.2), OpacityPoint(500, 0.6), OpacityPoint(1200, 0.9)),
)


@dataclass(frozen=True)
class Bins:
    counts: np.ndarray
    edges: np.ndarray


HISTOGRAM = Bins(np.arange(1, 101) * 10, np.linspace(-1000, 2000, 101))


class Host(QWidget):
    """Stands for the window: it has the case's undo, and counts what reaches it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached: list[str] = []
        for keys in ("Ctrl+Z", "Ctrl+Shift+Z", "Del", "Tab", "Left"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(lambda keys=keys: self.reached.append(keys))
        self.editor = TransferFunctionEditor()
        self.other = QLineEdit()
        column = QVBoxLayout(self)
        column.addWidget(self.editor)
        column.addWidget(self.other)


@pytest.fixture
def host(qtbot: QtBot, qapp: QApplication) -> Iterator[Host]:
    theme.apply(qapp, "dark")
    made = Host()
    qtbot.addWidget(made)
    made.editor.set_unit("HU")
    made.editor.set_histogram(HISTOGRAM)
    made.editor.set_gradient_range(200.0)
    made.editor.set_function(BONE)
    made.resize(328, 460)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.editor.canvas.setFocus()
    qtbot.waitUntil(made.editor.canvas.hasFocus)
    yield made
    theme.apply(qapp, "dark")


@pytest.fixture
def editor(host: Host) -> TransferFunctionEditor:
    return host.editor


@pytest.fixture
def told(editor: TransferFunctionEditor) -> list[tuple[TransferFunction, bool]]:
    """All that the editor tells."""
    made: list[tuple[TransferFunction, bool]] = []
    editor.changed.connect(lambda function, is_final: made.append((function, is_final)))
    return made


def place(editor: TransferFunctionEditor, kind: Kind, index: int) -> QPoint:
    return editor.canvas.frame().place(editor.canvas.curves, Handle(kind, index)).toPoint()


def at(editor: TransferFunctionEditor, value: float, opacity: float) -> QPoint:
    frame = editor.canvas.frame()
    return QPointF(frame.x(value), frame.y(opacity)).toPoint()


def drag(
    editor: TransferFunctionEditor,
    start: QPoint,
    way: QPoint,
    keys: Qt.KeyboardModifier = PLAIN,
    button: Qt.MouseButton = LEFT,
) -> None:
    canvas = editor.canvas
    QTest.mousePress(canvas, button, keys, start)
    for part in (0.25, 0.5, 0.75, 1.0):
        move(canvas, start + QPoint(round(way.x() * part), round(way.y() * part)), button, keys)
    QTest.mouseRelease(canvas, button, keys, start + way)


def move(canvas: QWidget, to: QPoint, button: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
    """QTest's own mouseMove knows no keys."""
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(to), canvas.mapToGlobal(QPointF(to)), Qt.MouseButton.NoButton, button, keys
    )
    QApplication.sendEvent(canvas, event)


def test_a_drag_moves_one_point_along_both_axes(editor: TransferFunctionEditor, told: list) -> None:
    frame = editor.canvas.frame()
    drag(editor, place(editor, Kind.OPACITY, 2), QPoint(15, -12))
    assert [is_final for _, is_final in told] == [False] * 4 + [True]
    moved = editor.function.opacities[2]
    pixel = frame.axis.span / frame.plot.width()
    assert moved.value == pytest.approx(500 + 15 * pixel, abs=1)
    assert moved.opacity == pytest.approx(0.6 + 12 / frame.plot.height(), abs=0.002)
    assert editor.function.opacities[:2] == BONE.opacities[:2]
    assert editor.function.colors == BONE.colors
    assert told[-1][0] == editor.function
    values = [function.opacities[2].value for function, _ in told]
    assert values == sorted(values)
    assert values[0] < values[2]  # at once, with each move


def test_a_click_without_a_move_is_no_step(editor: TransferFunctionEditor, told: list) -> None:
    QTest.mouseClick(editor.canvas, LEFT, PLAIN, place(editor, Kind.OPACITY, 2))
    assert editor.canvas.selected == Handle(Kind.OPACITY, 2)
    drag(editor, place(editor, Kind.COLOR, 1), QPoint(1, 1))  # a hand that trembles
    QTest.mouseClick(editor.canvas, LEFT, PLAIN, at(editor, -700, 0.8))  # empty ground
    assert told == []


def test_points_stop_at_their_neighbours(editor: TransferFunctionEditor) -> None:
    drag(editor, place(editor, Kind.OPACITY, 1), QPoint(200, 0))
    assert editor.function.opacities[1].value == 500
    drag(editor, place(editor, Kind.COLOR, 1), QPoint(-200, 0))
    assert editor.function.colors[1].value == -200
    drag(editor, place(editor, Kind.OPACITY, 3), QPoint(0, -500))
    assert editor.function.opacities[3].opacity == 1.0


def test_points_in_one_place_can_be_parted(editor: TransferFunctionEditor) -> None:
    step = (OpacityPoint(300, 0.5), OpacityPoint(300, 0.5))
    editor.set_function(TransferFunction(BONE.colors, step))
    drag(editor, place(editor, Kind.OPACITY, 0), QPoint(20, 0))
    assert editor.function.opacities[0].value == 300
    assert editor.function.opacities[1].value > 350


def test_shift_locks_an_axis(editor: TransferFunctionEditor) -> None:
    drag(editor, place(editor, Kind.OPACITY, 2), QPoint(20, 6), SHIFT)
    assert editor.function.opacities[2].opacity == 0.6
    assert editor.function.opacities[2].value > 600
    editor.set_function(BONE)
    drag(editor, place(editor, Kind.OPACITY, 2), QPoint(6, 20), SHIFT)
    assert editor.function.opacities[2].value == 500
    assert editor.function.opacities[2].opacity < 0.5


def test_a_click_on_the_line_adds_a_point_that_can_be_dragged_on(editor: TransferFunctionEditor, told: list) -> None:
    QTest.mouseClick(editor.canvas, LEFT, PLAIN, at(editor, 300, 0.4))
    assert len(editor.function.opacities) == 5
    added = editor.function.opacities[2]
    assert added.value == pytest.approx(300, abs=15)
    assert added.opacity == pytest.approx(BONE.opacity_at(added.value))
    assert [is_final for _, is_final in told] == [False, True]
    assert editor.canvas.selected == Handle(Kind.OPACITY, 2)


def test_a_click_on_the_bar_adds_a_colour(editor: TransferFunctionEditor) -> None:
    frame = editor.canvas.frame()
    QTest.mouseClick(editor.canvas, LEFT, PLAIN, QPointF(frame.x(600), frame.bar.center().y()).toPoint())
    added = editor.function.colors[2]
    assert added.value == pytest.approx(600, abs=15)
    assert added.color == pytest.approx(tuple(BONE.color_at(added.value)))


def test_delete_keeps_the_last_point(editor: TransferFunctionEditor, host: Host, told: list) -> None:
    editor.canvas.select(Handle(Kind.OPACITY, 1))
    QTest.keyClick(editor.canvas, Qt.Key.Key_Delete)
    assert [p.value for p in editor.function.opacities] == [-300, 500, 1200]
    for _ in range(5):
        QTest.keyClick(editor.canvas, Qt.Key.Key_Backspace)
    assert len(editor.function.opacities) == 1
    assert len(told) == 3
    assert host.reached == []


def test_the_menu_of_a_right_click_deletes(editor: TransferFunctionEditor, qtbot: QtBot) -> None:
    spot = place(editor, Kind.COLOR, 2)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, editor.canvas.mapToGlobal(spot))
    QApplication.sendEvent(editor.canvas, event)
    menu = editor.canvas.findChild(QMenu)
    qtbot.waitUntil(menu.isVisible)
    delete = next(action for action in menu.actions() if action.text() == "Delete point")
    delete.trigger()
    menu.close()
    assert editor.function.colors == BONE.colors[:2]


def test_empty_ground_shifts_all_points(editor: TransferFunctionEditor, told: list) -> None:
    frame = editor.canvas.frame()
    drag(editor, at(editor, -700, 0.8), QPoint(20, 0))
    offset = 20 * frame.axis.span / frame.plot.width()
    assert editor.function.opacities[0].value == pytest.approx(-300 + offset, abs=1)
    assert editor.function.colors[2].value == pytest.approx(1000 + offset, abs=1)
    assert told[-1][1]


@pytest.mark.parametrize("key", [ALT, CTRL])
def test_alt_stretches_about_the_middle(editor: TransferFunctionEditor, key: Qt.KeyboardModifier) -> None:
    drag(editor, at(editor, -700, 0.5), QPoint(0, -30), key)
    low, high = editor.function.range
    assert low + high == pytest.approx(900, abs=2)
    assert high - low == pytest.approx(1500 * np.exp(30 / 150), abs=3)
    assert [p.opacity for p in editor.function.opacities] == [p.opacity for p in BONE.opacities]


def test_arrows_move_finely_and_one_press_is_one_step(editor: TransferFunctionEditor, host: Host, told: list) -> None:
    canvas = editor.canvas
    canvas.select(Handle(Kind.OPACITY, 2))
    step = canvas.axis.fine_step
    QTest.keyPress(canvas, Qt.Key.Key_Left)
    QTest.keyPress(canvas, Qt.Key.Key_Left)
    QTest.keyRelease(canvas, Qt.Key.Key_Left)
    assert editor.function.opacities[2].value == 500 - 2 * step
    assert [is_final for _, is_final in told] == [False, False, True]
    QTest.keyClick(canvas, Qt.Key.Key_Up, SHIFT)
    assert editor.function.opacities[2].opacity == pytest.approx(0.7)
    assert host.reached == []


def test_tab_walks_the_points_and_leaves_after_the_last(editor: TransferFunctionEditor, host: Host) -> None:
    canvas = editor.canvas
    canvas.select(Handle(Kind.OPACITY, 0))
    seen = []
    for _ in range(6):
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
        seen.append(canvas.selected)
    assert seen == canvas.curves.handles()[1:]
    assert canvas.hasFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    assert not canvas.hasFocus()
    assert host.reached == []


def test_insert_and_enter(editor: TransferFunctionEditor, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, (0, 255, 51))
    editor.canvas.select(Handle(Kind.COLOR, 0))
    QTest.keyClick(editor.canvas, Qt.Key.Key_Insert)
    assert editor.function.colors[1].value == 0
    QTest.keyClick(editor.canvas, Qt.Key.Key_Return)
    assert editor.function.colors[1].color == (0.0, 1.0, 0.2)


def choose(monkeypatch: pytest.MonkeyPatch, color: tuple[int, int, int] | None) -> None:
    """The colour dialog is answered at once."""
    monkeypatch.setattr(ColorDialog, "exec", lambda dialog: setattr(dialog, "chosen", color))


def test_a_double_click_on_a_colour_point_asks_for_another(
    editor: TransferFunctionEditor, told: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, None)
    QTest.mouseDClick(editor.canvas, LEFT, PLAIN, place(editor, Kind.COLOR, 1))
    assert told == []
    choose(monkeypatch, (255, 0, 0))
    QTest.mouseDClick(editor.canvas, LEFT, PLAIN, place(editor, Kind.COLOR, 1))
    assert editor.function.colors[1] == ColorPoint(200, (1.0, 0.0, 0.0))
    assert [is_final for _, is_final in told] == [True]


def test_wheel_and_middle_drag_move_the_axis_only(editor: TransferFunctionEditor, told: list) -> None:
    canvas = editor.canvas
    before, spot = canvas.axis, at(editor, 500, 0.9)
    wheel(canvas, spot, 120)
    assert canvas.axis.span < before.span
    assert abs(at(editor, 500, 0.9).x() - spot.x()) <= 1
    zoomed = canvas.axis
    drag(editor, spot, QPoint(30, 0), button=MIDDLE)
    assert canvas.axis.low < zoomed.low
    assert canvas.axis.span == pytest.approx(zoomed.span)
    scale = canvas.frame().scale.center().toPoint()
    QTest.mouseDClick(canvas, LEFT, PLAIN, scale)
    assert canvas.axis == before
    assert told == []


def wheel(canvas: QWidget, spot: QPoint, delta: int) -> None:
    event = QWheelEvent(
        QPointF(spot),
        canvas.mapToGlobal(QPointF(spot)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        PLAIN,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def typed(field: QWidget, text: str) -> None:
    field.setFocus()
    field.lineEdit().selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_typed_numbers(editor: TransferFunctionEditor, told: list) -> None:
    editor.canvas.select(Handle(Kind.OPACITY, 1))
    assert editor.fields.value.text() == "100 HU"
    assert editor.fields.opacity.text() == "20.0 %"
    typed(editor.fields.value, "150")
    typed(editor.fields.opacity, "37.5")
    assert editor.function.opacities[1] == OpacityPoint(150, 0.375)
    typed(editor.fields.value, "900")  # past its neighbour at 500
    assert editor.function.opacities[1].value == 500
    assert editor.fields.value.value() == 500
    typed(editor.thickness, "2.5")
    assert editor.function.unit_mm == 2.5
    assert all(is_final for _, is_final in told)
    assert len(told) == 4


def test_showing_a_function_tells_nothing_and_keeps_unshown_digits(editor: TransferFunctionEditor, told: list) -> None:
    fine = TransferFunction(BONE.colors, (OpacityPoint(10.123, 0.12345), OpacityPoint(20.5, 0.9)), (), 0.3333)
    editor.set_function(fine)
    editor.canvas.select(Handle(Kind.OPACITY, 1))
    editor.canvas.select(Handle(Kind.OPACITY, 0))
    typed(editor.fields.opacity, "50")
    assert told[-1][0].opacities[0] == OpacityPoint(10.123, 0.5)
    assert told[-1][0].unit_mm == 0.3333
    assert len(told) == 1


def test_undo_and_redo_do_not_reach_the_window(editor: TransferFunctionEditor, host: Host, qtbot: QtBot) -> None:
    steps: list[str] = []
    editor.undo_requested.connect(lambda: steps.append("undo"))
    editor.redo_requested.connect(lambda: steps.append("redo"))
    editor.set_history(can_undo=True, can_redo=True)
    for field in (editor.canvas, editor.fields.value, editor.gradient.header):
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Z, CTRL)
        QTest.keyClick(field, Qt.Key.Key_Z, CTRL | SHIFT)
    assert steps == ["undo", "redo"] * 3
    editor.set_history(can_undo=False, can_redo=False)
    editor.canvas.setFocus()
    QTest.keyClick(editor.canvas, Qt.Key.Key_Z, CTRL)  # nothing left here: still not the case's
    assert len(steps) == 6
    assert host.reached == []


def test_undo_in_a_field_takes_back_letters_first(editor: TransferFunctionEditor, host: Host) -> None:
    steps: list[str] = []
    editor.undo_requested.connect(lambda: steps.append("undo"))
    editor.set_history(can_undo=True, can_redo=False)
    field = editor.fields.value
    field.setFocus()
    field.lineEdit().selectAll()
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Qt.Key.Key_Z, CTRL)
    assert steps == []
    assert field.text() == "-300 HU"
    QTest.keyClick(field, Qt.Key.Key_Z, CTRL)
    assert steps == ["undo"]
    assert host.reached == []


def test_elsewhere_the_windows_shortcuts_work(host: Host) -> None:
    QTest.keyClick(host, Qt.Key.Key_Z, CTRL)
    assert host.reached == ["Ctrl+Z"]


def test_showing_the_drags_own_function_does_not_end_it(editor: TransferFunctionEditor) -> None:
    editor.changed.connect(lambda function, _is_final: editor.set_function(function))
    drag(editor, place(editor, Kind.OPACITY, 2), QPoint(15, 0))
    assert editor.function.opacities[2].value > 550


def test_another_function_ends_a_drag(editor: TransferFunctionEditor, told: list) -> None:
    spot = place(editor, Kind.OPACITY, 2)
    QTest.mousePress(editor.canvas, LEFT, PLAIN, spot)
    move(editor.canvas, spot + QPoint(9, 0), LEFT, PLAIN)
    editor.set_function(BONE)
    told.clear()
    move(editor.canvas, spot + QPoint(19, 0), LEFT, PLAIN)
    QTest.mouseRelease(editor.canvas, LEFT, PLAIN, spot)
    assert told == []
    assert editor.function == BONE


def test_gradient_opacity(editor: TransferFunctionEditor, told: list) -> None:
    section = editor.gradient
    assert not section.body.isVisible()
    QTest.mouseClick(section.header, LEFT)
    assert section.body.isVisible()
    section.canvas.select(Handle(Kind.OPACITY, 0))
    typed(section.fields.opacity, "25")
    assert editor.function.gradient_opacities == (OpacityPoint(0, 0.25), OpacityPoint(200, 1.0))
    typed(section.fields.value, "30")
    assert editor.function.gradient_opacities[0] == OpacityPoint(30, 0.25)
    assert editor.function.opacities == BONE.opacities
    QTest.mouseClick(section.clear_button, LEFT)
    assert editor.function == BONE
    assert [is_final for _, is_final in told] == [True] * 3
    with pytest.raises(ValueError, match="positive"):
        editor.set_gradient_range(0.0)


def test_automatic_and_reset_are_only_asked_for(editor: TransferFunctionEditor, told: list) -> None:
    asked: list[str] = []
    editor.automatic_requested.connect(asked.append)
    editor.reset_requested.connect(lambda: asked.append("reset"))
    from_histogram, from_segment = editor.automatic.menu().actions()
    assert not from_segment.isEnabled()
    editor.set_segment_name("liver")
    assert "liver" in from_segment.text()
    from_histogram.trigger()
    from_segment.trigger()
    QTest.mouseClick(editor.reset_button, LEFT)
    assert asked == ["histogram", "segment", "reset"]
    assert told == []


def test_cursor_and_tooltip_say_what_a_press_does(editor: TransferFunctionEditor) -> None:
    canvas = editor.canvas
    none = Qt.MouseButton.NoButton
    expected = (
        (place(editor, Kind.OPACITY, 2), Qt.CursorShape.SizeAllCursor, "Drag to move"),
        (place(editor, Kind.COLOR, 2), Qt.CursorShape.SizeHorCursor, "double-click"),
        (at(editor, 300, 0.4), Qt.CursorShape.CrossCursor, "add a point"),
        (at(editor, -700, 0.8), Qt.CursorShape.OpenHandCursor, "shift all"),
        (canvas.frame().scale.center().toPoint(), Qt.CursorShape.ArrowCursor, "Double-click"),
    )
    for spot, cursor, words in expected:
        move(canvas, spot, none, PLAIN)
        assert canvas.cursor().shape() is cursor
        assert words in canvas.toolTip()


def test_the_editor_fits_the_panel_and_every_control_has_a_name(
    editor: TransferFunctionEditor, qapp: QApplication
) -> None:
    editor.gradient.header.click()
    for scale in (1.0, 2.0):
        theme.apply(qapp, "light", scale)
        qapp.processEvents()
        assert editor.minimumSizeHint().width() <= round(304 * scale)
    for control in editor.findChildren(QWidget):
        if control.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(control, QLineEdit | QMenu):
            assert control.accessibleName(), control


def test_the_picture_shows_histogram_curve_and_colours(editor: TransferFunctionEditor) -> None:
    canvas = editor.canvas
    frame = canvas.frame()
    bar = QPointF(frame.x(1400), frame.bar.center().y()).toPoint()
    picture = canvas.grab().toImage()
    assert picture.pixelColor(bar).red() > 240  # beyond the last point: its colour
    empty = at(editor, -900, 0.5)
    full = at(editor, -900, 0.02)
    assert picture.pixelColor(full) != picture.pixelColor(empty)
    slope = at(editor, -100, 0.55)
    QTest.mouseClick(editor.logarithmic, LEFT, PLAIN, QPoint(8, editor.logarithmic.height() // 2))
    assert not canvas.is_logarithmic
    assert canvas.grab().toImage().pixelColor(slope) != picture.pixelColor(slope)
    editor.set_histogram(None)
    assert canvas.grab().toImage().pixelColor(full) != picture.pixelColor(full)


def test_a_step_of_the_colours_is_a_sharp_edge(editor: TransferFunctionEditor) -> None:
    red, blue = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
    colors = tuple(ColorPoint(value, color) for value, color in ((0, red), (500, red), (500, blue), (900, blue)))
    editor.set_function(TransferFunction(colors, BONE.opacities))
    frame, picture = editor.canvas.frame(), editor.canvas.grab().toImage()
    y = frame.bar.center().y()
    left = picture.pixelColor(QPointF(frame.x(500) - 3, y).toPoint())
    right = picture.pixelColor(QPointF(frame.x(500) + 3, y).toPoint())
    assert left.red() > 240 > left.blue() + 200
    assert right.blue() > 240 > right.red() + 200


def test_heights_lose_no_thin_peak() -> None:
    counts = np.zeros(4000, int)
    counts[1234] = 50
    bins = Bins(counts, np.arange(4001.0))
    up = heights(bins, Axis(0, 4000), 100, is_logarithmic=True)
    assert up[30] == pytest.approx(1.0)
    assert np.count_nonzero(up) == 1
    beyond = heights(bins, Axis(5000, 6000), 10, is_logarithmic=False)
    assert not beyond.any()
    within_one_bin = heights(bins, Axis(1234.2, 1234.8), 10, is_logarithmic=True)
    assert np.allclose(within_one_bin, 1.0)


def test_axis_numbers_are_round() -> None:
    ticks, decimals = Axis(-1024, 3071).ticks(5)
    assert ticks == [-1000, 0, 1000, 2000, 3000]
    assert decimals == 0
    assert Axis(0, 0.9).ticks(5)[1] == 1
    assert number(-0.04, 1) == "0.0"
    assert number(-1000, 0) == "−1000"
    assert fitted(7, 7).span > 0


def test_curves_refuse_to_cross() -> None:
    curves = Curves(BONE.opacities, BONE.colors)
    assert curves.with_value(Handle(Kind.COLOR, 0), 1e6).colors[0].value == 200
    assert curves.with_opacity(0, 3.0).opacities[0].opacity == 1.0
    assert Curves((OpacityPoint(1, 1),)).removed(Handle(Kind.OPACITY, 0)).opacities == (OpacityPoint(1, 1),)
