"""The command palette: every action by name, with its keys, run by Enter."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from session.actions import Action
from widgets import icons, theme
from widgets.action_bridge import ActionBridge, doc, key_text, title
from widgets.fuzzy import score

WIDTH_PX = 560
ROW_PX = 34
ROWS = 11
TOP_PX = 64
AnyIndex = QModelIndex | QPersistentModelIndex


class Palette(QFrame):
    """A field and the list of what fits, over the upper part of the window."""

    def __init__(self, bridge: ActionBridge, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setAccessibleName(self.tr("Find a command"))
        self._bridge = bridge
        self._window = parent
        self._focus_before: QWidget | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("What do you want to do?"))
        self.field.setAccessibleName(self.tr("Command"))
        self.field.installEventFilter(self)
        self.model = CommandModel(bridge, self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(CommandDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 8)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self.run_current)
        self.list.clicked.connect(lambda _index: self.run_current())
        self.hide()

    def open(self) -> None:
        """Show it, empty, and take the keys."""
        parent = self._window
        self._focus_before = parent.window().focusWidget()
        width = min(theme.current().px(WIDTH_PX), parent.width() - 32)
        self.setGeometry((parent.width() - width) // 2, TOP_PX, width, 1)
        self.field.clear()
        self._search("")
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Hide it and give the keys back."""
        if self.isHidden():
            return
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus(Qt.FocusReason.OtherFocusReason)
            self._focus_before = None

    def run_current(self) -> None:
        """Run the marked command, if it is possible now."""
        action = self.model.action(self.list.currentIndex())
        if action is not None and action.is_enabled(self._bridge.session):
            self.dismiss()
            self._bridge.run(action.id)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list, Escape leaves, and so does a click elsewhere."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            if event.key() == Qt.Key.Key_Escape:
                self.dismiss()
                return True
            if event.key() in steps:
                self._move(steps[Qt.Key(event.key())])
                return True
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() != Qt.FocusReason.PopupFocusReason:
            self._focus_before = None  # who took the focus keeps it
            self.hide()
        return False

    def _search(self, text: str) -> None:
        self.model.search(text)
        self.list.setCurrentIndex(self.model.index(0))
        rows = min(max(self.model.rowCount(), 1), ROWS)
        self.list.setFixedHeight(theme.current().px(ROW_PX) * rows)
        self.resize(self.width(), self.sizeHint().height())

    def _move(self, by: int) -> None:
        row = min(max(self.list.currentIndex().row() + by, 0), self.model.rowCount() - 1)
        self.list.setCurrentIndex(self.model.index(row))


class CommandModel(QAbstractListModel):
    """The actions that fit what was typed, the best first."""

    def __init__(self, bridge: ActionBridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._found: list[Action] = []

    def search(self, typed: str) -> None:
        """Keep what fits; what is possible now stands before what is not."""
        self.beginResetModel()
        scored = []
        for place, action in enumerate(self._bridge.session.actions):
            fit = _fit(typed, action)
            if fit is not None and not needs_arguments(action):
                scored.append((not action.is_enabled(self._bridge.session), -fit, place, action))
        self._found = [action for *_, action in sorted(scored, key=lambda entry: entry[:3])]
        self.endResetModel()

    def action(self, index: AnyIndex) -> Action | None:
        """The action of a row."""
        return self._found[index.row()] if index.isValid() else None

    def rowCount(self, _parent: AnyIndex | None = None) -> int:
        """How many fit."""
        return len(self._found)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, sentence, and for the delegate the action with its keys."""
        action = self._found[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return title(action)
        if role == Qt.ItemDataRole.ToolTipRole:
            return doc(action)
        if role == Qt.ItemDataRole.UserRole:
            return key_text(self._bridge.keys(action.id))
        if role == Qt.ItemDataRole.UserRole + 1:
            return action.menu.replace("/", " › ")
        if role == Qt.ItemDataRole.UserRole + 2:
            return action.icon
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """What is not possible now is shown, but cannot be run."""
        flags = Qt.ItemFlag.ItemIsSelectable
        if self._found[index.row()].is_enabled(self._bridge.session):
            flags |= Qt.ItemFlag.ItemIsEnabled
        return flags


def needs_arguments(action: Action) -> bool:
    """True when it cannot be run by its name alone."""
    return any(p.default is p.empty for p in action.parameters.values())


def _fit(typed: str, action: Action) -> float | None:
    fits = [score(typed, title(action))]
    in_doc = score(typed, doc(action)) if len(typed) >= 4 and typed.casefold() in doc(action).casefold() else None
    if in_doc is not None:
        fits.append(in_doc - 10)
    return max((fit for fit in fits if fit is not None), default=None)


class CommandDelegate(QStyledItemDelegate):
    """Draws a command: icon, name, where it belongs, keys."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        """All rows are equally high."""
        return QSize(200, theme.current().px(ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """One row."""
        colors, enabled = theme.current(), bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        rect: QRect = option.rect.adjusted(8, 1, -8, -1)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            painter.setBrush(colors.color("selected" if chosen else "raised"))
            painter.drawRoundedRect(rect, theme.RADIUS_PX, theme.RADIUS_PX)
        inner = rect.adjusted(10, 0, -10, 0)
        if name := index.data(Qt.ItemDataRole.UserRole + 2):
            place = QRect(inner.left(), inner.center().y() - 8, 17, 17)
            icons.paint(painter, name, place.toRectF(), "dim", 1.0 if enabled else 0.5)
        _draw_texts(painter, inner.adjusted(30, 0, 0, 0), index, enabled)
        painter.restore()


def _draw_texts(painter: QPainter, inner: QRect, index: AnyIndex, enabled: bool) -> None:
    colors = theme.current()
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.setFont(colors.font())
    painter.setPen(colors.color("text" if enabled else "dim"))
    painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, index.data())
    painter.setFont(colors.font(theme.SMALL_PX))
    painter.setPen(colors.color("dim"))
    painter.drawText(inner, right, index.data(Qt.ItemDataRole.UserRole))
    painter.drawText(inner.adjusted(0, 0, -colors.px(110), 0), right, index.data(Qt.ItemDataRole.UserRole + 1))
