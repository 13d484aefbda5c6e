"""Handles of cuts in the 3D view: which one is under the pointer."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from imaging.geometry import Geometry
from render.volume_camera import StandardView, fitted
from render.volume_scene import corners_mm
from session.look.cut import ClipPlane, Cut
from widgets.volume_cut_handles import SHORTEST_PX, handle_at, handles

SIZE = (400.0, 400.0)
GEOMETRY = Geometry((64, 64, 64), np.eye(4))


@pytest.mark.parametrize("normal", [(0.0, -1.0, 0.0), (0.0, 1.0, 0.0), (0.1, -0.995, 0.0)])
def test_a_plane_that_faces_the_viewer_can_be_moved_and_turned(
    qapp: QApplication, normal: tuple[float, float, float]
) -> None:
    shown = handles(Cut(planes=(ClipPlane((31.5, 31.5, 31.5), normal),)), GEOMETRY)
    camera = fitted(corners_mm(GEOMETRY), 1.0, StandardView.ANTERIOR)
    found = handle_at(shown, QPointF(200, 200), camera, SIZE)
    assert found is not None
    assert found.kind == "plane"
    around = [
        handle_at(shown, QPointF(200 + SHORTEST_PX * np.sin(a), 200 - SHORTEST_PX * np.cos(a)), camera, SIZE)
        for a in np.linspace(0, 2 * np.pi, 16)
    ]
    assert "normal" in {handle.kind for handle in around if handle is not None}
