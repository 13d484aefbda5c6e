"""What the tests of the 3D half of the page Look share: real clicks and drags, and the present look."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QStyle, QStyleOptionSlider, QWidget

from session.look.look import Look
from session.session import Session

LEFT = Qt.MouseButton.LeftButton


def click(widget: QWidget) -> None:
    """Click where a check box or button reacts."""
    QTest.mouseClick(widget, LEFT, pos=QPoint(8, widget.height() // 2))
    QApplication.processEvents()
    QApplication.processEvents()  # what was made anew is shown one turn later


def drag(widget: QWidget, start: QPointF, end: QPointF, steps: int = 5) -> None:
    """Press, move in steps, let go."""
    QTest.mousePress(widget, LEFT, pos=start.toPoint())
    for n in range(1, steps + 1):
        QTest.mouseMove(widget, (start + (end - start) * (n / steps)).toPoint())
        QApplication.processEvents()
    QTest.mouseRelease(widget, LEFT, pos=end.toPoint())
    QApplication.processEvents()


def handle_of(slider: QSlider) -> QPointF:
    """The middle of a slider's handle."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    part = slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    )
    return QPointF(part.center())


def look_of(session: Session) -> Look:
    look = session.presentation.state.look
    assert look is not None
    return look
