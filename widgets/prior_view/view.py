"""The slice view of the study beside: for looking only, and marked so that nobody takes it for the open one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from render.screen_map import ScreenMap
from render.slice_scene import SliceState
from session.document import Document
from session.presentation import Plane
from session.session import Session
from widgets import theme
from widgets.brush_cursor import BrushCircle
from widgets.slice_view import SliceView

BORDER_PX = 3
NOTE_PX = 15
REACH = 0.75  # of a slice's distance beyond the last one still counts as covered


class PriorSliceView(SliceView):
    """A plane of the other study.

    Args:
        beside: the session that holds it.
        plane: which plane it shows.
        heading: what stands in the picture instead of the plane's name.
        date: of the study; it stands below.
    """

    is_for_looking = True

    def __init__(self, beside: Session, plane: Plane, heading: str, date: str, parent: QWidget | None = None) -> None:
        super().__init__(beside, plane, parent)
        self._annotations.heading = heading
        self._annotations.heading_token = "other_study"
        self._annotations.heading_note = date
        self.setAccessibleName(f"{heading} {date}")

    @property
    def is_covered(self) -> bool:
        """False where the linked place lies outside of this study's slices: the last slice would be shown for it."""
        return self.state is None or is_covered(self.state)

    def _resolved(self, document: Document) -> SliceState:
        return replace(super()._resolved(document), styles=(), preview_styles=(), doubt=None)

    def _brush_circle(self) -> BrushCircle | None:
        return None

    def _paint(self, painter: QPainter, rect: QRect) -> None:
        super()._paint(painter, rect)
        if not self.is_covered:
            self._paint_nothing(painter, rect)
        color = theme.current().color("other_study")
        painter.setPen(QPen(color, BORDER_PX))
        half = BORDER_PX / 2
        painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))

    def _paint_over(
        self, painter: QPainter, rect: QRect, state: SliceState, place: ScreenMap, size: tuple[float, float]
    ) -> None:
        if is_covered(state):
            super()._paint_over(painter, rect, state, place, size)

    def _paint_nothing(self, painter: QPainter, rect: QRect) -> None:
        """No picture at all rather than that of another place."""
        colors = theme.current()
        painter.fillRect(rect, colors.color("view"))
        painter.setFont(colors.font(NOTE_PX, bold=True))
        painter.setPen(colors.color("other_study"))
        text = self.tr("This study does not cover the place.")
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def is_covered(state: SliceState) -> bool:
    """True when the slice that is drawn is the one of the crosshair, not merely the nearest."""
    height = float(np.asarray(state.crosshair_mm) @ np.asarray(state.grid.normal))
    return abs(height - state.grid.position_mm) <= REACH * state.grid.step_mm
