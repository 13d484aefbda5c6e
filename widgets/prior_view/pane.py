"""The study beside the open one: an orange strip that says what it is and how it is linked, and its slice view."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from session.presentation import Plane, PresentationState
from session.prior import LinkKind, PriorState
from widgets.action_bridge import ActionBridge
from widgets.buttons import IconButton, menu_button, text_button
from widgets.prior_view.linker import Linker, angle_deg
from widgets.prior_view.strip import OTHER_COLORS, Strip, day_of, heading_of, link_text, title_of
from widgets.prior_view.view import PriorSliceView
from widgets.signal_links import SignalLinks
from widgets.slice_annotations import plane_title
from widgets.slice_view import SliceView

PARALLEL_DEG = 2.0


class PriorPane(QWidget):
    """What stands beside a slice view of the open study.

    Args:
        bridge: runs the buttons' actions.
        here: the open study's view of the same plane.
    """

    def __init__(self, bridge: ActionBridge, here: SliceView) -> None:
        super().__init__()
        self._session, self._here = bridge.session, here
        state = self._session.prior.state
        assert state.beside is not None
        self.strip = Strip(title_of(state), OTHER_COLORS)
        self.link = text_button("", lambda: bridge.run("prior.link"), "quiet")
        self.planes = QMenu(self)
        for plane in Plane:
            chosen = self.planes.addAction(plane_title(plane))
            chosen.triggered.connect(lambda _on=False, plane=plane: bridge.run("prior.plane", plane=plane.value))
        self.plane = menu_button(
            f"{plane_title(state.plane)} ▾", self.planes, "strip", self.tr("Plane of both studies")
        )
        self.end = IconButton("x", self.tr("Close the study beside"), lambda: bridge.run("prior.end"))
        date = day_of(state.beside.open_document.volume.source)
        self.view = PriorSliceView(state.beside, state.plane, heading_of(state), date)
        self.setAccessibleName(title_of(state))
        self._lay_out()
        self.linker = Linker(self._session, here, self.view)
        self._links = SignalLinks(self)
        self._links.add(self._session.prior.changed, self._prior_changed)
        self._links.add(self._session.presentation.changed, self._presentation_changed)
        self._say()

    def _lay_out(self) -> None:
        self.strip.first_row.addWidget(self.end)
        for button in (self.link, self.plane):
            self.strip.second_row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self.view, 1)

    def _prior_changed(self, _before: PriorState, after: PriorState) -> None:
        if after.beside is self.view.session:
            self._say()

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        if before.slice_cameras != after.slice_cameras:
            self._say()

    def _say(self) -> None:
        state = self._session.prior.state
        text, angle = link_text(state), angle_deg(self._here, self.view)
        if angle > PARALLEL_DEG:
            text += " · " + self.tr("planes differ by {0}°").format(round(angle))
        self.strip.said.setText(text)
        is_linked = state.link is not LinkKind.NONE
        self.link.setText(self.tr("Unlink") if is_linked else self.tr("Link here"))
        self.link.setToolTip(
            self.tr("Scroll each study by itself")
            if is_linked
            else self.tr("The crosshairs of both studies are at the same place of the body: scroll them together")
        )
