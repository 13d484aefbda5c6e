"""The page “Compare” of the right panel: what is compared, the table, the chosen pair."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from session.comparison import ComparingState, Comparison
from widgets.action_bridge import ActionBridge
from widgets.buttons import ActionButton, menu_button
from widgets.labels import label
from widgets.panels.compare.details import Legend, Lonely, PairDetails, Sides
from widgets.panels.compare.progress import ComparisonProgress
from widgets.panels.compare.table import ComparisonTable
from widgets.signal_links import SignalLinks

IN_MENU = ("compare.with_file", "compare.with_result", "compare.two_segments")
IN_BAR = ("compare.export_csv", "compare.end")


class ComparePanel(QWidget):
    """How much two masks agree, segment by segment."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._shown: ComparingState | None = None
        self.menu = QMenu(self)
        self.menu.addActions([bridge.qaction(action_id) for action_id in IN_MENU if bridge.has(action_id)])
        self.choose = menu_button(self.tr("Compare with ▾"), self.menu, name=self.tr("Compare with"))
        self.sides, self.table, self.pair = Sides(), ComparisonTable(bridge), PairDetails()
        self.progress = ComparisonProgress()
        self.notes, self.lonely = label("", "dim", wraps=True), Lonely()
        self.outdated = label(self.tr("The segments changed since: compare again."), "dim", wraps=True)
        self.empty = label(
            self.tr("Nothing is compared.\nCompare the segments with a mask file, a result or each other."),
            "dim",
            wraps=True,
        )
        self.difference = self._switch("compare.toggle_difference", self.tr("Show the difference"))
        self.split = self._switch("compare.toggle_split", self.tr("A and B side by side"))
        self.legend = Legend()
        self._lay_out(bridge)
        self._links = SignalLinks(self)
        self._links.add(bridge.session.comparing.changed, self._changed)
        self._show(bridge.session.comparing.state)

    def _switch(self, action_id: str, text: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.setToolTip(self._bridge.qaction(action_id).toolTip())
        box.clicked.connect(lambda: self._bridge.run(action_id))
        return box

    def _lay_out(self, bridge: ActionBridge) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.choose)
        top.addStretch(1)
        for action_id in IN_BAR:
            top.addWidget(ActionButton(bridge.qaction(action_id), "small", 16))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 12)
        column.setSpacing(8)
        column.addLayout(inset(top))
        for above in (self.progress, self.empty, self.sides, self.outdated):
            column.addLayout(inset(above))
        column.addWidget(self.table, 100)
        for below in (self.notes, self.lonely, self.pair, self.split, self.difference, self.legend):
            column.addLayout(inset(below))
        column.addStretch(1)

    def _changed(self, _before: ComparingState, after: ComparingState) -> None:
        self._show(after)

    def _show(self, state: ComparingState) -> None:
        comparison = state.comparison
        is_there = comparison is not None
        self.progress.follow(state.job)
        self.empty.setVisible(not is_there and state.job is None)
        self.outdated.setVisible(is_there and state.is_outdated)
        for part in (self.sides, self.table, self.split):
            part.setVisible(is_there)
        self.lonely.setVisible(is_there)
        if comparison is not None:
            self.sides.show_comparison(comparison)
            self.notes.setText(self._note(comparison))
            self.lonely.show_result(comparison.result)
        self.notes.setVisible(is_there and bool(self.notes.text()))
        self.table.show_state(self._shown, state)
        self.pair.setVisible(state.pair is not None)
        if state.pair is not None:
            self.pair.show_pair(state.pair)
        self.difference.setChecked(state.shows_difference)
        self.difference.setEnabled(state.pair is not None)
        self.difference.setVisible(is_there and not state.is_split)
        self.legend.setVisible(state.pair is not None and state.shows_difference and not state.is_split)
        self.split.setChecked(state.is_split)
        self._shown = state

    def _note(self, comparison: Comparison) -> str:
        lines = []
        if not comparison.result.segments:
            lines.append(self.tr("No segment of A has a partner in B: names and label values differ."))
        if comparison.was_refitted:
            lines.append(self.tr("B came on another grid and was laid on the image's."))
        return "\n".join(lines)


def inset(part: QWidget | QHBoxLayout) -> QHBoxLayout:
    """With the panel's margins at both sides."""
    row = QHBoxLayout()
    row.setContentsMargins(12, 0, 12, 0)
    if isinstance(part, QWidget):
        row.addWidget(part)
    else:
        row.addLayout(part)
    return row
