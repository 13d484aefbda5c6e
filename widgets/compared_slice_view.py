"""One side of a comparison: a slice view that shows mask A or B instead of the case's segments, for looking only.

Two of them stand side by side. They follow the same camera, crosshair and window as all slice views: they are linked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from imaging.blocks import Labels
from render.slice_reading import SliceReading
from render.slice_scene import SliceState, compared_styles
from session.comparison import ComparingState
from session.document import Document
from session.presentation import Plane
from session.session import Session
from widgets.brush_cursor import BrushCircle
from widgets.compared_titles import side_titles
from widgets.slice_view import SliceView


class ComparedSliceView(SliceView):
    """A plane of the image with one of the two compared masks.

    Args:
        session: with a comparison.
        plane: which plane it shows.
        side: ``a`` or ``b``.
    """

    is_for_looking = True

    def __init__(self, session: Session, plane: Plane, side: str, parent: QWidget | None = None) -> None:
        self._side = side
        super().__init__(session, plane, parent)
        comparison = session.comparing.state.comparison
        if comparison is not None:
            title = side_titles(comparison)[side == "b"]
            self._annotations.heading = f"{side.upper()} · {title}"
            self.setAccessibleName(self._annotations.heading)
        self._links.add(session.comparing.changed, self._comparing_changed)

    def _resolved(self, document: Document) -> SliceState:
        styles = compared_styles(self.session.comparing.state, self._side, self.session.presentation.state)
        return replace(super()._resolved(document), styles=styles, preview_styles=())

    def _layers(self, document: Document) -> tuple[Sequence[Labels], Sequence[Labels]]:
        comparison = self.session.comparing.state.comparison
        if comparison is None:
            return [], []
        return (comparison.a if self._side == "a" else comparison.b).layers, []

    def _read(self) -> SliceReading | None:
        """Without the case's segment: here another mask may be shown."""
        reading = super()._read()
        return None if reading is None else replace(reading, segment=None)

    def _brush_circle(self) -> BrushCircle | None:
        return None

    def _comparing_changed(self, _before: ComparingState, _after: ComparingState) -> None:
        self._picture.forget_labels()
        self._resolve()
