"""The bar for a result that waits: what was found, and accept, accept some, or reject."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QWidget

from session.change import DocumentChange
from session.document import Document
from session.preview import Preview
from session.session import Session
from widgets import icons
from widgets.action_bridge import ActionBridge
from widgets.buttons import menu_button, text_button
from widgets.counted import counted
from widgets.labels import label
from widgets.sentences import translated

CHECK_PX = 16
CHIP_ROOM_PX = 60  # the chip at the left and the margins


class PreviewBar(QFrame):
    """Shown while ``document.preview`` waits for acceptance."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview_bar")
        self.setAccessibleName(self.tr("Result waiting for acceptance"))
        self._bridge = bridge
        self._session: Session = bridge.session
        self._preview: Preview | None = None
        self.menu = StayingMenu(self)
        self.menu.setObjectName("choices")
        self._text = label()
        self._notes = label("", "dim")
        self.choose = menu_button(self.tr("Choose ▾"), self.menu, name=self.tr("Choose structures"))
        self.compare = text_button(self.tr("Compare"), lambda: bridge.run("compare.with_result"))
        self.reject = text_button(self.tr("Reject"), lambda: bridge.run("preview.reject"))
        self.accept = text_button(self.tr("Accept all"), self._accept, "primary")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(label(self.tr("AI"), "chip"), 0, Qt.AlignmentFlag.AlignVCenter)
        for part in (self._text, self._notes, self.choose, self.compare, self.reject, self.accept):
            row.addWidget(part)
        self._session.document_replaced.connect(self._follow)
        self._follow(self._session.document)

    def chosen_names(self) -> list[str]:
        """The structures whose box in the menu is checked."""
        return [str(action.data()) for action in self.menu.actions() if action.isChecked()]

    def fit(self, available: int) -> None:
        """Leave the notes out where they would push the rest together; the tooltip of the text has them too."""
        parts = (self._text, self._notes, self.choose, self.compare, self.reject, self.accept)
        width = sum(part.sizeHint().width() + 8 for part in parts if part is self._notes or not part.isHidden())
        width += CHIP_ROOM_PX
        shows = bool(self._notes.text()) and width <= available
        if self._notes.isHidden() == shows:
            self._notes.setVisible(shows)

    def _follow(self, document: Document | None) -> None:
        if document is not None:
            document.changed.connect(self._document_changed)
        self._show(document.preview if document else None)

    def _document_changed(self, change: DocumentChange) -> None:
        if change.has_preview and self._session.document is not None:
            self._show(self._session.document.preview)

    def _show(self, preview: Preview | None) -> None:
        if preview is self._preview and self.isHidden() == (preview is None):
            return
        self._preview = preview
        if preview is not None:
            count = len(preview.segments)
            found = self.tr("{0} found").format(count)
            self._text.setText(self.tr("{0} · {1} in {2}").format(preview.title, found, duration(preview.seconds)))
            notes = tuple(map(translated, preview.notes))
            self._notes.setText(self._note_line(notes))
            self._notes.setToolTip("\n".join(notes))
            self._text.setToolTip("\n".join(notes))
            self._fill_menu(preview)
            self._choice_changed()
            self._set_tips()
            self.compare.setVisible(self._has_twin(preview))
        self.setVisible(preview is not None)

    def _has_twin(self, preview: Preview) -> bool:
        """True when the case has a segment of the same name, so that there is something to compare."""
        document = self._session.document
        return document is not None and any(document.segmentation.find(s.name) for s in preview.segments)

    def _note_line(self, notes: tuple[str, ...]) -> str:
        if len(notes) == 1 and len(notes[0]) < 40:
            return f"· {notes[0]}"
        return f"· {counted(len(notes), 'note')}" if notes else ""

    def _fill_menu(self, preview: Preview) -> None:
        self.menu.clear()
        for segment in preview.segments:
            action = QAction(icons.check_icon(segment.color, CHECK_PX), segment.name.replace("&", "&&"), self.menu)
            action.setCheckable(True)
            action.setChecked(True)
            action.setData(segment.name)
            action.toggled.connect(self._choice_changed)
            self.menu.addAction(action)

    def _choice_changed(self) -> None:
        total = len(self.menu.actions())
        chosen = len(self.chosen_names())
        if chosen == total:
            self.accept.setText(self.tr("Accept all"))
        else:
            self.accept.setText(self.tr("Accept {0} of {1}").format(chosen, total))
        self.accept.setEnabled(chosen > 0)

    def _accept(self) -> None:
        names = self.chosen_names()
        if len(names) == len(self.menu.actions()):
            self._bridge.run("preview.accept_all")
        else:
            self._bridge.run("preview.accept", names=",".join(names))

    def _set_tips(self) -> None:
        for button, action_id in (
            (self.accept, "preview.accept_all"),
            (self.reject, "preview.reject"),
            (self.compare, "compare.with_result"),
        ):
            if self._bridge.has(action_id):
                button.setToolTip(self._bridge.qaction(action_id).toolTip())


class StayingMenu(QMenu):
    """A menu that stays open while its boxes are checked and unchecked."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Toggle what is under the mouse without closing."""
        if not self._toggled():
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Toggle the marked one by Space without closing."""
        if event.key() != Qt.Key.Key_Space or not self._toggled():
            super().keyPressEvent(event)

    def _toggled(self) -> bool:
        action = self.activeAction()
        if action is None or not action.isCheckable():
            return False
        action.toggle()
        return True


def duration(seconds: float) -> str:
    """Seconds as people say them: ``0.4 s``, ``71 s``, ``3 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
