"""Sending a case's masks: to whom, as what; then each step and its proof, as a table that stays until it is closed."""

from __future__ import annotations

from collections.abc import Sequence

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QProgressBar, QTableWidget, QTableWidgetItem, QWidget

from imaging.errors import UserError
from session.sending import Sending, SentObject, start_sending, written_kinds
from session.session import Session
from sync.destination import Destination, ObjectKind, find_destination
from sync.outbox import ItemState
from sync.privacy import require_allowed
from widgets import theme
from widgets.dialogs.destination import kind_names, protection
from widgets.dialogs.form import Form, combo
from widgets.labels import label
from widgets.sentences import translated

WIDTH_PX = 780
ROWS_PX = 168
STATE = 2  # the column
STATE_COLORS = {
    ItemState.WAITING: "warn",
    ItemState.STORED: "text",
    ItemState.ACCEPTED: "text",
    ItemState.CONFIRMED: "ok",
    ItemState.REFUSED: "error",
}


class SendDialog(Form):
    """Stays open while it sends; closing it stops nothing."""

    def __init__(self, session: Session, destinations: Sequence[Destination], parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Send the masks of this case"), self.tr("Send"), WIDTH_PX, parent)
        self._session = session
        self._destinations = list(destinations)
        last = str(session.settings["archives.last"])
        self.there = combo(self.tr("To"), [(one.name, one.name) for one in destinations], last)
        self.kinds = {kind: QCheckBox(name) for kind, name in kind_names().items() if kind in written_kinds()}
        self.way = label("", "small", wraps=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.said = label("", wraps=True)
        self.table = self._made_table()
        self._lay_out()
        self._is_allowed = True
        self.there.currentIndexChanged.connect(lambda _place: self._choose())
        for check in self.kinds.values():
            check.toggled.connect(lambda _on: self._enable())
        self.kinds[ObjectKind.SEG].setChecked(True)
        self._show_way()

    def accept(self) -> None:
        """Begin; the dialog stays to show what becomes of it."""
        wanted = [kind for kind, check in self.kinds.items() if check.isChecked() and check.isEnabled()]
        self._session.settings.set("archives.last", self.there.currentData())
        try:
            start_sending(
                self._session, self._destinations, self.there.currentData(), wanted, self._show_step, self._show_end
            )
        except UserError as error:
            self._say(error)
            return
        self.go_on.setEnabled(False)
        self.there.setEnabled(False)
        for check in self.kinds.values():
            check.setEnabled(False)
        self.bar.show()
        self.cancel.setText(self.tr("Close"))

    def _show_step(self, text: str) -> None:
        if shiboken6.isValid(self):
            self.said.setText(translated(text))

    def _show_end(self, sending: Sending | None, error: UserError | None) -> None:
        if not shiboken6.isValid(self):
            return
        self.bar.hide()
        if error is not None:
            self._say(error)
        if sending is None:  # nothing was sent: it may be tried again
            self.there.setEnabled(True)
            self._show_way()
            return
        for row, one in enumerate(sending.objects):
            self.table.insertRow(row)
            for column, text in enumerate(self._cells(one)):
                item = QTableWidgetItem(text)
                item.setToolTip("\n".join(filter(None, (text, *one.filled_in, *one.notes))))
                if column == STATE:
                    item.setForeground(theme.current().color(STATE_COLORS[one.state]))
                self.table.setItem(row, column, item)
        self.table.setVisible(bool(sending.objects))
        self.table.horizontalHeader().setStretchLastSection(True)
        for column in range(self.table.columnCount() - 1):
            self.table.resizeColumnToContents(column)
        self.table.resizeRowsToContents()  # remarks are sentences: they wrap
        if error is None:
            name = sending.destination.name
            self.said.setText(self._outcome(sending).format(name))
            self.go_on.hide()  # what waits is not written anew
        self.adjustSize()

    def _outcome(self, sending: Sending) -> str:
        if sending.is_complete:
            return self.tr("{0} has everything, and finds it.")
        if all(one.state in (ItemState.STORED, ItemState.CONFIRMED) for one in sending.objects):
            return self.tr(
                "{0} accepted everything, but did not say that it finds it. Until then it stays in the outbox."
            )
        return self.tr("Not everything arrived at {0}. The window of the archives sends what waits.")

    def _cells(self, one: SentObject) -> tuple[str, str, str, str]:
        agreement = one.proven.agreement if one.proven else {}
        if one.proven is None:
            proof = self.tr("not read back")
        elif not agreement:
            proof = self.tr("read back by {0}").format(one.proven.reader)
        elif min(agreement.values()) == 1:
            proof = self.tr("every voxel equal, read by {0}").format(one.proven.reader)
        else:
            worst = min(agreement, key=lambda name: agreement[name])
            proof = self.tr("Dice {0:.4f} ({1}), read by {2}").format(agreement[worst], worst, one.proven.reader)
        count = len(one.filled_in)
        many = self.tr("{0} defaults filled in").format(count) if count else ""
        filled = self.tr("1 default filled in") if count == 1 else many
        words = {
            ItemState.WAITING: self.tr("waits in the outbox"),
            ItemState.STORED: self.tr("accepted"),
            ItemState.CONFIRMED: self.tr("found there"),
            ItemState.REFUSED: self.tr("refused"),
        }
        return kind_names()[one.kind], proof, words[one.state], one.reason or filled

    def _say(self, error: UserError) -> None:
        self.said.setText(f"{translated(error.message)} {translated(error.hint)}".strip())

    def _choose(self) -> None:
        self.said.clear()  # what was said of the machine before
        self._show_way()
        self.adjustSize()  # a refusal takes lines

    def _show_way(self) -> None:
        """Where it really goes, how that is protected, whether it may, and what it takes."""
        asked = find_destination(self._destinations, self.there.currentData())
        try:
            there = find_destination(self._destinations, asked.quarantine) if asked.quarantine else asked
        except UserError as error:
            self._say(error)
            there = asked
        try:
            require_allowed(there, is_identified=True)
            self._is_allowed = True
        except UserError as error:
            self._say(error)
            self._is_allowed = False
        words = protection(there)
        if asked.quarantine:
            words = self.tr("Goes to the quarantine {0} instead; {1}").format(there.name, words)
        self.way.setText(words)
        for kind, check in self.kinds.items():
            check.setEnabled(kind in there.kinds)
            check.setToolTip("" if kind in there.kinds else self.tr("{0} does not take these").format(there.name))
        self._enable()

    def _enable(self) -> None:
        is_any = any(check.isChecked() and check.isEnabled() for check in self.kinds.values())
        self.go_on.setEnabled(self._is_allowed and is_any)

    def _made_table(self) -> QTableWidget:
        table = QTableWidget(0, 4)
        table.setHorizontalHeaderLabels([self.tr("Object"), self.tr("Proof"), self.tr("State"), self.tr("Remark")])
        table.setAccessibleName(self.tr("What was sent"))
        table.verticalHeader().hide()
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        table.setShowGrid(False)
        table.setMinimumHeight(theme.current().px(ROWS_PX))
        table.hide()
        return table

    def _lay_out(self) -> None:
        self.add_row(self.there.accessibleName(), self.there)
        self.add_row("", self.way)
        chosen = QWidget()
        grid = QGridLayout(chosen)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(0)
        for n, check in enumerate(self.kinds.values()):
            grid.addWidget(check, n // 2, n % 2)
        self.add_row(self.tr("As"), chosen)
        self.column.addLayout(self.rows)
        self.column.addWidget(self.table)
        self.column.addWidget(self.said)
        self.column.addWidget(self.bar)
        self.add_buttons()
