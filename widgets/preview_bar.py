"""The bar for a result that waits: what was found, and accept, accept some, or reject."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QWidget

from session.change import DocumentChange
from session.document import Document
from session.measured import percent
from session.preview import Preview
from session.session import Session
from widgets import icons
from widgets.action_bridge import ActionBridge
from widgets.buttons import menu_button, text_button
from widgets.counted import counted
from widgets.labels import label
from widgets.preview_menus import MergeMenu, PartsMenu, StayingMenu
from widgets.sentences import translated

CHECK_PX = 16
CHIP_ROOM_PX = 60  # the chip at the left and the margins
LEAST_TEXT_PX = 120


class PreviewBar(QFrame):
    """Shown while ``document.preview`` waits for acceptance."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview_bar")
        self.setAccessibleName(self.tr("Result waiting for acceptance"))
        self._bridge = bridge
        self._session: Session = bridge.session
        self._preview: Preview | None = None
        self._layers: object = None  # of the result whose structures the menu has
        self._sentence = ""
        self.menu = StayingMenu(self)
        self.menu.setObjectName("choices")
        self._text = label()
        self._notes = label("", "dim")
        self.choose = menu_button(self.tr("Choose ▾"), self.menu, name=self.tr("Choose structures"))
        self.parts_menu, self.merge_menu = PartsMenu(bridge, self.chosen_names, self), MergeMenu(bridge, self)
        self.parts = menu_button(self.tr("Parts ▾"), self.parts_menu, name=self.tr("Connected parts"))
        self.merge = menu_button("", self.merge_menu, name=self.tr("Segments of the same name"))
        self.findings = text_button("", lambda: bridge.run("preview.show_findings"))
        self.findings.setAccessibleName(self.tr("Scores and boxes"))
        self.compare = text_button(self.tr("Compare"), lambda: bridge.run("compare.with_result"))
        self.reject = text_button(self.tr("Reject"), lambda: bridge.run("preview.reject"))
        self.accept = text_button(self.tr("Accept all"), self._accept, "primary")
        self._first = (self.findings, self.choose, self.parts, self.merge)
        self._last = (self.compare, self.reject, self.accept)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(12, 8, 8, 8)
        self._rows.setSpacing(8)
        first, last = QHBoxLayout(), QHBoxLayout()
        first.addWidget(label(self.tr("AI"), "chip"), 0, Qt.AlignmentFlag.AlignVCenter)
        last.addStretch(1)
        for row, parts in ((first, (self._text, self._notes, *self._first)), (last, self._last)):
            row.setSpacing(8)
            for part in parts:
                row.addWidget(part)
            self._rows.addLayout(row)
        self.merge_menu.chosen.connect(self._show_merge)
        self._show_merge()
        self._session.document_replaced.connect(self._follow)
        self._follow(self._session.document)

    def chosen_names(self) -> list[str]:
        """The structures whose box in the menu is checked."""
        return [str(action.data()) for action in self.menu.actions() if action.isChecked()]

    def fit(self, available: int) -> None:
        """Leave the notes out where they would push the rest together, then take a second row, then cut the text.

        The tooltip of the text has all of it.
        """
        first, last = (
            sum(b.sizeHint().width() + 8 for b in part if not b.isHidden()) for part in (self._first, self._last)
        )
        is_wide = available - CHIP_ROOM_PX - first - last >= LEAST_TEXT_PX
        self._rows.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        room = available - CHIP_ROOM_PX - first - (last if is_wide else 0)
        metrics = self._text.fontMetrics()
        wide = metrics.horizontalAdvance(self._sentence) + 8
        shows = bool(self._notes.text()) and wide + self._notes.sizeHint().width() + 8 <= room
        if self._notes.isHidden() == shows:
            self._notes.setVisible(shows)
        text = metrics.elidedText(self._sentence, Qt.TextElideMode.ElideRight, max(room - 8, LEAST_TEXT_PX))
        if text != self._text.text():
            self._text.setText(text)

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
            found = self._found(preview)
            self._sentence = self.tr("{0} · {1} in {2}").format(preview.title, found, duration(preview.seconds))
            self._text.setText(self._sentence)
            notes = tuple(map(translated, preview.notes))
            self._notes.setText(self._note_line(notes))
            self._notes.setToolTip("\n".join(notes))
            self._text.setToolTip("\n".join((self._sentence, *notes)))
            self._fill_menu(preview)
            self._choice_changed()
            self._set_tips()
            self.compare.setVisible(self._has_twin(preview))
            for button in (self.choose, self.parts):
                button.setVisible(bool(preview.segments))
            self.merge.setVisible(bool(preview.segments) and self._has_segments())
            self.findings.setVisible(bool(preview.scores or preview.boxes))
            self.findings.setText(counted(len(preview.boxes), "box") if preview.boxes else self.tr("Scores"))
        self.setVisible(preview is not None)

    def _found(self, preview: Preview) -> str:
        """Such as ``7 found``, ``2 boxes``, ``pneumonia 87 %``."""
        said = []
        if preview.segments or not (preview.boxes or preview.scores):
            said.append(self.tr("{0} found").format(len(preview.segments)))
        if preview.boxes:
            said.append(counted(len(preview.boxes), "box"))
        if preview.scores:
            best = max(preview.scores, key=lambda score: score.value)
            said.append(f"{best.name} {percent(best.value)}")
        return ", ".join(said)

    def _has_segments(self) -> bool:
        document = self._session.document
        return document is not None and bool(document.segmentation.segments)

    def _show_merge(self) -> None:
        self.merge.setText(f"{self.merge_menu.short_name()} ▾")
        self.merge.setToolTip(self.merge_menu.long_name())

    def _has_twin(self, preview: Preview) -> bool:
        """True when the case has a segment of the same name, so that there is something to compare."""
        document = self._session.document
        return document is not None and any(document.segmentation.find(s.name) for s in preview.segments)

    def _note_line(self, notes: tuple[str, ...]) -> str:
        if len(notes) == 1 and len(notes[0]) < 40:
            return f"· {notes[0]}"
        return f"· {counted(len(notes), 'note')}" if notes else ""

    def _fill_menu(self, preview: Preview) -> None:
        left_out: set[str] = set()
        if preview.layers is self._layers:  # the same result, after a step of its review
            left_out = {str(action.data()) for action in self.menu.actions() if not action.isChecked()}
        self._layers = preview.layers
        self.menu.clear()
        for segment in preview.segments:
            action = QAction(icons.check_icon(segment.color, CHECK_PX), segment.name.replace("&", "&&"), self.menu)
            action.setCheckable(True)
            action.setChecked(segment.name not in left_out)
            action.setData(segment.name)
            action.toggled.connect(self._choice_changed)
            self.menu.addAction(action)

    def _choice_changed(self) -> None:
        total = len(self.menu.actions())
        chosen = len(self.chosen_names())
        boxes = len(self._preview.boxes) if self._preview is not None else 0
        if chosen == total:
            self.accept.setText(self.tr("Accept all"))
        else:
            self.accept.setText(self.tr("Accept {0} of {1}").format(chosen, total))
        self.accept.setEnabled(chosen > 0 or (total == 0 and boxes > 0))
        self.accept.setVisible(total > 0 or boxes > 0)

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


def duration(seconds: float) -> str:
    """Seconds as people say them: ``0.4 s``, ``71 s``, ``3 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
