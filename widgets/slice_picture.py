"""The picture of a slice view: grey values and segments, painted by QPainter for the region that needs it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from render.doubt_overlay import DoubtStyle
from render.grey import rgb32_of
from render.label_overlay import LabelStyle
from render.label_pixels import overlay_pixels
from render.reslice import grey_pixels, label_pixels, outside_value
from render.screen_map import ScreenMap
from render.slice_scene import SliceState

Pixels = NDArray[Any]


class SlicePicture:
    """Keeps the grey picture, and label pictures that had to be resliced, until they are told to be old."""

    def __init__(self) -> None:
        self._grey: QImage | None = None
        self._grey_memory: Pixels | None = None  # QImage does not own it
        self._labels: dict[tuple[bool, int], Pixels] = {}
        self._doubt: tuple[object, QImage, Pixels] | None = None

    def forget_grey(self) -> None:
        """The plane, the window or the voxels changed."""
        self._grey = self._grey_memory = self._doubt = None
        self._labels.clear()

    def forget_labels(self) -> None:
        """Labels changed."""
        self._labels.clear()

    def paint(
        self,
        painter: QPainter,
        rect: QRect,
        state: SliceState,
        place: ScreenMap,
        layers: Sequence[Pixels],
        preview_layers: Sequence[Pixels],
        is_smooth: bool,
    ) -> None:
        """Paint one rectangle of the view: black ground, grey values, segments, preview, doubt."""
        painter.fillRect(rect, Qt.GlobalColor.black)
        self._paint_grey(painter, rect, state, place, is_smooth)
        for style in state.styles:
            if style.layer < len(layers):
                self._paint_labels(painter, rect, state, place, style, layers[style.layer])
        for style in state.preview_styles:
            if style.layer < len(preview_layers):
                self._paint_labels(painter, rect, state, place, style, preview_layers[style.layer])
        if state.doubt is not None:
            self._paint_doubt(painter, rect, state, state.doubt, place)

    def _paint_doubt(
        self, painter: QPainter, rect: QRect, state: SliceState, style: DoubtStyle, place: ScreenMap
    ) -> None:
        """The map of how sure a model was, smooth: it has no edges of its own."""
        if self._doubt is None or self._doubt[0] != style:
            colors = np.ascontiguousarray(np.take(style.argb, self._plane_of(style.shown.values, state)))
            rows, columns = colors.shape
            image = QImage(colors.data, columns, rows, colors.strides[0], QImage.Format.Format_ARGB32_Premultiplied)
            self._doubt = style, image, colors
        image = self._doubt[1]
        painter.save()
        painter.setClipRect(rect)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(
            QRectF(place.left, place.top, place.column_px * image.width(), place.row_px * image.height()), image
        )
        painter.restore()

    @staticmethod
    def _plane_of(values: Pixels, state: SliceState) -> Pixels:
        if state.grid.cut is not None:
            return state.grid.cut.of(values)
        return label_pixels(values, state.volume.geometry, state.grid)

    def _paint_grey(self, painter: QPainter, rect: QRect, state: SliceState, place: ScreenMap, is_smooth: bool) -> None:
        image = self._grey_image(state, is_smooth)
        target = QRectF(place.left, place.top, place.column_px * image.width(), place.row_px * image.height())
        painter.save()
        painter.setClipRect(rect)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smooth)
        painter.drawImage(target, image)
        painter.restore()

    def _grey_image(self, state: SliceState, is_smooth: bool) -> QImage:
        if self._grey is None:
            volume = state.volume
            values = grey_pixels(
                volume.voxels,
                volume.geometry,
                state.grid,
                slab_mm=state.camera.slab_mm,
                is_smooth=is_smooth,
                outside=outside_value(volume.voxels.dtype, state.is_inverted),
            )
            self._grey, self._grey_memory = _image_of(values, state)
        return self._grey

    def _paint_labels(
        self, painter: QPainter, rect: QRect, state: SliceState, place: ScreenMap, style: LabelStyle, layer: Pixels
    ) -> None:
        ratio = painter.device().devicePixelRatioF()
        left, top = floor(rect.left() * ratio), floor(rect.top() * ratio)
        right, bottom = ceil((rect.right() + 1) * ratio), ceil((rect.bottom() + 1) * ratio)
        pixels = self._label_pixels(state, style, layer)
        region = (left, top, right - left, bottom - top)
        found = overlay_pixels(style, pixels, place.in_device_pixels(ratio), region, ratio)
        if found is None:
            return
        colors, (left, top, width, height) = found
        image = QImage(colors.data, width, height, colors.strides[0], QImage.Format.Format_ARGB32_Premultiplied)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.scale(1 / ratio, 1 / ratio)
        painter.drawImage(QPoint(left, top), image)
        painter.restore()

    def _label_pixels(self, state: SliceState, style: LabelStyle, layer: Pixels) -> Pixels:
        if state.grid.cut is not None:
            return state.grid.cut.of(layer)
        key = style.is_preview, style.layer
        if key not in self._labels:
            self._labels[key] = label_pixels(layer, state.volume.geometry, state.grid)
        return self._labels[key]


def _image_of(values: Pixels, state: SliceState) -> tuple[QImage, Pixels]:
    """Values under the window, or colours as they are; and the memory that must live as long as the image."""
    rows, columns = values.shape[:2]
    if values.ndim == 3:
        colors = np.ascontiguousarray(values)
        return QImage(colors.data, columns, rows, colors.strides[0], QImage.Format.Format_RGB888), colors
    pixels = rgb32_of(values, state.windowing, state.is_inverted)
    return QImage(pixels.data, columns, rows, pixels.strides[0], QImage.Format.Format_RGB32), pixels
