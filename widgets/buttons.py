"""Buttons of the window. None takes the focus when clicked, so that the keys stay with the views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from widgets import icons, theme

ICON_PX = 18
TAB_MARGIN_PX = 4


class ActionButton(QToolButton):
    """A button of an action that shows its icon alone."""

    def __init__(self, action: QAction, role: str = "tool", icon_px: int = 20) -> None:
        super().__init__()
        self._icon_px = icon_px
        self.setDefaultAction(action)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.setProperty("role", role)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(action.text())
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()

    def _fit_text(self) -> None:
        side = theme.current().px(self._icon_px)
        self.setIconSize(QSize(side, side))


class IconButton(QToolButton):
    """A small button with one of our icons, which follows the theme."""

    def __init__(
        self, icon: str, name: str, clicked: Callable[[], Any] | None = None, *, role: str = "small", icon_px: int = 16
    ) -> None:
        super().__init__()
        self._icon = icon
        self.setProperty("role", role)
        self.setToolTip(name)
        self.setAccessibleName(name)
        self._icon_px = icon_px
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if clicked is not None:
            self.clicked.connect(lambda: clicked())
        theme.switch.changed.connect(self._load_icon)
        self._load_icon()

    def set_icon(self, icon: str) -> None:
        """Show another icon."""
        self._icon = icon
        self._load_icon()

    def _load_icon(self) -> None:
        side = theme.current().px(self._icon_px)
        self.setIconSize(QSize(side, side))
        self.setIcon(icons.icon(self._icon, "dim" if self.property("role") == "small" else "text"))


def text_button(text: str, clicked: Callable[[], Any] | None = None, role: str = "") -> QPushButton:
    """A button with text; ``role`` primary for what one most likely wants, quiet for a line in a list."""
    made = QPushButton(text)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setAutoDefault(False)
    if role:
        made.setProperty("role", role)
    if clicked is not None:
        made.clicked.connect(lambda: clicked())
    return made


def menu_button(text: str, menu: QMenu, role: str = "button", name: str = "") -> QToolButton:
    """A button with text that opens a menu."""
    made = QToolButton()
    made.setText(text)
    made.setMenu(menu)
    made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    made.setProperty("role", role)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setAccessibleName(name or text)
    return made


class OneOf(QFrame):
    """A row of buttons of which one is chosen.

    Args:
        options: (key, text) from left to right.
        name: what is chosen, for screen readers.
        role: the style of the buttons, choice or tab.
    """

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], name: str, role: str = "choice") -> None:
        super().__init__()
        self.setAccessibleName(name)
        if role == "choice":
            self.setObjectName("segmented")
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2) if role == "choice" else row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        self._icons: dict[str, str] = {}
        self._is_tight = role == "tab"
        theme.switch.changed.connect(self._fit_theme)
        for key, text in options:
            button = self._buttons[key] = _choice(text, role)
            self._group.addButton(button)
            row.addWidget(button)
            button.clicked.connect(lambda _checked=False, key=key: self.chosen.emit(key))
        self._fit_theme()

    @property
    def key(self) -> str:
        """The chosen one's key, empty when none is."""
        return next((key for key, button in self._buttons.items() if button.isChecked()), "")

    def button(self, key: str) -> QWidget:
        """The button of one key."""
        return self._buttons[key]

    def show_as_icon(self, key: str, icon: str) -> None:
        """Show one of them by its icon alone, where its text has no room; the tooltip says the text."""
        button = self._buttons[key]
        self._icons[key] = icon
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.setToolTip(button.text())
        button.setMinimumWidth(0)
        self._fit_theme()

    def _fit_theme(self) -> None:
        """Icons in the theme's colour; tabs may be as narrow as their text, which is bold when chosen."""
        side = theme.current().px(ICON_PX)
        metrics = QFontMetrics(theme.current().font(bold=True))
        for key, button in self._buttons.items():
            if self._is_tight and key not in self._icons:
                button.setMinimumWidth(metrics.horizontalAdvance(button.text()) + TAB_MARGIN_PX)
        for key, icon in self._icons.items():
            self._buttons[key].setIconSize(QSize(side, side))
            self._buttons[key].setIcon(icons.icon(icon, "dim"))

    def choose(self, key: str) -> None:
        """Show another one as chosen; an unknown key shows none. Emits nothing."""
        self._group.setExclusive(False)
        for other, button in self._buttons.items():
            button.setChecked(other == key)
        self._group.setExclusive(True)


def _choice(text: str, role: str) -> QToolButton:
    made = QToolButton()
    made.setText(text)
    made.setCheckable(True)
    made.setProperty("role", role)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    made.setAccessibleName(text)
    return made
