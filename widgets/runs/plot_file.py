"""The plot of runs as a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from inference.record.run_record import RunRecord
from widgets import theme
from widgets.runs.plot import RunPlot

SIZE_PX = (1200, 860)
SCALE = 2.0  # pixels for each unit: sharp on paper


def write_plot(records: Sequence[RunRecord], path: Path, *, is_dark: bool = False) -> None:
    """Draw the runs into a PNG file, black on white for paper unless ``is_dark``.

    Raises:
        UserError: another ending, or the file cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise UserError("The plot is written as PNG.", "Choose a name that ends in .png.")
    colors = theme.load("dark" if is_dark else "light")
    image = QImage(round(SIZE_PX[0] * SCALE), round(SIZE_PX[1] * SCALE), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    ground = colors.color("panel") if is_dark else QColor("white")
    image.fill(ground)
    painter = QPainter(image)
    margin = 16
    area = QRectF(margin, margin, SIZE_PX[0] - 2 * margin, SIZE_PX[1] - 2 * margin)
    RunPlot(records, colors, ground).paint(painter, area)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise RuntimeError("Qt writes no PNG")
    with replacing(path) as file:
        file.write(bytes(buffer.data().data()))
