"""The bar for doubtful places: which one of how many is looked at, on to the next, and which map is shown how."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QWidget

from session.doubting import DoubtState
from session.measured import fine_text
from session.presentation import PresentationState
from widgets.action_bridge import ActionBridge
from widgets.buttons import IconButton, menu_button, text_button
from widgets.counted import counted
from widgets.key_label import KeyLabel
from widgets.labels import label
from widgets.map_words import map_title
from widgets.signal_links import SignalLinks

OPACITIES = (0.25, 0.5, 0.75, 1.0)


class DoubtBar(QFrame):
    """Shown while the open case has maps of how sure a model was: before its result is accepted, and after."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("doubt_bar")
        self.setAccessibleName(self.tr("Doubtful places"))
        self._bridge = bridge
        self._session = bridge.session
        self._text = label()
        self.next = text_button(self.tr("Next doubtful"), lambda: bridge.run("doubt.next"))
        self.previous = IconButton("previous", self.tr("Previous doubtful place"), lambda: bridge.run("doubt.previous"))
        self.shows = IconButton("eye", self.tr("Show or hide the map"), lambda: bridge.run("doubt.toggle"))
        self.menu = QMenu(self)
        self._maps, self._opacities = QActionGroup(self.menu), QActionGroup(self.menu)
        self.more = menu_button(self.tr("Map ▾"), self.menu, name=self.tr("The model's maps"))
        self.menu.aboutToShow.connect(self._fill_menu)
        self._lay_out()
        self._links = SignalLinks(self)
        self._links.add(self._session.doubting.changed, self._changed)
        self._links.add(self._session.presentation.changed, self._presentation_changed)
        self._show(self._session.doubting.state)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self._text)
        row.addWidget(self.previous)
        row.addWidget(self.next)
        row.addWidget(KeyLabel(self._bridge, "doubt.next", "key"), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.shows)
        row.addWidget(self.more)
        row.addStretch(1)
        for button, action_id in ((self.next, "doubt.next"), (self.previous, "doubt.previous")):
            if self._bridge.has(action_id):
                button.setToolTip(self._bridge.qaction(action_id).toolTip())

    def _fill_menu(self) -> None:
        """Which map, how strongly, and what else can be done with it."""
        self.menu.clear()
        document = self._session.document
        maps = () if document is None or document.model_maps is None else document.model_maps.maps
        for shown in maps:
            title = map_title(shown).replace("&", "&&")
            action = self.menu.addAction(title, partial(self._show_map, shown.name))
            action.setCheckable(True)
            action.setData(shown.name)
            self._maps.addAction(action)
        self.menu.addSeparator()
        for opacity in OPACITIES:
            text = self.tr("Opacity {0} %").format(round(100 * opacity))
            action = self.menu.addAction(text, partial(self._set_opacity, opacity))
            action.setCheckable(True)
            action.setData(opacity)
            self._opacities.addAction(action)
        self.menu.addSeparator()
        for action_id in ("doubt.export", "doubt.end"):
            if self._bridge.has(action_id):
                self.menu.addAction(self._bridge.qaction(action_id))
        self._check()

    def _show_map(self, name: str) -> None:
        self._bridge.run("doubt.show_map", name=name)

    def _set_opacity(self, opacity: float) -> None:
        self._bridge.run("doubt.set_opacity", opacity=opacity)

    def _check(self) -> None:
        """Mark what is chosen in the menu."""
        state, document = self._session.presentation.state, self._session.document
        for action in self._opacities.actions():
            action.setChecked(abs(float(action.data()) - state.doubt_opacity) < 0.01)
        if document is not None and document.model_maps is not None:
            name = document.model_maps.shown(state.shown_map).name
            for action in self._maps.actions():
                action.setChecked(action.data() == name)

    def _changed(self, _before: DoubtState, after: DoubtState) -> None:
        self._show(after)

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        if before.shows_doubt != after.shows_doubt:
            self.shows.set_icon("eye" if after.shows_doubt else "eye-off")

    def _show(self, state: DoubtState) -> None:
        self._text.setText(self._sentence(state))
        self._text.setToolTip(self._reason(state))
        self.next.setText(self.tr("Next improbable") if state.is_by_probability else self.tr("Next doubtful"))
        for button in (self.next, self.previous):
            button.setEnabled(bool(state.places))
        self.setVisible(state.has_map)
        self.updateGeometry()

    def _reason(self, state: DoubtState) -> str:
        """Why just these places."""
        if state.is_by_probability:
            sentence = self.tr(
                "{0} gave no map of uncertainty. Here the label that a voxel got is least probable: places with the "
                "largest size times lack of probability come first."
            )
        else:
            sentence = self.tr("{0} was unsure here. The worst places come first.")
        return sentence.format(state.title)

    def _sentence(self, state: DoubtState) -> str:
        by_probability = state.is_by_probability
        if state.is_looking:
            return self.tr("Looking for doubtful places…")
        if not state.places:
            return self.tr("No places of low probability") if by_probability else self.tr("No doubtful places")
        if state.current is None:
            return counted(len(state.places), "improbable place" if by_probability else "doubtful place")
        place = state.places[state.current]
        which = (
            self.tr("Place of low probability {0} of {1}") if by_probability else self.tr("Doubtful place {0} of {1}")
        )
        which = which.format(state.current + 1, len(state.places))
        said = [which, fine_text(place.size)]
        if len(state.visited) == len(state.places):
            said.append(self.tr("all visited"))
        return " · ".join(said)
