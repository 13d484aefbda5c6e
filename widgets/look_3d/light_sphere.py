"""A shaded ball whose highlight is dragged to where the light stands."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from session.look.lighting import Lighting
from widgets import theme

SIDE_PX = 108
RIM = 0.72  # the ball's radius; between it and the edge stands a light behind the scene
STEP_DEG = 5.0
AMBIENT = 0.10
INK = np.array([0.93, 0.94, 0.97])
KEYS = {
    Qt.Key.Key_Left: (-STEP_DEG, 0.0),
    Qt.Key.Key_Right: (STEP_DEG, 0.0),
    Qt.Key.Key_Up: (0.0, STEP_DEG),
    Qt.Key.Key_Down: (0.0, -STEP_DEG),
}


def direction(azimuth_deg: float, elevation_deg: float) -> tuple[float, float, float]:
    """Where the light stands: right, up and towards the viewer, of length 1."""
    a, e = math.radians(azimuth_deg), math.radians(elevation_deg)
    return math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)


def angles(x: float, y: float, z: float) -> tuple[float, float]:
    """Azimuth (-180 to 180) and elevation (-90 to 90), in degrees, of a direction."""
    return math.degrees(math.atan2(x, z)), math.degrees(math.asin(max(-1.0, min(1.0, y))))


def disc_place(x: float, y: float, z: float) -> tuple[float, float]:
    """Where a direction is drawn in the unit disc: on the ball seen from the front, or around it when it is behind."""
    across = math.hypot(x, y)
    if z >= 0:
        return x * RIM, y * RIM
    radius = RIM + (1 - RIM) * (1 - across)
    return (x / across * radius, y / across * radius) if across > 1e-9 else (0.0, 1.0)


def disc_direction(x: float, y: float) -> tuple[float, float, float]:
    """The direction drawn at a place of the unit disc; places outside count as on its edge."""
    radius = math.hypot(x, y)
    if radius <= RIM:
        right, up = x / RIM, y / RIM
        return right, up, math.sqrt(max(0.0, 1 - right * right - up * up))
    across = 1 - (min(radius, 1.0) - RIM) / (1 - RIM)
    return x / radius * across, y / radius * across, -math.sqrt(max(0.0, 1 - across * across))


class LightSphere(QWidget):
    """Drag, arrow keys (5 degrees), and a double click for where the light stands by default."""

    moved = Signal(float, float, bool)  # azimuth, elevation in degrees; True when the drag is over

    def __init__(self) -> None:
        super().__init__()
        self._azimuth, self._elevation = Lighting.azimuth_deg, Lighting.elevation_deg
        self._others: list[tuple[float, float]] = []
        self._ball: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName(self.tr("Where the light stands"))
        self.setToolTip(
            self.tr("Drag the light; outside the ball it stands behind the scene.\nA double click puts it back.")
        )
        theme.switch.changed.connect(self._fit_text)

    @property
    def azimuth_deg(self) -> float:
        """Positive to the viewer's right."""
        return self._azimuth

    @property
    def elevation_deg(self) -> float:
        """Positive above."""
        return self._elevation

    def set_angles(self, azimuth_deg: float, elevation_deg: float) -> None:
        """Show another direction. Emits nothing."""
        if (azimuth_deg, elevation_deg) != (self._azimuth, self._elevation):
            self._azimuth, self._elevation = azimuth_deg, elevation_deg
            self._ball = None
            self.update()

    def set_others(self, angles_deg: list[tuple[float, float]]) -> None:
        """Show where further lights stand (azimuth, elevation), smaller. Emits nothing."""
        if angles_deg != self._others:
            self._others = angles_deg
            self.update()

    def sizeHint(self) -> QSize:
        """A square."""
        side = theme.current().px(SIDE_PX)
        return QSize(side, side)

    def handle(self) -> QPointF:
        """Where the light is drawn, in the widget's coordinates."""
        return self._place_of(self._azimuth, self._elevation)

    def _place_of(self, azimuth_deg: float, elevation_deg: float) -> QPointF:
        x, y = disc_place(*direction(azimuth_deg, elevation_deg))
        half = self._radius()
        return QPointF(self.width() / 2 + x * half, self.height() / 2 - y * half)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The light jumps under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag(event, is_final=False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """And follows it."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event, is_final=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """And stays."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.moved.emit(self._azimuth, self._elevation, True)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Back to where it stands by default."""
        self._move(Lighting.azimuth_deg, Lighting.elevation_deg, is_final=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the light in steps."""
        step = KEYS.get(Qt.Key(event.key()))
        if step is None:
            event.ignore()
            return
        azimuth = (self._azimuth + step[0] + 180) % 360 - 180
        self._move(azimuth, max(-90.0, min(90.0, self._elevation + step[1])), is_final=True)

    def focusInEvent(self, _event: QFocusEvent) -> None:
        """The focus is drawn."""
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """The focus is no longer drawn."""
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ball, rim and light."""
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        middle, half = QPointF(self.width() / 2, self.height() / 2), self._radius()
        painter.setPen(QPen(colors.color("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(colors.color("field"))
        painter.drawEllipse(middle, half, half)
        ball = QRectF(middle.x() - half * RIM, middle.y() - half * RIM, 2 * half * RIM, 2 * half * RIM)
        painter.drawImage(ball, self._shaded())
        self._draw_light(painter)

    def _draw_light(self, painter: QPainter) -> None:
        colors, place = theme.current(), self.handle()
        size = colors.px(6)
        painter.setPen(QPen(colors.color("dim"), 1.5))
        painter.setBrush(colors.color("field"))
        for angles_deg in self._others:
            painter.drawEllipse(self._place_of(*angles_deg), size / 2, size / 2)
        is_behind = direction(self._azimuth, self._elevation)[2] < 0
        painter.setPen(QPen(colors.color("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush if is_behind else colors.color("bright" if colors.is_dark else "panel"))
        painter.drawEllipse(place, size, size)

    def _radius(self) -> float:
        return min(self.width(), self.height()) / 2 - 1 - theme.current().px(6)

    def _drag(self, event: QMouseEvent, *, is_final: bool) -> None:
        half = self._radius()
        x = (event.position().x() - self.width() / 2) / half
        y = (self.height() / 2 - event.position().y()) / half
        azimuth, elevation = angles(*disc_direction(x, y))
        self._move(round(azimuth, 1), round(elevation, 1), is_final=is_final)

    def _move(self, azimuth_deg: float, elevation_deg: float, *, is_final: bool) -> None:
        self.set_angles(azimuth_deg, elevation_deg)
        self.moved.emit(azimuth_deg, elevation_deg, is_final)

    def _shaded(self) -> QImage:
        """The ball in this light."""
        if self._ball is None:
            side = round(2 * self._radius() * RIM * self.devicePixelRatioF())
            self._ball = shaded_ball(side, direction(self._azimuth, self._elevation))
        return self._ball

    def _fit_text(self) -> None:
        self._ball = None
        self.updateGeometry()


def shaded_ball(side: int, light: tuple[float, float, float]) -> QImage:
    """A matt ball with a soft highlight, transparent around it.

    Args:
        side: width and height in pixels.
        light: direction to the light: right, up, towards the viewer; of length 1.
    """
    grid = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(grid, -grid)
    radius = np.hypot(x, y)
    z = np.sqrt(np.clip(1 - radius**2, 0, 1))
    lit = np.clip(x * light[0] + y * light[1] + z * light[2], 0, 1)
    halfway = np.array([light[0], light[1], light[2] + 1.0])
    halfway /= max(float(np.linalg.norm(halfway)), 1e-6)
    shine = np.clip(x * halfway[0] + y * halfway[1] + z * halfway[2], 0, 1) ** 40 * (lit > 0)
    value = np.clip(AMBIENT + 0.68 * lit + 0.3 * shine, 0, 1)
    picture = np.zeros((side, side, 4), np.uint8)
    picture[..., :3] = (value[..., None] ** (1 / 1.6) * INK * 255).astype(np.uint8)
    picture[..., 3] = np.clip((1 - radius) * side / 2, 0, 1) * 255
    return QImage(picture.data, side, side, 4 * side, QImage.Format.Format_RGBA8888).copy()
