"""One line about what waits in the outbox for the chosen archive: sent again, or given up."""

from __future__ import annotations

from collections import Counter

import shiboken6
from PySide6.QtWidgets import QHBoxLayout, QWidget

from imaging.errors import UserError
from session.image_sending import ImagesSending, start_image_sending
from session.outbox_state import ask_outbox
from session.session import Session
from sync.destination import Destination
from sync.outbox import ItemState
from widgets.buttons import text_button
from widgets.dialogs.choice import ask_choice
from widgets.labels import ElidedLabel
from widgets.sentences import translated


class OutboxBar(QWidget):
    """Hidden while nothing waits."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._there: Destination | None = None
        self.said = ElidedLabel("", "")
        self.send = text_button(self.tr("Send what waits"), self._send)
        self.send.setToolTip(self.tr("Goes on where a cut or a stop left it, and asks for what was accepted"))
        self.forget = text_button(self.tr("Give it up…"), self._forget)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.said, 1)
        row.addWidget(self.forget)
        row.addWidget(self.send)
        self.hide()

    def look(self, there: Destination | None) -> None:
        """Look what waits for an archive."""
        self._there = there
        if there is None:
            self.hide()
            return
        ask_outbox(self._session, there.name, lambda counts: self._show(there, counts))

    def _show(self, there: Destination, counts: Counter[ItemState]) -> None:
        if not shiboken6.isValid(self) or there != self._there:
            return
        words = (
            (ItemState.WAITING, self.tr("{0} wait to be sent")),
            (ItemState.STORED, self.tr("{0} were accepted and not found there yet")),
            (ItemState.REFUSED, self.tr("{0} were refused")),
        )
        parts = [text.format(counts[state]) for state, text in words if counts[state]]
        self.said.setText(self.tr("In the outbox for {0}: {1}").format(there.name, ", ".join(parts)))
        can_go_on = bool(counts[ItemState.WAITING] or counts[ItemState.STORED])
        self.send.setVisible(can_go_on)
        self.send.setEnabled(can_go_on)
        self.setVisible(bool(parts))

    def _send(self) -> None:
        there = self._there
        if there is None:
            return
        self.send.setEnabled(False)

        def tell(_fraction: float | None, text: str) -> None:
            if shiboken6.isValid(self):
                self.said.setText(translated(text))

        def done(sending: ImagesSending | None, error: UserError | None) -> None:
            reason = next(iter(sending.reasons), "") if sending is not None else ""
            if error is not None:
                self._session.messages.error(error)
            elif reason:
                self._session.messages.warning(f"Not everything arrived at {there.name}.", reason)
            if shiboken6.isValid(self):
                self.look(self._there)

        start_image_sending(self._session, there, None, None, tell, done)

    def _forget(self) -> None:
        there = self._there
        if there is None:
            return
        question = self.tr("Give up what waits for {0}?").format(there.name)
        hint = self.tr("It is not sent. Originals and cases stay where they are.")
        if ask_choice(self, question, hint, [("yes", self.tr("Give it up"))]) == "yes":
            ask_outbox(self._session, there.name, lambda counts: self._show(there, counts), forget=True)
