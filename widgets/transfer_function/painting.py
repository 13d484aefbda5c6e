"""How a canvas is drawn, from the ground up."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPainterPath, QPen, QPolygonF

from session.look.transfer_function import Rgb
from widgets import theme
from widgets.transfer_function.axis import number
from widgets.transfer_function.curves import Curves, Handle, Kind
from widgets.transfer_function.frame import Frame

GRID = (0.25, 0.5, 0.75)
NUMBERED = (0.0, 0.5, 1.0)
FILL = 0.5  # how strongly the colours fill the area under the curve
POINT_PX = 4.5
CROWDED_PX = 2.0  # points nearer to each other than this are drawn as one
LEAST_STOP = 1e-5  # between two stops of a gradient: Qt keeps only one of two in the same place, and steps need both
TICK_PX = 54  # the least room for a number of the axis


def draw_ground(painter: QPainter, frame: Frame, mountains: QPolygonF | None) -> None:
    """The plot's field, its grid, and the histogram."""
    colors = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors.color("field"))
    painter.drawRoundedRect(frame.plot, 3, 3)
    if mountains is not None:
        painter.setBrush(colors.color("dim", 0.36 if colors.is_dark else 0.32))
        painter.drawPolygon(mountains)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colors.color("dim", 0.22), 1))
    for part in GRID:
        y = round(frame.y(part)) + 0.5
        painter.drawLine(QPointF(frame.plot.left(), y), QPointF(frame.plot.right(), y))
    for value in frame.axis.ticks(frame.plot.width() / colors.px(TICK_PX))[0]:
        x = round(frame.x(value)) + 0.5
        painter.drawLine(QPointF(x, frame.plot.top()), QPointF(x, frame.plot.bottom()))


def draw_numbers(painter: QPainter, frame: Frame, unit: str) -> None:
    """The numbers of both axes, and the unit in the corner."""
    colors = theme.current()
    painter.setFont(colors.font(theme.SMALL_PX))
    painter.setPen(colors.color("dim"))
    metrics = QFontMetricsF(painter.font(), painter.device())
    room, gap = frame.plot.left() - colors.px(6), metrics.height()
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for part in NUMBERED:
        middle = min(max(frame.y(part), frame.plot.top() + gap / 2), frame.plot.bottom() - gap / 2)
        painter.drawText(QRectF(0, middle - gap / 2, room, gap), right, f"{part * 100:.0f}%")
    painter.drawText(QRectF(0, frame.scale.top(), room, frame.scale.height()), right, unit)
    ticks, decimals = frame.axis.ticks(frame.plot.width() / colors.px(TICK_PX))
    for value in ticks:
        _draw_tick(painter, frame, frame.x(value), number(value, decimals), metrics)


def _draw_tick(painter: QPainter, frame: Frame, x: float, text: str, metrics: QFontMetricsF) -> None:
    half = metrics.horizontalAdvance(text) / 2 + 1
    middle = min(max(x, frame.scale.left() + half), frame.scale.right() - half)
    if abs(middle - x) < half * 0.8:  # else it would seem to stand for another place
        place = QRectF(middle - half, frame.scale.top(), 2 * half, frame.scale.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def color_gradient(frame: Frame, curves: Curves, alpha: float = 1.0) -> QLinearGradient:
    """The function's colours along the plot; the accent where there are none."""
    gradient = QLinearGradient(frame.plot.topLeft(), frame.plot.topRight())
    if not curves.colors:
        gradient.setColorAt(0, theme.current().color("accent", alpha * 0.6))
        return gradient
    low, high = frame.axis.low, frame.axis.high
    gradient.setColorAt(0, qcolor(curves.color_at(low), alpha))
    gradient.setColorAt(1, qcolor(curves.color_at(high), alpha))
    last = 0.0
    for point in curves.colors:
        if low < point.value < high:
            last = max((point.value - low) / (high - low), last + LEAST_STOP)
            gradient.setColorAt(min(last, 1.0), qcolor(point.color, alpha))
    return gradient


def draw_bar(painter: QPainter, frame: Frame, curves: Curves) -> None:
    """The colours as a bar."""
    painter.setPen(QPen(theme.current().color("dim", 0.5), 1))
    painter.setBrush(color_gradient(frame, curves))
    painter.drawRoundedRect(frame.bar.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)


def draw_curve(painter: QPainter, frame: Frame, curves: Curves, *, is_hot: bool) -> None:
    """The opacity curve over the area that it colours; in the text's ink, so that no colour can hide it."""
    colors = theme.current()
    line = frame.line(curves)
    path = QPainterPath(QPointF(line[0].x(), frame.plot.bottom()))
    for place in (*line, QPointF(line[-1].x(), frame.plot.bottom())):
        path.lineTo(place)
    painter.save()
    painter.setClipRect(frame.plot.adjusted(0, -2, 0, 2))
    painter.fillPath(path, color_gradient(frame, curves, FILL))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colors.color("field", 0.75), 4 * colors.text_scale, j=Qt.PenJoinStyle.RoundJoin))
    painter.drawPolyline(line)
    painter.setPen(
        QPen(colors.color("accent" if is_hot else "bright"), 1.6 * colors.text_scale, j=Qt.PenJoinStyle.RoundJoin)
    )
    painter.drawPolyline(line)
    painter.restore()


