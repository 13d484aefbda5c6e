"""One preset of the gallery."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFont, QPainter, QPainterPath, QPaintEvent, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from session.look.preset import Preset
from widgets import theme
from widgets.look_3d.preset_words import description_of, name_of, short_name
from widgets.look_3d.thumbnails import thumbnail

PICTURE_PX = 70
NAME_PX = 30
LINES = 2


class PresetTile(QAbstractButton):
    """A picture with its name; checked when the look came from it.

    Args:
        preset: what it stands for.
        fits: made for images like the open one.
    """

    menu_requested = Signal(QPoint)  # in the coordinates of the screen

    def __init__(self, preset: Preset, *, fits: bool) -> None:
        super().__init__()
        self.preset = preset
        self._fits = fits
        self.setCheckable(True)
        self.setText(short_name(preset, fits=fits))
        name, description = name_of(preset), description_of(preset)
        self.setAccessibleName(name)
        self.setToolTip(f"{name}\n{description}" if description else name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.switch.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """The picture and two lines."""
        px = theme.current().px
        return QSize(px(PICTURE_PX), px(PICTURE_PX) + px(NAME_PX))

    def nextCheckState(self) -> None:
        """The look says which one is checked."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with it."""
        self.menu_requested.emit(event.globalPos())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Picture, frame and name."""
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        side = colors.px(PICTURE_PX)
        frame = QRectF(1, 1, side - 2, side - 2)
        path = QPainterPath()
        path.addRoundedRect(frame, 6, 6)
        painter.save()
        painter.setClipPath(path)
        painter.setOpacity(1.0 if self._fits and self.isEnabled() else 0.55)
        painter.drawPixmap(0, 0, thumbnail(self.preset, side))
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._frame_pen())
        painter.drawPath(path)
        strong = self.isChecked() or self.underMouse()
        painter.setPen(colors.color("bright" if strong else "text" if self._fits else "dim"))
        self._draw_name(painter, side + colors.px(3))

    def _frame_pen(self) -> QPen:
        colors = theme.current()
        if self.isChecked() or self.hasFocus():
            return QPen(colors.color("accent"), 2)
        return QPen(colors.color("dim" if self.underMouse() else "line"), 1)

    def _draw_name(self, painter: QPainter, top: int) -> None:
        """At most two lines, centred; what does not fit is cut with an ellipsis."""
        font = theme.current().font(theme.SMALL_PX)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        for number, line in enumerate(lines_of(self.text(), font, self.width())):
            cut = metrics.elidedText(line, Qt.TextElideMode.ElideRight, self.width())
            place = QRectF(0, top + number * metrics.lineSpacing(), self.width(), metrics.lineSpacing())
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, cut)


def lines_of(text: str, font: QFont, width: int) -> list[str]:
    """A name broken at blanks into at most two lines; the second holds all that is left."""
    layout = QTextLayout(text, font)
    layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(width)
    layout.endLayout()
    first = text[: line.textLength()].rstrip()
    rest = text[line.textLength() :].strip()
    return [first, rest] if rest else [first]
