"""``limner screenshot CASE|PATH -o out.png``: the main window's picture, off screen."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from session.presentation import Layout


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("screenshot", help="the main window's picture, off screen")
    parser.add_argument("path", type=Path, help="a case or images")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--layout", choices=[layout.value for layout in Layout])
    parser.add_argument("--size", default="1680x1020", metavar="WxH")
    parser.add_argument("--theme", choices=["dark", "light", "reading room"])
    parser.add_argument("--scale", type=float, default=1.0, help="the screen's factor, 2 for a high-density screen")
    parser.add_argument("--window", metavar="LEVEL,WIDTH", help="such as -600,1500 for lungs")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Open, wait until everything is drawn, write the picture."""
    from app.screenshot import take_screenshot  # Qt

    if not arguments.path.exists():
        raise UserError(f"{arguments.path} does not exist.")
    width, height = _numbers(arguments.size, "x", "a size", "1680x1020")
    window = None
    if arguments.window is not None:
        window = _numbers(arguments.window, ",", "a window", "40,400")
    take_screenshot(
        arguments.path,
        arguments.out,
        size=(int(width), int(height)),
        layout=Layout(arguments.layout) if arguments.layout else None,
        theme=arguments.theme,
        scale=arguments.scale,
        window=window,
    )
    return 0


def _numbers(text: str, separator: str, kind: str, example: str) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in text.split(separator))
    except ValueError:
        raise UserError(f"“{text}” is no {kind.removeprefix('a ')}.", f"Write it as {example}.") from None
    return first, second
