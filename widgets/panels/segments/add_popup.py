"""Adding a segment: type a name, take a term of the terminology or the name as it is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from widgets import icons, theme
from widgets.action_bridge import ActionBridge

WIDTH_PX = 300
MAXIMUM = 12


class AddPopup(QFrame):
    """A field with the terms that fit below it; Enter adds, Escape leaves."""

    def __init__(self, bridge: ActionBridge, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("palette")
        self.setAccessibleName(self.tr("Add a segment"))
        self._bridge = bridge
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Name, such as liver or left kidney"))
        self.field.setAccessibleName(self.tr("Name of the new segment"))
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(14, 14))
        self.list.setAccessibleName(self.tr("Terms"))
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 8)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._add)
        self.list.itemClicked.connect(lambda _item: self._add())

    def open_under(self, button: QWidget) -> None:
        """Show it below a button, its right edges aligned."""
        self.field.clear()
        self._search("")
        width = theme.current().px(WIDTH_PX)
        self.resize(width, theme.current().px(360))
        corner = button.mapToGlobal(QPoint(button.width() - width, button.height() + 4))
        self.move(corner)
        self.show()
        self.field.setFocus()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                row = min(max(self.list.currentRow() + step, 0), self.list.count() - 1)
                self.list.setCurrentRow(row)
                return True
        return False

    def _search(self, text: str) -> None:
        from imaging.terminology import search  # its table is read when it is first asked

        self.list.clear()
        typed = text.strip()
        terms = search(typed)[:MAXIMUM]
        if typed and typed.casefold() not in [t.name.casefold() for t in terms]:
            item = QListWidgetItem(self.tr("Add “{0}”").format(typed))
            item.setData(Qt.ItemDataRole.UserRole, typed)
            self.list.addItem(item)
        for term in terms:
            item = QListWidgetItem(QIcon(icons.swatch(term.color, QSize(14, 14))), term.name)
            item.setData(Qt.ItemDataRole.UserRole, term.name)
            self.list.addItem(item)
        best = 1 if typed and self.list.count() > 1 and terms[0].name.casefold().startswith(typed.casefold()) else 0
        self.list.setCurrentRow(best if self.list.count() > best else 0)

    def _add(self) -> None:
        item = self.list.currentItem()
        name = str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else self.field.text().strip()
        self.hide()
        self._bridge.run("segment.add", name=name)
