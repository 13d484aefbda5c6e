"""The themes: readable, complete, and made from tokens alone."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from widgets import icons, theme
from widgets.panels.history.panel import ROW_PX as HISTORY_ROW_PX
from widgets.panels.segments.delegate import CHIP_TOKENS

READABLE = 4.5  # WCAG 2.1 AA for text
PAIRS = [
    *((ink, ground) for ink in ("text", "bright", "dim") for ground in ("background", "panel", "raised", "field")),
    *((ink, ground) for ink in ("text", "bright", "dim") for ground in ("selected", "hover")),
    *((ink, "panel") for ink in ("ok", "warn", "error", "accent")),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    *((ink, ground) for ground, ink in CHIP_TOKENS.values()),
    *((ink, "view") for ink in ("axial", "coronal", "sagittal", "other_study", "three_d", "on_view", "on_view_accent")),
]


def luminance(color: str) -> float:
    """Relative luminance of #rrggbb as WCAG 2.1 defines it."""
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", theme.THEME_FILES)
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_is_readable(name: str, ink: str, ground: str) -> None:
    tokens = theme.load(name).tokens
    assert contrast(tokens[ink], tokens[ground]) >= READABLE


def test_themes_have_the_same_tokens() -> None:
    first, *others = (set(theme.load(name).tokens) for name in theme.THEME_FILES)
    assert all(tokens == first for tokens in others)


def test_reading_room_is_dimmer_than_dark() -> None:
    dark, dim = theme.load("dark").tokens, theme.load("reading room").tokens
    assert max(map(luminance, dim.values())) < 0.6
    assert all(luminance(dim[token]) <= luminance(dark[token]) for token in dark)


def test_style_sheet_names_no_colour_itself() -> None:
    text = (files("resources") / "themes" / "window.qss").read_text("utf-8")
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", text)


@pytest.mark.parametrize("name", icons.icon_names())
def test_icons_take_the_themes_colour_and_one_stroke(name: str) -> None:
    text = (files("resources") / "icons" / f"{name}.svg").read_text("utf-8")
    assert 'stroke-width="1.7"' in text
    assert "currentColor" in text
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", text)


def test_icon_is_drawn_in_the_token_colour(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    image = icons.pixmap("layout-single", 24, 2.0, "accent").toImage()
    assert image.width() == 48
    assert image.pixelColor(8, 24).name() == theme.current().tokens["accent"]


def test_applying_a_theme_reaches_widgets_that_exist(qtbot: QtBot, qapp: QApplication) -> None:
    button = QPushButton("Accept")
    button.setProperty("role", "primary")
    qtbot.addWidget(button)
    button.show()
    grounds = []
    for name in ("dark", "light"):
        theme.apply(qapp, name)
        QApplication.processEvents()
        grounds.append(button.grab().toImage().pixelColor(button.width() // 2, 4).name())
    assert grounds == [theme.load(name).tokens["accent"] for name in ("dark", "light")]


def test_text_size_scales_text_and_rows(qapp: QApplication) -> None:
    large = theme.load("dark", 1.5)
    assert large.font().pixelSize() == 20
    assert large.px(HISTORY_ROW_PX) == 39
    assert "min-height: 45px" in theme.style_sheet(large)
    assert "min-height: 45px" not in theme.style_sheet(theme.load("dark"))
