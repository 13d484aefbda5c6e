"""From a slice picture's pixels to the screen and back, for any zoom and shift."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from render.slice_geometry import Floats, Rows, SliceGrid
from session.presentation import SliceCamera

LEAST_ZOOM, MOST_ZOOM = 0.2, 60.0


@dataclass(frozen=True)
class ScreenMap:
    """Where the pixels of a picture stand in a view, in logical screen pixels from its top left corner.

    Attributes:
        left, top: the picture's outer corner; pixel (0, 0) reaches from there one pixel to the right and down.
        column_px, row_px: size of a pixel of the picture on the screen.
        scale: screen pixels per millimetre.
    """

    left: float
    top: float
    column_px: float
    row_px: float
    scale: float

    def to_screen(self, row: float, column: float) -> tuple[float, float]:
        """Screen (x, y) of continuous pixel coordinates."""
        return self.left + (column + 0.5) * self.column_px, self.top + (row + 0.5) * self.row_px

    def to_pixel(self, x: float, y: float) -> tuple[float, float]:
        """Continuous (row, column) of a screen position."""
        return (y - self.top) / self.row_px - 0.5, (x - self.left) / self.column_px - 0.5

    def to_world(self, grid: SliceGrid, x: float, y: float) -> Floats:
        """LPS millimetres of a screen position."""
        return grid.to_world(*self.to_pixel(x, y))

    def rect_of(self, rows: Rows) -> tuple[float, float, float, float]:
        """Screen (left, top, right, bottom) of a part of the picture."""
        row0, row1, column0, column1 = rows
        left, right = (self.left + n * self.column_px for n in (column0, column1))
        top, bottom = (self.top + n * self.row_px for n in (row0, row1))
        return left, top, right, bottom

    def in_device_pixels(self, ratio: float) -> ScreenMap:
        """The same in the screen's own pixels."""
        return ScreenMap(
            self.left * ratio, self.top * ratio, self.column_px * ratio, self.row_px * ratio, self.scale * ratio
        )


def fit_scale(grid: SliceGrid, width: float, height: float) -> float:
    """Screen pixels per millimetre at zoom 1: the whole picture fits into the view."""
    pixel_width, pixel_height = grid.pixel_mm
    return min(max(width, 1) / (grid.columns * pixel_width), max(height, 1) / (grid.rows * pixel_height))


def screen_map(grid: SliceGrid, camera: SliceCamera, width: float, height: float) -> ScreenMap:
    """How a view of the given logical size shows a picture."""
    pixel_width, pixel_height = grid.pixel_mm
    scale = fit_scale(grid, width, height) * camera.zoom
    left = width / 2 - (grid.columns * pixel_width / 2 + camera.pan_mm[0]) * scale
    top = height / 2 - (grid.rows * pixel_height / 2 + camera.pan_mm[1]) * scale
    return ScreenMap(left, top, pixel_width * scale, pixel_height * scale, scale)


def zoomed(
    grid: SliceGrid, camera: SliceCamera, size: tuple[float, float], factor: float, at: tuple[float, float]
) -> tuple[float, tuple[float, float]]:
    """Zoom and pan after zooming by a factor so that what lies at a screen position stays there."""
    zoom = min(max(camera.zoom * factor, LEAST_ZOOM), MOST_ZOOM)
    fit = fit_scale(grid, *size)
    keep = 1 / (fit * camera.zoom) - 1 / (fit * zoom)
    pan = [camera.pan_mm[n] + (at[n] - size[n] / 2) * keep for n in (0, 1)]
    return zoom, limited_pan(grid, (pan[0], pan[1]))


def pan_onto(grid: SliceGrid, lps_mm: ArrayLike) -> tuple[float, float]:
    """The shift that brings a position into the view's middle."""
    row, column = grid.to_pixel(lps_mm)
    width, height = grid.pixel_mm
    return limited_pan(grid, ((column - (grid.columns - 1) / 2) * width, (row - (grid.rows - 1) / 2) * height))


def limited_pan(grid: SliceGrid, pan_mm: tuple[float, float]) -> tuple[float, float]:
    """A shift that keeps some of the picture in the view's middle, so that nobody loses the image."""
    width, height = grid.pixel_mm
    half = grid.columns * width / 2, grid.rows * height / 2
    return min(max(pan_mm[0], -half[0]), half[0]), min(max(pan_mm[1], -half[1]), half[1])
