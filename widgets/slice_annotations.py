"""What stands over a slice: name, window, position, value, letters, scale bar, slider, crosshair, brush ring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import floor, hypot, log10

import numpy as np
from PySide6.QtCore import QCoreApplication, QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap

from imaging.volume import SeriesWarning
from render.doubt_overlay import DoubtStyle
from render.screen_map import ScreenMap
from render.slice_reading import SliceReading, position_text, signed, value_text
from render.slice_scene import SliceState
from session.presentation import Plane
from widgets import theme
from widgets.doubt_legend import paint_legend
from widgets.slice_text import ShadowText, elided

EDGE_PX = 10
HEADING_SHARE = 0.4  # of the width, so that it stays clear of the letter in the middle
SLIDER_PX = 16  # width of the strip at the right edge that takes the mouse
BAR_PX = 90  # about how long the scale bar is
THUMB_PX = (8.0, 18.0)
CROSSHAIR_ALPHA = 0.22


@dataclass(frozen=True)
class Label:
    """One text with its place."""

    rect: QRectF
    text: str
    font: QFont
    color: QColor


def plane_title(plane: Plane) -> str:
    """What a view is called."""
    return {
        Plane.AXIAL: QCoreApplication.translate("SliceView", "Axial"),
        Plane.CORONAL: QCoreApplication.translate("SliceView", "Coronal"),
        Plane.SAGITTAL: QCoreApplication.translate("SliceView", "Sagittal"),
    }[plane]


class SliceAnnotations:
    """Lays out and paints everything over the picture of one view."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self.heading = ""  # instead of the plane's name, which then stands below
        self.heading_note = ""  # a line below it, as bold
        self.heading_token = plane.value  # the colour of both
        self._text = ShadowText()
        self._fixed: tuple[object, list[Label]] = (None, [])

    def paint_labels(self, painter: QPainter, rect: QRect, labels: list[Label]) -> None:
        """The texts that touch a rectangle."""
        for label in labels:
            if QRectF(rect).intersects(label.rect.adjusted(-4, -4, 4, 4)):
                self._text.draw(painter, label.rect, label.text, label.font, label.color)

    def fixed_labels(self, size: tuple[float, float], state: SliceState) -> list[Label]:
        """Everything that does not follow the cursor; laid out once for each state and size."""
        key = (size, state, theme.current())
        if self._fixed[0] != key:
            labels = [part(size, state) for part in (self._title_labels, self._corner_labels, self._letter_labels)]
            self._fixed = key, [label for part in labels for label in part]
        return self._fixed[1]

    def _title_labels(self, size: tuple[float, float], state: SliceState) -> list[Label]:
        """Top left: the plane's name, and what is unusual about the picture."""
        tokens = theme.current()
        name = plane_title(self._plane)
        font = tokens.font(bold=True)
        heading = QFontMetricsF(font).elidedText(self.heading, Qt.TextElideMode.ElideMiddle, size[0] * HEADING_SHARE)
        rows = [(heading or name, font, tokens.color(self.heading_token))]
        dim = tokens.color("on_view", 0.8)
        if self.heading_note:
            rows.append((self.heading_note, font, tokens.color(self.heading_token)))
        if self.heading:
            rows.append((name, tokens.font(11), dim))
        if any(state.camera.tilt_deg):
            angles = " ".join(f"{signed(a, 0)}°" for a in state.camera.tilt_deg)
            rows.append((QCoreApplication.translate("SliceView", "tilted {}").format(angles), tokens.font(11), dim))
        if state.camera.slab_mm:
            slab = QCoreApplication.translate("SliceView", "{} mm, highest value").format(f"{state.camera.slab_mm:g}")
            rows.append((slab, tokens.font(11), dim))
        if state.grid.cut is None and not any(state.camera.tilt_deg):
            rows.append((QCoreApplication.translate("SliceView", "true positions"), tokens.font(11), dim))
        if not knows_orientation(state):
            unknown = QCoreApplication.translate("SliceView", "orientation unknown")
            rows.append((unknown, tokens.font(11), tokens.color("warn")))
        elif not knows_size(state):
            rows.append(
                (QCoreApplication.translate("SliceView", "size unknown"), tokens.font(11), tokens.color("warn"))
            )
        return self._column(rows, EDGE_PX, size, at_right=False)

    def _corner_labels(self, size: tuple[float, float], state: SliceState) -> list[Label]:
        """Top right: window, slice and position."""
        tokens = theme.current()
        window, grid = state.windowing, state.grid
        place = f" · {signed(grid.location_mm, 1)} mm" if knows_orientation(state) and knows_size(state) else ""
        texts = [f"{grid.number + 1} / {grid.count}{place}"]
        if state.volume.voxels.ndim == 3:
            decimals = 0 if window.width >= 50 else 2
            texts.insert(0, f"W {signed(window.width, decimals)} L {signed(window.level, decimals)}")
        rows = [(text, tokens.font(11), tokens.color("on_view")) for text in texts]
        return self._column(rows, EDGE_PX, size, at_right=True)

    def reading_labels(self, size: tuple[float, float], state: SliceState, reading: SliceReading | None) -> list[Label]:
        """Below them: segment and value under the cursor, and where it is."""
        if reading is None:
            return []
        tokens = theme.current()
        small, color = tokens.font(11), tokens.color("on_view")
        value = value_text(reading, state.volume.quantity)
        if reading.segment is not None:
            width = max(40.0, size[0] / 2 - self._text.size(value, small)[0])
            value = f"{elided(reading.segment.name, small, width)} · {value}"
        rows = [(value, small, color)]
        if size[0] >= 320 and knows_orientation(state) and knows_size(state):
            rows.append((position_text(reading.position_mm), small, tokens.color("on_view", 0.75)))
        top = max(label.rect.bottom() for label in self._corner_labels(size, state)) + 2
        return self._column(rows, top, size, at_right=True)

    def _letter_labels(self, size: tuple[float, float], state: SliceState) -> list[Label]:
        """What lies at the left, right, top and bottom; nothing is claimed where the file does not say."""
        if not knows_orientation(state):
            return []
        tokens = theme.current()
        font, color = tokens.font(12, bold=True), tokens.color("on_view_accent")
        labels = []
        for letter, (x, y) in zip(state.grid.letters(), ((0, 0.5), (1, 0.5), (0.5, 0), (0.5, 1)), strict=True):
            width, height = self._text.size(letter, font)
            left = EDGE_PX + x * (size[0] - 2 * EDGE_PX - width - (SLIDER_PX if x == 1 else 0))
            top = EDGE_PX + y * (size[1] - 2 * EDGE_PX - height)
            labels.append(Label(QRectF(left, top, width, height), letter, font, color))
        return labels

    def _column(
        self, rows: list[tuple[str, QFont, QColor]], top: float, size: tuple[float, float], *, at_right: bool
    ) -> list[Label]:
        labels = []
        for text, font, color in rows:
            width, height = self._text.size(text, font)
            left = size[0] - EDGE_PX - SLIDER_PX / 2 - width if at_right else EDGE_PX
            labels.append(Label(QRectF(left, top, width, height), text, font, color))
            top += height + 1
        return labels

    def paint_scale_bar(
        self, painter: QPainter, rect: QRect, size: tuple[float, float], state: SliceState, place: ScreenMap
    ) -> None:
        """Bottom right: a bar of a round length, where lengths are known."""
        if not knows_size(state) or rect.right() < size[0] * 0.7 - 40 or rect.bottom() < size[1] - 40:
            return
        tokens = theme.current()
        length_mm = nice_length_mm(min(BAR_PX, size[0] / 4) / place.scale)
        length, right, bottom = length_mm * place.scale, size[0] - EDGE_PX - SLIDER_PX / 2, size[1] - EDGE_PX
        painter.fillRect(QRectF(right - length - 1, bottom - 3, length + 2, 4), QColor(0, 0, 0, 110))
        painter.fillRect(QRectF(right - length, bottom - 2, length, 2), tokens.color("on_view"))
        text, font = length_text(length_mm), tokens.font(11)
        width, height = self._text.size(text, font)
        left = min(right - length / 2 - width / 2, right - width)
        self._text.draw(painter, QRectF(left, bottom - 6 - height, width, height), text, font, tokens.color("on_view"))

    def paint_doubt_legend(self, painter: QPainter, rect: QRect, size: tuple[float, float], style: DoubtStyle) -> None:
        """Bottom left: what the colours of a map of how sure a model was mean."""
        paint_legend(painter, rect, size, self._text, style)

    def paint_slider(self, painter: QPainter, rect: QRect, size: tuple[float, float], state: SliceState) -> None:
        """Right edge: where this slice is among all."""
        if state.grid.count < 2 or rect.right() < size[0] - SLIDER_PX:
            return
        tokens, track = theme.current(), slider_track(size)
        painter.fillRect(track, tokens.color("on_view", 0.16))
        y = track.top() + slider_share(state) * track.height()
        thumb = _thumb(tokens.color("dim").rgba(), painter.device().devicePixelRatioF())
        painter.drawPixmap(QPointF(track.center().x() - THUMB_PX[0] / 2, round(y - THUMB_PX[1] / 2)), thumb)

    def paint_border(self, painter: QPainter, size: tuple[float, float]) -> None:
        """The view's colour around it, for the active view only."""
        painter.setPen(QPen(theme.current().color(self._plane.value), 1))
        painter.drawRect(QRectF(0.5, 0.5, size[0] - 1, size[1] - 1))

    def paint_crosshair(self, painter: QPainter, lines: list[QLineF]) -> None:
        """Where the other planes cut this one."""
        painter.save()
        color = QColor(255, 255, 255)
        color.setAlphaF(CROSSHAIR_ALPHA)
        painter.setPen(QPen(color, 1))
        is_straight = all(line.x1() == line.x2() or line.y1() == line.y2() for line in lines)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_straight)
        painter.drawLines(lines)
        painter.restore()


