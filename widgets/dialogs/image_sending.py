"""Sending images: what goes and what may not, to whom; then how far each series is, until the other side finds it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from imaging.errors import UserError
from session.image_sending import ImagesSending, WithoutIdentifiers, remove_folder, start_image_sending
from session.images_to_send import ImagesToSend, SeriesToSend, Way, way_to
from session.jobs import Job
from session.session import Session
from sync.destination import Destination
from sync.outbox import ItemState
from sync.privacy import NotAllowed
from widgets import theme
from widgets.buttons import text_button
from widgets.dialogs.destination import protection
from widgets.dialogs.form import Form, combo
from widgets.icons import pixmap
from widgets.labels import label
from widgets.runs.rows import Column, RowsModel, RowsTable
from widgets.sentences import translated
from widgets.study_window.columns import described, person

WIDTH_PX, ROWS_PX, STATE_PX = 860, 220, 210
SERIES, STATE = 1, 5  # columns


class ImageSendDialog(Form):
    """Refusals are shown before anything leaves. It stays open while it sends; closing it stops nothing.

    Args:
        found: what is to be sent.
        without_identifiers: writes it anew where the gate asks for that.
    """

    def __init__(
        self,
        session: Session,
        found: ImagesToSend,
        destinations: Sequence[Destination],
        without_identifiers: WithoutIdentifiers,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(self.tr("Send images"), self.tr("Send"), WIDTH_PX, parent)
        self._session, self._found = session, found
        self._without_identifiers = without_identifiers
        self._folder: Path | None = None
        self._way = Way((), {}, None)
        self._sending: ImagesSending | None = None
        self._job: Job | None = None
        last = str(session.settings["archives.last"])
        self.there = combo(self.tr("To"), [(one, one.name) for one in destinations], None)
        self.there.setCurrentIndex(max(0, self.there.findText(last)))
        self.what = label("", wraps=True)
        self.protected = label("", "small", wraps=True)
        self.refusal = label("", wraps=True)
        self.remove = text_button(self.tr("Remove identifiers…"), self._remove_identifiers)
        self.remove.setToolTip(self.tr("Then what was written without them is sent; the originals stay as they are"))
        self.table: RowsTable[SeriesToSend] = RowsTable(
            RowsModel(self._columns(), self._is_dim, self._is_marked), self.tr("Series to send"), (0, False)
        )
        self.said = label("", wraps=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("How much was sent"))
        self.stop = text_button(self.tr("Stop"), self._stop)
        self.stop.setToolTip(self.tr("What was not sent yet stays in the outbox and can go on at any time"))
        self._lay_out()
        self.there.currentIndexChanged.connect(lambda _place: self._show_way())
        self._show_found()

    def accept(self) -> None:
        """Send, or go on with what a cut or a stop left."""
        there: Destination = self.there.currentData()
        self._session.settings.set("archives.last", there.name)
        before = self._sending
        files = self._way.files if before is None else None
        only = None if before is None else [item.id for item in before.items]

        def done(sending: ImagesSending | None, error: UserError | None) -> None:
            self._job = None
            if sending is not None and before is not None:
                sending = before.updated(sending)
            self._tell_outside(there, sending, error)
            if shiboken6.isValid(self):
                self._show_end(sending, error)

        self.there.setEnabled(False)
        self._job = start_image_sending(self._session, there, files, only, self._show_step, done)
        self.cancel.setText(self.tr("Close"))
        self._enable()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The cross at the frame is the button Close."""
        super().closeEvent(event)
        self._leave()

    def done(self, result: int) -> None:
        """What was written only to be sent goes, as soon as nobody reads it any more."""
        super().done(result)
        self._leave()

    def _leave(self) -> None:
        if self._job is None:
            self._remove_folder()
            self.deleteLater()

    def _remove_folder(self) -> None:
        if self._folder is not None:
            remove_folder(self._folder)
            self._folder = None

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self.stop.setEnabled(False)

    def _show_found(self) -> None:
        self.what.setText(self._summary())
        self.table.rows_model.set_rows(self._found.series)
        self.table.fit_columns()
        self.table.setColumnWidth(STATE, theme.current().px(STATE_PX))
        self._show_way()

    def _show_way(self) -> None:
        """What may go there, and why the rest may not."""
        there: Destination = self.there.currentData()
        self._way = way_to(self._found, there)
        self.protected.setText(protection(there))
        error = self._way.refusal
        self.refusal.setText("" if error is None else f"{translated(error.message)} {translated(error.hint)}".strip())
        self.remove.setVisible(isinstance(error, NotAllowed))
        self.refused.setVisible(error is not None)
        self._enable()

    def _show_step(self, fraction: float | None, text: str) -> None:
        if not shiboken6.isValid(self):
            return
        self.bar.setRange(0, 0 if fraction is None else 1000)
        if fraction is not None:
            self.bar.setValue(round(1000 * fraction))
        self.said.setText(translated(text))
        self.said.show()

    def _show_end(self, sending: ImagesSending | None, error: UserError | None) -> None:
        if not self.isVisible():
            self._leave()
            return
        if error is not None:
            self.said.setText(f"{translated(error.message)} {translated(error.hint)}".strip())
            self.there.setEnabled(self._sending is None)
        elif sending is not None:
            self._sending = sending
            self.said.setText(self._end(sending))
        self._enable()

    def _tell_outside(self, there: Destination, sending: ImagesSending | None, error: UserError | None) -> None:
        """When the dialog is closed, the message bar says what became of it."""
        if shiboken6.isValid(self) and self.isVisible():
            return
        if error is not None:
            self._session.messages.error(error)
        elif sending is not None and sending.states[ItemState.WAITING]:
            hint = "They wait in the outbox; the window of the archives sends them."
            count = sending.states[ItemState.WAITING]
            self._session.messages.warning(f"{count} images were not sent to {there.name}.", hint)
        elif sending is not None:
            self._session.messages.info(f"{len(sending.items)} images were sent to {there.name}.")

    def _end(self, sending: ImagesSending) -> str:
        name = sending.destination.name
        if sending.is_complete:
            return self.tr("{0} has everything, and finds it.").format(name)
        states = sending.states
        words = (
            (ItemState.CONFIRMED, self.tr("{0} are found there.")),
            (ItemState.STORED, self.tr("{0} were accepted and are not found there yet.")),
            (ItemState.ACCEPTED, self.tr("{0} were accepted.")),
            (ItemState.REFUSED, self.tr("{0} were refused.")),
            (ItemState.WAITING, self.tr("{0} wait in the outbox.")),
        )
        said = [text.format(states[state]) for state, text in words if states[state]]
        return " ".join([*said, *(translated(reason) for reason in list(sending.reasons)[:2])])

    def _remove_identifiers(self) -> None:
        def written(found: ImagesToSend, folder: Path) -> None:
            if not shiboken6.isValid(self) or not self.isVisible():
                remove_folder(folder)
                return
            self._remove_folder()
            self._folder, self._found = folder, found
            self._show_found()

        self._without_identifiers(written)

    def _enable(self) -> None:
        is_running = self._job is not None
        left = self._sending.states if self._sending is not None else None
        can_go_on = left is not None and bool(left[ItemState.WAITING] or left[ItemState.STORED])
        self.go_on.setEnabled(not is_running and (can_go_on if left is not None else self._way.refusal is None))
        if left is not None:
            self.go_on.setText(self.tr("Send the rest") if left[ItemState.WAITING] else self.tr("Ask again"))
            self.go_on.setVisible(can_go_on)
        self.remove.setEnabled(not is_running)
        self.running.setVisible(is_running)
        self.stop.setEnabled(is_running)
        self.said.setVisible(bool(self.said.text()))
        self.table.viewport().update()
        self.adjustSize()

    def _summary(self) -> str:
        found = self._found
        files, size = sum(len(one.files) for one in found.series), sum(one.size_bytes for one in found.series)
        parts = [
            self.tr("1 study") if found.study_count == 1 else self.tr("{0} studies").format(found.study_count),
            self.tr("{0} series").format(len(found.series)),
            self.tr("1 object") if files == 1 else self.tr("{0} objects").format(files),
            f"{size / 1e6:.1f} MB",
        ]
        names = sorted({person(one.patient) for one in found.series} - {""})
        if not found.is_identified:
            parts.append(self.tr("without identifiers"))
        elif names:
            more = self.tr("{0} and {1} others").format(names[0], len(names) - 1)
            parts.insert(0, names[0] if len(names) == 1 else more)
        if found.in_archives:
            parts.append(self.tr("{0} in zip archives are left out; bring them in first").format(found.in_archives))
        return " · ".join(parts)

    def _state(self, one: SeriesToSend) -> str:
        """What will become of a series, or what has."""
        states = self._sending.of_series(one.uid) if self._sending is not None else None
        if states:
            words = {
                ItemState.CONFIRMED: self.tr("found there"),
                ItemState.STORED: self.tr("accepted, not found yet"),
                ItemState.ACCEPTED: self.tr("accepted"),
                ItemState.WAITING: self.tr("in the outbox"),
                ItemState.REFUSED: self.tr("refused"),
            }
            return ", ".join(
                words[state] if states[state] == states.total() else f"{states[state]} {words[state]}"
                for state in words
                if states[state]
            )
        if one.uid in self._way.left_out:
            return translated(self._way.left_out[one.uid])
        broken = sum(count for _, count in one.problems)
        if broken:
            return self.tr("{0} left out, they are damaged").format(broken)
        return self.tr("whole, goes as it is") if self._way.refusal is None else self.tr("is not sent")

    def _is_marked(self, one: SeriesToSend) -> bool:
        """True for what is left out of what goes, or did not arrive."""
        if self._sending is not None:
            states = self._sending.of_series(one.uid)
            return not states or bool(states[ItemState.WAITING] or states[ItemState.REFUSED])
        return bool(one.problems) or one.uid in self._way.left_out

    def _is_dim(self, _one: SeriesToSend) -> bool:
        """True while nothing goes at all."""
        return self._sending is None and self._way.refusal is not None

    def _columns(self) -> list[Column[SeriesToSend]]:
        def reasons(one: SeriesToSend) -> str:
            return "\n".join([self._state(one), *(f"{count}: {translated(text)}" for text, count in one.problems)])

        return [
            Column(self.tr("Patient"), lambda one: person(one.patient), lambda one: one.patient, is_number=False),
            Column(self.tr("Series"), self._title, self._title, self._title, False),
            Column(self.tr("Kind"), lambda one: one.modality, lambda one: one.modality, is_number=False),
            Column(self.tr("Objects"), lambda one: str(len(one.files)), lambda one: len(one.files)),
            Column(self.tr("MB"), lambda one: f"{one.size_bytes / 1e6:.1f}", lambda one: one.size_bytes),
            Column(self.tr("State"), self._state, self._state, reasons, False),
        ]

    def _title(self, one: SeriesToSend) -> str:
        return described(one.description) or self.tr("Series without a description")

    def _lay_out(self) -> None:
        self.add_row(self.tr("What"), self.what)
        self.add_row(self.there.accessibleName(), self.there)
        self.add_row("", self.protected)
        self.column.addLayout(self.rows)
        self.refused = QWidget()
        row = QHBoxLayout(self.refused)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        sign = label()
        sign.setPixmap(pixmap("warning", theme.current().px(18), self.devicePixelRatioF(), "warn"))
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.refusal, 1)
        row.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignVCenter)
        self.column.addWidget(self.refused)
        self.table.setMinimumHeight(theme.current().px(ROWS_PX))
        self.table.setSelectionMode(RowsTable.SelectionMode.NoSelection)
        self.table.horizontalHeader().setStretchLastSection(False)
        self.table.widen(SERIES)
        self.column.addWidget(self.table)
        self.column.addWidget(self.said)
        self.running = QWidget()
        row = QHBoxLayout(self.running)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop)
        self.column.addWidget(self.running)
        self.add_buttons()
