"""Sheets that turn with the camera, in somebody's vtkRenderer: one actor for all, of which seldom more than the corners
change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.plane_props import textured
from render.sheets import Sheet

GAP_PX = 2  # of nothing between two pictures, so that neither shows at the edge of the other


class TurningSheets:
    """Shows a list of sheets. It belongs to the renderer's thread.

    An actor for each sheet would take VTK half a millisecond each. So their pictures stand below each other in one
    texture, and one mesh holds a rectangle for each.

    Args:
        renderer: a vtkRenderer.
    """

    def __init__(self, renderer: Any) -> None:
        self._renderer = renderer
        self._actor: Any = None
        self._pictures: list[NDArray[np.uint8]] = []  # of the sheets that are shown

    def show(self, sheets: Sequence[Sheet]) -> None:
        """Show these sheets from the next frame on."""
        pictures = [sheet.pixels for sheet in sheets]
        if len(pictures) != len(self._pictures) or any(
            a is not b for a, b in zip(pictures, self._pictures, strict=True)
        ):
            self._replace(pictures)
        if self._actor is not None:
            self._place(np.concatenate([sheet.corners_mm for sheet in sheets]))

    def _replace(self, pictures: list[NDArray[np.uint8]]) -> None:
        if self._actor is not None:
            self._renderer.RemoveActor(self._actor)
            self._actor = None
        self._pictures = pictures
        if pictures:
            whole, places = stacked(pictures)
            self._actor = textured(np.zeros((4 * len(pictures), 3)), places.reshape(-1, 2), whole)
            self._renderer.AddActor(self._actor)

    def _place(self, corners_mm: NDArray[np.float64]) -> None:
        from vtkmodules.util.numpy_support import numpy_to_vtk

        points = self._actor.GetMapper().GetInput().GetPoints()
        points.SetData(numpy_to_vtk(corners_mm, deep=True))
        points.Modified()


def stacked(pictures: Sequence[NDArray[np.uint8]]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Pictures below each other, each different one once.

    Args:
        pictures: (rows, columns, 4) each; the same object is the same picture.

    Returns:
        One (rows, columns, 4) picture, and for each of those given the (4, 2) texture coordinates of its corners in the
        order of ``Sheet.corners_mm``, from texel centre to texel centre.
    """
    distinct = {id(picture): picture for picture in pictures}
    width = max(picture.shape[1] for picture in distinct.values())
    height = sum(picture.shape[0] + GAP_PX for picture in distinct.values())
    whole = np.zeros((height, width, 4), np.uint8)
    places, top = {}, 0
    for key, picture in distinct.items():
        rows, columns = picture.shape[:2]
        whole[top : top + rows, :columns] = picture
        left, right = 0.5 / width, (columns - 0.5) / width
        upper, lower = (top + 0.5) / height, (top + rows - 0.5) / height
        places[key] = [[left, upper], [right, upper], [right, lower], [left, lower]]
        top += rows + GAP_PX
    return whole, np.array([places[id(picture)] for picture in pictures], np.float32)
