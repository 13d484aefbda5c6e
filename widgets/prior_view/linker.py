"""Two slice views that move together: same place, same millimetres per pixel, each with its own window."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject

from render.screen_map import fit_scale
from session.presentation import PresentationState
from session.prior import LinkKind, Point, PriorState
from session.selection import SelectionState, Tool
from session.session import Session
from widgets.signal_links import SignalLinks
from widgets.slice_view import SliceView

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLLOWED_TOOLS = (Tool.CROSSHAIR, Tool.WINDOW_LEVEL, Tool.PAN_ZOOM)


class Linker(QObject):
    """Carries crosshair and camera from the open study's view to the other one, and back.

    Args:
        session: of the open study.
        here: its view.
        there: the other study's view, of the same plane.
    """

    def __init__(self, session: Session, here: SliceView, there: SliceView) -> None:
        super().__init__(there)
        self._session, self._beside = session, there.session
        self._here, self._there = here, there
        self._is_carrying = False
        self._links = SignalLinks(self)
        self._links.add(session.presentation.changed, self._here_changed)
        self._links.add(self._beside.presentation.changed, self._there_changed)
        self._links.add(session.prior.changed, self._link_changed)
        self._links.add(session.selection.changed, self._tool_changed)
        for view in (here, there):
            view.installEventFilter(self)
        self._follow_tool()
        self.carry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A view of another size shows as many millimetres per pixel as before."""
        if event.type() == QEvent.Type.Resize:
            self.carry()
        return super().eventFilter(watched, event)

    def carry(self) -> None:
        """Let the other study's view follow the open one's."""
        prior = self._session.prior
        with self._once() as is_first:
            if is_first:
                shown = self._session.presentation.state
                camera = shown.slice_cameras[self._here.plane]
                self._beside.presentation.update_camera(
                    self._there.plane, slab_mm=camera.slab_mm, tilt_deg=camera.tilt_deg
                )
                if self._is_linked:
                    self._beside.presentation.update(crosshair_mm=prior.to_other(shown.crosshair_mm))
                self._match(self._here, self._there, prior.to_other)

    def _carry_back(self) -> None:
        """Let the open study's view follow the other one's, where somebody moved that."""
        prior = self._session.prior
        with self._once() as is_first:
            if is_first:
                if self._is_linked:
                    there = self._beside.presentation.state.crosshair_mm
                    self._session.presentation.update(crosshair_mm=prior.to_open(there))
                self._match(self._there, self._here, prior.to_open)

    def _match(self, leader: SliceView, follower: SliceView, across: Callable[[Point], Point]) -> None:
        """The follower's zoom, and where places are linked, what lies in its middle."""
        if leader.state is None or follower.state is None:
            return
        grid, size = follower.state.grid, (follower.width(), follower.height())
        scale = leader.place.scale / fit_scale(grid, *size)
        fields: dict[str, object] = {"zoom": scale}
        if self._is_linked:
            middle = leader.place.to_world(leader.state.grid, leader.width() / 2, leader.height() / 2)
            x, y, z = middle.tolist()
            row, column = grid.to_pixel(across((x, y, z)))
            width, height = grid.pixel_mm
            fields["pan_mm"] = ((column - (grid.columns - 1) / 2) * width, (row - (grid.rows - 1) / 2) * height)
        follower.session.presentation.update_camera(follower.plane, **fields)

    @property
    def _is_linked(self) -> bool:
        return self._session.prior.state.link is not LinkKind.NONE

    @contextmanager
    def _once(self) -> Iterator[bool]:
        """What one view does to the other is no wish of the other's."""
        if self._is_carrying:
            yield False
            return
        self._is_carrying = True
        try:
            yield True
        finally:
            self._is_carrying = False

    def _here_changed(self, before: PresentationState, after: PresentationState) -> None:
        if before.crosshair_mm != after.crosshair_mm or before.slice_cameras != after.slice_cameras:
            self.carry()

    def _there_changed(self, before: PresentationState, after: PresentationState) -> None:
        if before.crosshair_mm != after.crosshair_mm or before.slice_cameras != after.slice_cameras:
            self._carry_back()

    def _link_changed(self, before: PriorState, after: PriorState) -> None:
        if after.beside is self._beside and (before.link, before.offset_mm) != (after.link, after.offset_mm):
            self.carry()

    def _tool_changed(self, before: SelectionState, after: SelectionState) -> None:
        if before.tool is not after.tool:
            self._follow_tool()

    def _follow_tool(self) -> None:
        """Moving about and windowing work in the other study, too; what would change something does not."""
        tool = self._session.selection.state.tool
        self._beside.selection.update(tool=tool if tool in FOLLOWED_TOOLS else Tool.CROSSHAIR)


def angle_deg(here: SliceView, there: SliceView) -> float:
    """Angle between the planes that two views show; 0 while one of them shows nothing."""
    if here.state is None or there.state is None:
        return 0.0
    cosine = abs(float(np.dot(here.state.grid.normal, there.state.grid.normal)))
    return float(np.degrees(np.arccos(min(cosine, 1.0))))