@lru_cache(maxsize=4)
def _thumb(color: int, ratio: float) -> QPixmap:
    """The slider's handle, kept as a picture."""
    pixmap = QPixmap(round(THUMB_PX[0] * ratio), round(THUMB_PX[1] * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor.fromRgba(color))
    painter.drawRoundedRect(QRectF(0, 0, *THUMB_PX), 3, 3)
    painter.end()
    return pixmap


def crosshair_lines(state: SliceState, place: ScreenMap, size: tuple[float, float]) -> list[QLineF]:
    """The lines in which the other two planes cut this one, across the whole view."""
    x, y = place.to_screen(*state.grid.to_pixel(state.crosshair_mm))
    right, down = (np.array(v) / np.linalg.norm(v) for v in (state.grid.right_mm, state.grid.down_mm))
    reach, lines = hypot(*size) + abs(x) + abs(y), []
    for _, normal in state.other_normals:
        along = np.cross(state.grid.normal, normal)
        dx, dy = float(along @ right), float(along @ down)
        length = hypot(dx, dy)
        if length < 1e-6:
            continue
        dx, dy = dx / length, dy / length
        if abs(dx) < 1e-3:
            lines.append(QLineF(floor(x) + 0.5, 0, floor(x) + 0.5, size[1]))
        elif abs(dy) < 1e-3:
            lines.append(QLineF(0, floor(y) + 0.5, size[0], floor(y) + 0.5))
        else:
            lines.append(QLineF(x - dx * reach, y - dy * reach, x + dx * reach, y + dy * reach))
    return lines


def knows_orientation(state: SliceState) -> bool:
    """False when the file does not say how the patient lies."""
    return SeriesWarning.NO_GEOMETRY not in state.volume.warnings


def knows_size(state: SliceState) -> bool:
    """False when the file does not say how large a voxel is."""
    return SeriesWarning.NO_SPACING not in state.volume.warnings


def slider_track(size: tuple[float, float]) -> QRectF:
    """The slider's groove."""
    top, bottom = min(72.0, size[1] / 4), size[1] - min(40.0, size[1] / 6)
    return QRectF(size[0] - 9, top, 3, max(bottom - top, 10))


def slider_share(state: SliceState) -> float:
    """Where the thumb stands: 0 at the top, which is towards the head, the back or the patient's left."""
    share = state.grid.number / max(state.grid.count - 1, 1)
    return 1 - share if state.grid.is_forward else share


def slider_number(state: SliceState, size: tuple[float, float], y: float) -> int:
    """The slice that a place on the slider means."""
    track = slider_track(size)
    share = min(max((y - track.top()) / track.height(), 0.0), 1.0)
    if state.grid.is_forward:
        share = 1 - share
    return round(share * (state.grid.count - 1))


def nice_length_mm(longest_mm: float) -> float:
    """The longest of 1, 2, 5, 10, 20, 50 ... that is not longer."""
    power = 10.0 ** floor(log10(max(longest_mm, 1e-9)))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest_mm * (1 + 1e-9))


def length_text(length_mm: float) -> str:
    """A length in the unit that reads best."""
    if length_mm >= 100:
        return f"{length_mm / 10:g} cm"
    return f"{length_mm:g} mm" if length_mm >= 1 else f"{length_mm * 1000:g} µm"
