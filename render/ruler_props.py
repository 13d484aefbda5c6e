"""Sheets that turn with the camera, in somebody's vtkRenderer: seldom does more than their corners change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from render.plane_props import sheet_prop
from render.sheets import Sheet


class TurningSheets:
    """Keeps one actor for each sheet of a list and moves it. It belongs to the renderer's thread.

    Args:
        renderer: a vtkRenderer.
    """

    def __init__(self, renderer: Any) -> None:
        self._renderer = renderer
        self._shown: list[tuple[Sheet, Any]] = []

    def show(self, sheets: Sequence[Sheet]) -> None:
        """Show these sheets from the next frame on."""
        for _, actor in self._shown[len(sheets) :]:
            self._renderer.RemoveActor(actor)
        before = self._shown[: len(sheets)]
        self._shown = []
        for place, sheet in enumerate(sheets):
            present = before[place] if place < len(before) else None
            self._shown.append((sheet, self._actor(sheet, present)))

    def _actor(self, sheet: Sheet, present: tuple[Sheet, Any] | None) -> Any:
        """The actor that was at this place, moved; a new one where the picture on it is another."""
        if present is not None and present[0].pixels is sheet.pixels:
            if not np.array_equal(present[0].corners_mm, sheet.corners_mm):
                points = present[1].GetMapper().GetInput().GetPoints()
                for number, corner in enumerate(sheet.corners_mm):
                    points.SetPoint(number, *corner)
                points.Modified()
            return present[1]
        if present is not None:
            self._renderer.RemoveActor(present[1])
        actor = sheet_prop(sheet)
        self._renderer.AddActor(actor)
        return actor
