"""The study beside the open one: an orange strip that says what it is and how it is linked, and its slice view."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDate, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from session.presentation import Plane, PresentationState
from session.prior import LinkKind, PriorState, Relation
from widgets import theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import IconButton, text_button
from widgets.labels import ElidedLabel
from widgets.prior_view.linker import Linker, angle_deg
from widgets.prior_view.view import PriorSliceView
from widgets.signal_links import SignalLinks
from widgets.slice_annotations import plane_title
from widgets.slice_view import SliceView

STRIP_PX = 32
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
        self.title = ElidedLabel(title_of(state))
        self.said = ElidedLabel()
        self.link = text_button("", lambda: bridge.run("prior.link"))
        self.plane_buttons = {plane: text_button(plane_title(plane)) for plane in Plane}
        for plane, button in self.plane_buttons.items():
            button.setCheckable(True)
            button.setChecked(plane is state.plane)
            button.clicked.connect(lambda _on=False, plane=plane: bridge.run("prior.plane", plane=plane.value))
        self.end = IconButton("x", self.tr("Close the study beside"), lambda: bridge.run("prior.end"))
        self.view = PriorSliceView(state.beside, state.plane, heading_of(state))
        self._lay_out()
        self.linker = Linker(self._session, here, self.view)
        self._links = SignalLinks(self)
        self._links.add(self._session.prior.changed, self._prior_changed)
        self._links.add(self._session.presentation.changed, self._presentation_changed)
        theme.switch.changed.connect(self._color)
        self._color()
        self._say()

    def _lay_out(self) -> None:
        self.strip = QWidget()
        self.strip.setObjectName("prior_strip")
        self.strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.strip)
        row.setContentsMargins(10, 2, 6, 2)
        row.setSpacing(6)
        row.addWidget(self.title, 3)
        row.addWidget(self.said, 3)
        row.addWidget(self.link)
        for button in self.plane_buttons.values():
            row.addWidget(button)
        row.addWidget(self.end)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self.view, 1)

    def _color(self) -> None:
        colors = theme.current()
        ground, text, other = (colors.tokens[name] for name in ("warn_soft", "on_warn_soft", "warn"))
        self.strip.setMinimumHeight(colors.px(STRIP_PX))
        self.strip.setStyleSheet(
            f"#prior_strip {{ background: {ground}; border: 1px solid {other}; }}"
            f"#prior_strip QLabel {{ color: {text}; }}"
        )
        self.title.setFont(colors.font(bold=True))

    def _prior_changed(self, _before: PriorState, after: PriorState) -> None:
        if after.beside is self.view.session:
            self._say()

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        if before.slice_cameras != after.slice_cameras:
            self._say()

    def _say(self) -> None:
        state = self._session.prior.state
        text = link_text(state)
        angle = angle_deg(self._here, self.view)
        if angle > PARALLEL_DEG:
            text += " · " + self.tr("planes differ by {0}°").format(round(angle))
        self.said.setText(text)
        is_linked = state.link is not LinkKind.NONE
        self.link.setText(self.tr("Unlink") if is_linked else self.tr("Link here"))
        self.link.setToolTip(
            self.tr("Scroll each study by itself")
            if is_linked
            else self.tr("The crosshairs of both studies are at the same place of the body: scroll them together")
        )


def heading_of(state: PriorState) -> str:
    """What stands in the picture: ``PRIOR 2019-03-04``."""
    assert state.beside is not None
    date = QDate.fromString(state.beside.open_document.volume.source.study_date, "yyyyMMdd")
    when = date.toString("yyyy-MM-dd") if date.isValid() else _tr("date unknown")
    words = {
        Relation.PRIOR: _tr("PRIOR"),
        Relation.LATER: _tr("LATER STUDY"),
        Relation.SAME_DAY: _tr("OTHER SERIES"),
        Relation.UNKNOWN: _tr("OTHER STUDY"),
    }
    return f"{words[state.relation]} {when}"


def title_of(state: PriorState) -> str:
    """The strip's first words: the heading, whose images they are where that is doubtful, and what they are."""
    assert state.beside is not None
    parts = [heading_of(state)]
    if state.is_same_patient is False:
        parts.append(_tr("ANOTHER PATIENT"))
    elif state.is_same_patient is None:
        parts.append(_tr("patient not known"))
    parts.append(state.beside.open_document.title)
    return " · ".join(parts)


def link_text(state: PriorState) -> str:
    """How the two are linked."""
    if state.link is LinkKind.SAME_FRAME:
        return _tr("linked: same frame of reference")
    if state.link is LinkKind.PLACES:
        x, y, z = state.offset_mm
        return _tr("linked by hand: offset {0} mm").format(f"{x:+.1f}, {y:+.1f}, {z:+.1f}")
    return _tr("not linked: go to the same place in both, then “Link here”")


def _tr(text: str) -> str:
    return QCoreApplication.translate("PriorPane", text)
