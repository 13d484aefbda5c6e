"""From declared actions to Qt's: one QAction for each, shared by buttons, menus, shortcuts and palette."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from imaging.errors import UserError
from session.actions import Action
from session.change import DocumentChange
from session.document import Document
from session.session import Session
from session.three_d_status import ThreeDState
from widgets import icons, theme
from widgets.signal_links import SignalLinks


class ActionBridge(QObject):
    """Makes and refreshes the QActions of a session's registry.

    Args:
        session: whose actions.
        window: gets all QActions, so that their shortcuts work wherever the focus is.
    """

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self.session = session
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.timeout.connect(self.refresh)
        self.adopt()
        self._links, self._document_links = SignalLinks(self), SignalLinks(self)
        self._links.add(session.document_replaced, self._follow)
        self._links.add(session.selection.changed, self._plan_refresh)
        self._links.add(session.presentation.changed, self._plan_refresh)
        self._links.add(session.comparing.changed, self._plan_refresh)
        self._links.add(session.prior.changed, self._plan_refresh)
        self._links.add(session.reviewing.changed, self._plan_refresh)
        self._links.add(session.doubting.changed, self._plan_refresh)
        self._links.add(session.clicking.changed, self._plan_refresh)
        self._links.add(session.settings.changed, self._setting_changed)
        self._links.add(session.three_d.changed, self._status_changed)
        theme.switch.changed.connect(self._load_icons)
        self._follow(session.document)

    def adopt(self) -> None:
        """Make QActions for what the registry declared since the last time."""
        for action in self.session.actions:
            if action.id not in self._actions:
                self._actions[action.id] = self._made(action)
                self._window.addAction(self._actions[action.id])
        self.refresh()

    def has(self, action_id: str) -> bool:
        """True when the registry declares this action."""
        return action_id in self._actions

    def qaction(self, action_id: str) -> QAction:
        """The QAction of an action; KeyError when it was not declared."""
        return self._actions[action_id]

    def run(self, action_id: str, **arguments: Any) -> Any:
        """Run an action; a user's mistake becomes a message."""
        action = self.session.actions[action_id]
        if not action.is_enabled(self.session):
            not_now = QCoreApplication.translate("ActionBridge", "“{title}” is not possible now.")
            self.session.messages.error(UserError(not_now.format(title=title(action))))
            return None
        return guarded(self.session, lambda: action.run(self.session, **arguments))

    def keys(self, action_id: str) -> str:
        """An action's shortcut in Qt's portable text: the person's choice, else the default; empty for none."""
        changed: dict[str, str] = self.session.settings["shortcuts"]
        return changed.get(action_id, self.session.actions[action_id].shortcut)

    def refresh(self) -> None:
        """Bring enabled and checked states up to date."""
        for action in self.session.actions:
            made = self._actions.get(action.id)
            if made is None:
                continue
            made.setEnabled(action.is_enabled(self.session))
            if action.checked is not None:
                made.setChecked(action.checked(self.session))
        self._refresh_steps()

    def _made(self, action: Action) -> QAction:
        made = QAction(title(action), self)
        made.setObjectName(action.id)
        made.setCheckable(action.checked is not None)
        if action.icon:
            made.setIcon(icons.icon(action.icon))
        made.triggered.connect(lambda _checked=False, action_id=action.id: self._triggered(action_id))
        self._set_keys(made, action)
        return made

    def _set_keys(self, made: QAction, action: Action) -> None:
        keys = sequences(self.keys(action.id))
        made.setShortcuts(keys)
        made.setToolTip(tooltip(title(action), doc(action), keys[0] if keys else None))
        made.setStatusTip(doc(action))

    def _triggered(self, action_id: str) -> None:
        self.run(action_id)
        self.refresh()  # a checkable QAction has flipped by itself; the session says what is true

    def _refresh_steps(self) -> None:
        """Undo and redo name their step."""
        document, clicking = self.session.document, self.session.clicking
        click = QCoreApplication.translate("ActionBridge", "the last click")
        for action_id, step in (
            ("edit.undo", click if clicking.can_undo else document.undo_title if document else ""),
            ("edit.redo", click if clicking.can_redo else document.redo_title if document else ""),
        ):
            if action_id in self._actions:
                made, keys = self._actions[action_id], sequences(self.keys(action_id))
                name = title(self.session.actions[action_id])
                made.setToolTip(tooltip(f"{name}: {step}" if step else name, "", keys[0] if keys else None))

    def _follow(self, document: Document | None) -> None:
        self._document_links.release()
        if document is not None:
            self._document_links.add(document.changed, self._document_changed)
        self.refresh()

    def _document_changed(self, change: DocumentChange) -> None:
        if change.has_history or change.is_structural or change.segment_numbers or change.has_preview:
            self._plan_refresh()

    def _plan_refresh(self, *_: object) -> None:
        if not self._refresh_timer.isActive():
            self._refresh_timer.start(0)

    def _status_changed(self, before: ThreeDState, after: ThreeDState) -> None:
        if before.problem != after.problem:
            self._plan_refresh()

    def _setting_changed(self, key: str, _value: object) -> None:
        if key == "shortcuts":
            for action in self.session.actions:
                self._set_keys(self._actions[action.id], action)
            self._refresh_steps()

    def _load_icons(self) -> None:
        for action in self.session.actions:
            if action.icon:
                self._actions[action.id].setIcon(icons.icon(action.icon))


def guarded(session: Session, call: Callable[[], Any]) -> Any:
    """Call something for the user; their mistakes become messages, our bugs go on to the crash report."""
    try:
        return call()
    except UserError as error:
        session.messages.error(error)
        return None


def title(action: Action) -> str:
    """An action's name in the user's language."""
    return QCoreApplication.translate("Actions", action.title)


def doc(action: Action) -> str:
    """An action's sentence in the user's language."""
    return QCoreApplication.translate("Actions", action.doc) if action.doc else ""


def sequences(keys: str) -> list[QKeySequence]:
    """The key sequences of a portable text; several are separated by a comma and a space."""
    return [QKeySequence.fromString(part) for part in keys.split(", ") if part]


def key_text(keys: str) -> str:
    """The first key of a portable text as this platform writes it, with blanks for calm: ``Ctrl K``."""
    found = sequences(keys)
    return found[0].toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ") if found else ""


def tooltip(name: str, sentence: str, key: QKeySequence | None) -> str:
    """Plain text for a tooltip: the name with its key, and what it does."""
    head = f"{name}  ({key.toString(QKeySequence.SequenceFormat.NativeText)})" if key is not None else name
    return f"{head}\n{sentence}" if sentence and sentence != name else head