def draw_points(
    painter: QPainter, frame: Frame, curves: Curves, selected: Handle | None, hovered: Handle | None, *, has_focus: bool
) -> None:
    """All points in sight that can be told apart, the selected one last and larger."""
    shown = _apart(frame, curves, (selected, hovered))
    for handle, place in sorted(shown, key=lambda item: item[0] == selected):
        size = theme.current().px(POINT_PX * 2) / 2 * (1.25 if handle in (selected, hovered) else 1.0)
        value = curves.value(handle)
        fill = qcolor(curves.color_at(value)) if curves.colors else theme.current().color("accent")
        _draw_point(painter, handle.kind, place, size, fill)
        if handle == selected:
            _draw_ring(painter, handle.kind, place, size, has_focus=has_focus)


def _apart(frame: Frame, curves: Curves, kept: tuple[Handle | None, ...]) -> list[tuple[Handle, QPointF]]:
    """The points in sight with their places; an imported curve may have hundreds for each pixel."""
    shown: list[tuple[Handle, QPointF]] = []
    for handle in curves.handles():
        place = frame.place(curves, handle)
        is_in_sight = frame.plot.left() - 1 <= place.x() <= frame.plot.right() + 1
        last = shown[-1] if shown and shown[-1][0].kind is handle.kind else None
        is_apart = last is None or (place - last[1]).manhattanLength() >= CROWDED_PX
        if is_in_sight and (is_apart or handle in kept):
            shown.append((handle, place))
    return shown


def _draw_point(painter: QPainter, kind: Kind, place: QPointF, size: float, fill: QColor) -> None:
    """A disc, or below the bar a pin that points to its value; dark and light rims show on any colour."""
    colors = theme.current()
    painter.setBrush(fill)
    for token, width in (("field", 3.4), ("bright", 1.4)):
        painter.setPen(QPen(colors.color(token), width * colors.text_scale))
        if kind is Kind.OPACITY:
            painter.drawEllipse(place, size, size)
        else:
            painter.drawPolygon(pin(place, size))


def _draw_ring(painter: QPainter, kind: Kind, place: QPointF, size: float, *, has_focus: bool) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    colors = theme.current()
    painter.setPen(QPen(colors.color("accent"), (2.4 if has_focus else 1.8) * colors.text_scale))
    room = 2.2 * colors.text_scale
    if kind is Kind.OPACITY:
        painter.drawEllipse(place, size + room, size + room)
    else:
        painter.drawPolygon(pin(place, size + room * 0.75))


def pin(place: QPointF, size: float) -> QPolygonF:
    """A house with its roof up."""
    x, y = place.x(), place.y()
    corners = ((0, -1.3), (1, -0.2), (1, 1.1), (-1, 1.1), (-1, -0.2))
    return QPolygonF([QPointF(x + right * size, y + down * size) for right, down in corners])


def draw_readout(painter: QPainter, frame: Frame, text: str, beside: float) -> None:
    """A line of text at the plot's top, on the side away from ``beside`` (x in pixels)."""
    colors = theme.current()
    painter.setFont(colors.font(theme.SMALL_PX, bold=True))
    metrics = QFontMetricsF(painter.font(), painter.device())
    gap = colors.px(5)
    size = QRectF(0, 0, metrics.horizontalAdvance(text) + 2 * gap, metrics.height() + gap)
    is_left = beside > frame.plot.center().x()
    x = frame.plot.left() + gap if is_left else frame.plot.right() - gap - size.width()
    size.moveTopLeft(QPointF(x, frame.plot.top() + gap))
    painter.setPen(QPen(colors.color("line"), 1))
    painter.setBrush(colors.color("raised", 0.94))
    painter.drawRoundedRect(size, 4, 4)
    painter.setPen(colors.color("bright"))
    painter.drawText(size, Qt.AlignmentFlag.AlignCenter, text)


def qcolor(rgb: Rgb, alpha: float = 1.0) -> QColor:
    """A colour for Qt."""
    red, green, blue = (min(max(part, 0.0), 1.0) for part in rgb)
    return QColor.fromRgbF(red, green, blue, alpha)
