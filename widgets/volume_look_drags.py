"""What is changed of the look under the hand in the 3D view: handles of cuts, and the transfer function."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from session.look.cut import Cut
from session.look.transfer_function import TransferFunction
from widgets.volume_cut_handles import Handle, dragged, handle_at, handles, paint

if TYPE_CHECKING:
    from widgets.volume_view import VolumeView


class LookDrags:
    """Shows, finds and moves what can be dragged of the look in one 3D view."""

    def __init__(self, view: VolumeView) -> None:
        self._view = view
        self._hovered: Handle | None = None

    @property
    def cut(self) -> Cut:
        """The present cuts."""
        return self._view.session.looks.current.cut

    @property
    def has_handles(self) -> bool:
        """True when there is something to drag."""
        return self._view.shows_volume and not self.cut.is_empty

    def forget(self) -> None:
        """Another document."""
        self._hovered = None

    def handle_under(self, position: QPointF) -> Handle | None:
        """The handle of a cut at a place of the view."""
        if not self.has_handles:
            return None
        geometry = self._view.session.open_document.volume.geometry
        return handle_at(handles(self.cut, geometry), position, self._view.camera, self._size)

    def move_handle(self, cut: Cut, handle: Handle, by: QPointF, *, is_final: bool = False) -> None:
        """Move a handle away from where it stood in ``cut``."""
        looks, geometry = self._view.session.looks, self._view.session.open_document.volume.geometry
        moved = dragged(cut, handle, by, geometry, self._view.camera, self._size)
        looks.change(replace(looks.current, cut=moved), "cut.drag", is_final=is_final)

    def shift_transfer(self, origin: TransferFunction, by: QPointF, *, is_final: bool = False) -> None:
        """Window and level of the 3D picture: downwards shifts the function up, to the right widens it."""
        looks = self._view.session.looks
        low, high = origin.range
        height = self._size[1]
        moved = origin.shifted(by.y() / height * (high - low), 2.0 ** (2 * by.x() / height))
        looks.change(replace(looks.current, transfer=moved), "transfer.window", is_final=is_final)

    def hover(self, position: QPointF | None) -> None:
        """The pointer moved over the view, or left it."""
        found = self.handle_under(position) if position is not None else None
        if found != self._hovered:
            self._hovered = found
            shape = Qt.CursorShape.SizeAllCursor if found is not None else Qt.CursorShape.ArrowCursor
            self._view.setCursor(shape)
            self._view.update()

    def paint(self, painter: QPainter) -> None:
        """Outlines and handles of the cuts."""
        if self.has_handles:
            geometry = self._view.session.open_document.volume.geometry
            paint(painter, self.cut, geometry, self._view.camera, self._size, self._hovered)

    @property
    def _size(self) -> tuple[int, int]:
        return max(self._view.width(), 1), max(self._view.height(), 1)
