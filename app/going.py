"""Going to a place in the image: the crosshair moves there, and every slice shows it."""

from __future__ import annotations

from imaging.measurement import Point
from render.screen_map import pan_onto
from render.slice_geometry import slice_grid
from session.session import Session


def go_to_place(session: Session, lps_mm: Point) -> None:
    """Move the crosshair to a place; where a slice is zoomed in, its picture moves so that the place is in sight."""
    session.presentation.update(crosshair_mm=lps_mm)
    geometry = session.open_document.segmentation.geometry
    for plane, camera in session.presentation.state.slice_cameras.items():
        if camera.zoom > 1:
            grid = slice_grid(geometry, plane, camera, lps_mm)
            session.presentation.update_camera(plane, pan_mm=pan_onto(grid, lps_mm))
