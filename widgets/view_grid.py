"""Where the views stand: four, one large and three small, one alone, or the three slices."""

from __future__ import annotations

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from session.comparison import ComparingState
from session.presentation import Layout, Plane, PresentationState
from session.session import Session
from widgets.buttons import text_button
from widgets.own_view_window import OwnViewWindow

THREE_D = "3d"
SLICES = (Plane.AXIAL.value, Plane.CORONAL.value, Plane.SAGITTAL.value)
VIEWS = (Plane.AXIAL.value, THREE_D, Plane.CORONAL.value, Plane.SAGITTAL.value)  # reading order of 2x2
COMPARED = ("compare-a", "compare-b")  # side by side instead of all others, while two masks are compared so
PRIOR, PRIOR_OPEN = "prior", "prior-open"  # another study beside the view of one plane, and what stands over that
GAP_PX = 2


def placements(layout: Layout, main_view: str, width: int, height: int) -> dict[str, QRect]:
    """Where each shown view stands in a grid of this size, in logical pixels; views that are not shown are absent."""
    if layout is Layout.SINGLE:
        return {main_view: QRect(0, 0, width, height)}
    if layout is Layout.FOUR:
        left, right = _parts(width, 2)
        top, bottom = _parts(height, 2)
        places = ((left, top), (right, top), (left, bottom), (right, bottom))
        return {view: _rect(x, y) for view, (x, y) in zip(VIEWS, places, strict=True)}
    if layout is Layout.ONE_AND_THREE:
        large = round((width - GAP_PX) * 0.7)
        column = (large + GAP_PX, width - large - GAP_PX)
        others = [view for view in VIEWS if view != main_view]
        places_of = {view: _rect(column, y) for view, y in zip(others, _parts(height, 3), strict=True)}
        return {main_view: QRect(0, 0, large, height)} | places_of
    return {view: _rect(x, (0, height)) for view, x in zip(SLICES, _parts(width, 3), strict=True)}


def _parts(length: int, count: int) -> list[tuple[int, int]]:
    """Start and length of equal parts with gaps between them; the last takes what is left over."""
    size = (length - GAP_PX * (count - 1)) // count
    starts = [n * (size + GAP_PX) for n in range(count)]
    return [(start, size) for start in starts[:-1]] + [(starts[-1], length - starts[-1])]


def _rect(x: tuple[int, int], y: tuple[int, int]) -> QRect:
    return QRect(x[0], y[0], x[1], y[1])


class ViewGrid(QWidget):
    """The views of a session, placed as its presentation says.

    Signals:
        hovered: the ``SliceReading`` under the cursor in any slice view, None when the cursor left it.
    """

    hovered = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("view_grid")
        self.session = session
        self._views: dict[str, QWidget] = {}
        self._away: dict[str, OwnViewWindow] = {}
        self._notes: dict[str, QWidget] = {}  # at the places of those views
        self._before_maximised: tuple[Layout, str] | None = None
        session.presentation.changed.connect(self._presentation_changed)
        session.comparing.changed.connect(self._comparing_changed)

    def set_view(self, view_id: str, widget: QWidget) -> None:
        """Put a widget at a view's place; one that was there is deleted."""
        old = self._views.get(view_id)
        self._views[view_id] = widget
        if view_id in self._away:
            self._away[view_id].hold(widget)
        else:
            widget.setParent(self)
        maximise = getattr(widget, "maximise_requested", None)
        if maximise is not None:
            maximise.connect(lambda: self.toggle_maximised(view_id))
        hovered = getattr(widget, "hovered", None)
        if hovered is not None:
            hovered.connect(self.hovered)
        if old is not None:
            old.deleteLater()
        self._place()

    def remove_view(self, view_id: str) -> None:
        """Delete the widget at a view's place, if there is one."""
        self.bring_back(view_id)
        old = self._views.pop(view_id, None)
        if old is not None:
            old.hide()
            old.deleteLater()
        self._place()

    def view(self, view_id: str) -> QWidget | None:
        """The widget at a view's place."""
        return self._views.get(view_id)

    def toggle_own_window(self, view_id: str) -> None:
        """Show a view in a window of its own; when it is there already, bring it back."""
        view = self._views.get(view_id)
        if view_id in self._away:
            self.bring_back(view_id)
        elif view is not None and view_id in (*VIEWS, PRIOR):
            window = OwnViewWindow(view_id, view, self.window(), self.session.settings)
            self._away[view_id] = window
            self._notes[view_id] = self._note(view_id)
            window.closed.connect(self.bring_back)
            self.name_windows()
            window.show()
            self._place()

    def bring_back(self, view_id: str) -> None:
        """Take a view back from its own window, which goes; nothing happens when it has none."""
        window = self._away.pop(view_id, None)
        if window is None:
            return
        window.view.setParent(self)
        self._notes.pop(view_id).deleteLater()
        window.close()
        window.deleteLater()
        self._place()

    def bring_all_back(self) -> None:
        """Take all views back."""
        for view_id in list(self._away):
            self.bring_back(view_id)

    def name_windows(self) -> None:
        """Another study is open: the titles of views in their own windows say which."""
        for view_id, window in self._away.items():
            window.name(None if view_id == PRIOR else self.session.document)

    def _note(self, view_id: str) -> QWidget:
        """What stands at the place of a view that has a window of its own."""
        note = text_button(self.tr("In its own window – bring it back"), lambda: self.bring_back(view_id), "quiet")
        note.setParent(self)
        note.setStyleSheet("text-align: center;")
        return note

    def toggle_maximised(self, view_id: str) -> None:
        """Let one view fill the grid; when it does already, give all their places back."""
        state = self.session.presentation.state
        if view_id in self._away:
            self._away[view_id].toggle_full_screen()
            return
        if view_id not in VIEWS or self._has_prior:
            return
        if state.layout is not Layout.SINGLE:
            self._before_maximised = (state.layout, state.main_view)
            self.session.presentation.update(layout=Layout.SINGLE, main_view=view_id)
            return
        layout, main_view = self._before_maximised or (Layout.FOUR, state.main_view)
        self.session.presentation.update(layout=layout, main_view=main_view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the places."""
        super().resizeEvent(event)
        self._place()

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        if (before.layout, before.main_view) != (after.layout, after.main_view):
            self._place()

    def _comparing_changed(self, before: ComparingState, after: ComparingState) -> None:
        if before.is_split != after.is_split:
            self._place()

    @property
    def _has_prior(self) -> bool:
        """True while another study stands in the grid, beside the open one."""
        return PRIOR in self._views and PRIOR not in self._away

    def _place(self) -> None:
        state = self.session.presentation.state
        if self.session.comparing.state.is_split and all(view in self._views for view in COMPARED):
            parts = zip(COMPARED, _parts(self.width(), 2), strict=True)
            places = {view: _rect(x, (0, self.height())) for view, x in parts}
        elif self._has_prior:
            left, right = _parts(self.width(), 2)
            strip = self._views[PRIOR_OPEN].height() if PRIOR_OPEN in self._views else 0
            below = _rect(left, (strip, self.height() - strip))
            places = {self.session.prior.state.plane.value: below, PRIOR: _rect(right, (0, self.height()))}
            places[PRIOR_OPEN] = _rect(left, (0, strip))
        else:
            places = placements(state.layout, state.main_view, self.width(), self.height())
        for view_id, view in self._views.items():
            widget = self._notes.get(view_id, view)
            if view_id in places:
                widget.setGeometry(places[view_id])
            widget.setVisible(view_id in places)
