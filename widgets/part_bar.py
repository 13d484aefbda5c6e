"""The bar for the parts of a waiting result: which one is chosen, keep it or reject it, and take steps back."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from session.measured import fine_text
from session.review_desk import ChosenPart
from session.reviewing import ReviewState
from widgets import icons
from widgets.action_bridge import ActionBridge
from widgets.buttons import text_button
from widgets.counted import counted
from widgets.key_label import KeyLabel
from widgets.labels import label
from widgets.signal_links import SignalLinks

SWATCH_PX = 14


class PartBar(QFrame):
    """Shown while a part is chosen, or while there are steps to take back."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("part_bar")
        self.setAccessibleName(self.tr("Parts of the result"))
        self._bridge = bridge
        self._swatch = label()
        self._part = label()
        self._rejected = label("", "dim")
        self.keep = text_button(self.tr("Keep"), lambda: bridge.run("preview.keep_part"))
        self.reject = text_button(self.tr("Reject"), lambda: bridge.run("preview.reject_part"))
        self.undo = text_button(self.tr("Undo"), lambda: bridge.run("preview.undo"), "quiet")
        self._of_part: list[QWidget] = [self._swatch, self._part]
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        for part in (self._swatch, self._part):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        for button, action_id in ((self.keep, "preview.keep_part"), (self.reject, "preview.reject_part")):
            self._of_part += self._add(row, button, action_id)
        row.addWidget(self._rejected)
        self._of_steps = [self._rejected, *self._add(row, self.undo, "preview.undo")]
        row.addStretch(1)
        self._links = SignalLinks(self)
        self._links.add(bridge.session.reviewing.changed, self._changed)
        self._show(bridge.session.reviewing.state)

    def _add(self, row: QHBoxLayout, button: QPushButton, action_id: str) -> list[QWidget]:
        keys = KeyLabel(self._bridge, action_id, "key")
        row.addWidget(button)
        row.addWidget(keys, 0, Qt.AlignmentFlag.AlignVCenter)
        if self._bridge.has(action_id):
            button.setToolTip(self._bridge.qaction(action_id).toolTip())
        return [button, keys]

    def _changed(self, _before: ReviewState, after: ReviewState) -> None:
        self._show(after)

    def _show(self, state: ReviewState) -> None:
        chosen = state.chosen
        if chosen is not None:
            self._swatch.setPixmap(icons.swatch(chosen.color, QSize(SWATCH_PX, SWATCH_PX)))
            self._part.setText(self._about(chosen))
        self._rejected.setText(self._about_steps(state))
        for part in self._of_part:
            part.setVisible(chosen is not None)
        for part in self._of_steps:
            part.setVisible(state.steps > 0)
        self._rejected.setVisible(state.steps > 0 or state.is_busy)
        self.undo.setEnabled(not state.is_busy)
        self.keep.setEnabled(chosen is not None and not chosen.is_kept)
        self.setVisible(chosen is not None or state.steps > 0 or state.is_busy)
        self.updateGeometry()

    def _about(self, part: ChosenPart) -> str:
        """Such as ``Liver, part 2 of 3 · 0.18 ml · marked as right``."""
        which = self.tr("{0}, part {1} of {2}").format(part.name, part.rank, part.count)
        if part.count == 1:
            which = self.tr("{0}, in one piece").format(part.name)
        said = [which, fine_text(part.size)]
        if part.is_kept:
            said.append(self.tr("marked as right"))
        return " · ".join(said)

    def _about_steps(self, state: ReviewState) -> str:
        said = [self.tr("Working…")] if state.is_busy else []
        if state.kept_count:
            said.append(self.tr("{0} marked as right").format(counted(state.kept_count, "part")))
        if state.rejected_count:
            rejected = counted(state.rejected_count, "part")
            said.append(self.tr("{0} rejected, {1}").format(rejected, fine_text(state.rejected_size)))
        return " · ".join(said)
