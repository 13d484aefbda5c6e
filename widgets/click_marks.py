"""The clicks in one slice view: a plus inside a structure, a minus outside of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from render.slice_measurements import NEXT_TO, ON_SLICE, heights_of
from session.clicking import ClickingState
from session.clicks import Click

if TYPE_CHECKING:
    from widgets.slice_view import SliceView

RADIUS_PX, SIGN_PX, SHADE_PX = 6.5, 3.2, 1.6
REACH_PX = RADIUS_PX + SHADE_PX + 2
INSIDE, OUTSIDE = QColor(86, 214, 150), QColor(255, 122, 102)
SIGN, SHADE = QColor(10, 14, 16), QColor(0, 0, 0, 190)
NEAR_OPACITY, OTHER_OPACITY = 0.4, 0.6


@dataclass(frozen=True)
class ClickMark:
    """One click as a view shows it, in its logical pixels.

    Attributes:
        x, y: where.
        is_inside: the click lies inside its structure.
        opacity: less than 1 on a neighbouring slice, and for structures that are not the active one.
    """

    x: float
    y: float
    is_inside: bool
    opacity: float

    @property
    def rect(self) -> QRect:
        """Everything that is drawn."""
        left, top = floor(self.x - REACH_PX), floor(self.y - REACH_PX)
        return QRect(left, top, ceil(self.x + REACH_PX) - left, ceil(self.y + REACH_PX) - top)


class ClickMarks:
    """Follows the view's state and the clicks; ``refresh`` after each change of them."""

    def __init__(self, view: SliceView) -> None:
        self._view = view
        self.drawn: tuple[ClickMark, ...] = ()

    def refresh(self) -> None:
        """Find out what is to be seen now, and have repainted what differs."""
        before, self.drawn = self.drawn, self._marks()
        for mark in set(before) ^ set(self.drawn):
            self._view.update(mark.rect)

    def paint(self, painter: QPainter, rect: QRect) -> None:
        """What touches a rectangle of the view."""
        for mark in self.drawn:
            if mark.rect.intersects(rect):
                _paint(painter, mark)

    def _marks(self) -> tuple[ClickMark, ...]:
        session, state = self._view.session, self._view.state
        clicking = session.clicking.state
        if state is None or clicking.model is None:
            return ()
        clicks = [*clicking.given.clicks, *([clicking.draft] if clicking.draft is not None else [])]
        found = []
        for click in clicks:
            height = abs(float(heights_of([click.position_mm], state.grid)[0]))
            if height < NEXT_TO:
                x, y = self._view.place.to_screen(*state.grid.to_pixel(click.position_mm))
                opacity = _opacity(click, clicking, is_here=height <= ON_SLICE)
                found.append(ClickMark(round(x, 2), round(y, 2), click.is_inside, opacity))
        return tuple(found)


def _opacity(click: Click, clicking: ClickingState, *, is_here: bool) -> float:
    shown = 1.0 if is_here else NEAR_OPACITY
    return shown if click.name == clicking.active else shown * OTHER_OPACITY


def _paint(painter: QPainter, mark: ClickMark) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(mark.opacity)
    draw_sign(painter, QPointF(mark.x, mark.y), is_inside=mark.is_inside)
    painter.restore()


def draw_sign(painter: QPainter, center: QPointF, *, is_inside: bool) -> None:
    """The mark itself: a disc with a dark edge, so that it shows on any tissue."""
    painter.setPen(QPen(SHADE, SHADE_PX))
    painter.setBrush(INSIDE if is_inside else OUTSIDE)
    painter.drawEllipse(center, RADIUS_PX, RADIUS_PX)
    painter.setPen(QPen(SIGN, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(center - QPointF(SIGN_PX, 0), center + QPointF(SIGN_PX, 0))
    if is_inside:
        painter.drawLine(center - QPointF(0, SIGN_PX), center + QPointF(0, SIGN_PX))
