"""The window's colours, type and sizes: read from resources/themes, applied to the whole program at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

THEME_FILES = {"dark": "dark", "light": "light", "reading room": "reading_room"}  # as the setting look.theme names them
BODY_PX = 13
SMALL_PX = 11
UNIT_PX = 4
RADIUS_PX = 7


@dataclass(frozen=True)
class Theme:
    """One set of colours and the factor on all text.

    Attributes:
        name: as the setting ``look.theme`` names it.
        is_dark: light text on dark ground.
        tokens: colour by token, ``#rrggbb``.
        text_scale: factor on all text, icons and control sizes.
    """

    name: str
    is_dark: bool
    tokens: dict[str, str] = field(default_factory=dict)
    text_scale: float = 1.0

    def color(self, token: str, alpha: float = 1.0) -> QColor:
        """The colour of a token; KeyError when there is no such token."""
        color = QColor(self.tokens[token])
        color.setAlphaF(alpha)
        return color

    def px(self, size: float) -> int:
        """A size in logical pixels under the person's text size."""
        return max(1, round(size * self.text_scale))

    def font(self, size: float = BODY_PX, *, bold: bool = False) -> QFont:
        """The window's font; figures have equal widths so that numbers stand in columns."""
        font = QFont(_family())
        font.setPixelSize(self.px(size))
        font.setFeature(QFont.Tag.fromString("tnum"), 1)
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        return font


class ThemeSwitch(QObject):
    """Says when the colours changed; widgets that paint by hand or hold icons listen."""

    changed = Signal()


switch = ThemeSwitch()


def load(name: str, text_scale: float = 1.0) -> Theme:
    """Read a theme; KeyError when the setting names none."""
    content = json.loads((files("resources") / "themes" / f"{THEME_FILES[name]}.json").read_text("utf-8"))
    content.pop("title")
    return Theme(name, content.pop("is_dark"), content, text_scale)


_current = load("dark")


def current() -> Theme:
    """The theme in force."""
    return _current


def apply(application: QApplication, name: str, text_scale: float = 1.0) -> Theme:
    """Give the whole program these colours and sizes, at once."""
    global _current
    theme = _current = load(name, text_scale)
    application.setStyle("Fusion")
    application.setFont(theme.font())
    application.setPalette(palette(theme))
    application.setStyleSheet(style_sheet(theme))
    switch.changed.emit()
    return theme


def palette(theme: Theme) -> QPalette:
    """What Qt's own style paints with."""
    made = QPalette()
    role = QPalette.ColorRole
    for which, token in (
        (role.Window, "panel"),
        (role.WindowText, "text"),
        (role.Base, "field"),
        (role.AlternateBase, "raised"),
        (role.Text, "text"),
        (role.Button, "raised"),
        (role.ButtonText, "text"),
        (role.BrightText, "bright"),
        (role.ToolTipBase, "raised"),
        (role.ToolTipText, "text"),
        (role.PlaceholderText, "dim"),
        (role.Highlight, "accent"),
        (role.HighlightedText, "on_accent"),
        (role.Link, "accent"),
        (role.Accent, "accent"),
    ):
        made.setColor(which, theme.color(token))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, theme.color("dim", 0.6))
    return made


def style_sheet(theme: Theme) -> str:
    """The Qt style sheet of a theme: the template with its tokens, and lengths under the text size, put in."""
    template = Template((files("resources") / "themes" / "window.qss").read_text("utf-8"))
    lengths = {f"px{n}": f"{theme.px(n)}px" for n in range(1, 65)}
    glyphs = Path(str(files("resources") / "themes" / "glyphs")).as_posix()  # style sheets name images by path
    check = f"{glyphs}/check-{'dark' if theme.is_dark else 'light'}.svg"
    return template.substitute(theme.tokens | lengths | {"glyphs": glyphs, "check": check})


def _family() -> str:
    """Inter where it is installed, else the platform's own font."""
    if "Inter" in QFontDatabase.families():
        return "Inter"
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
