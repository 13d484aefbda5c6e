"""What of a drawn volume lies under a pixel."""

from __future__ import annotations

from functools import cached_property

from render.cinematic.picking import first_visible
from render.cinematic.tables import ClassTables, class_tables
from render.volume_camera import depth_of, ray_through
from render.volume_content import DrawnContent
from session.look.look import Look
from session.presentation import VolumeCamera

Point = tuple[float, float, float]


class PickableVolume:
    """A volume as it was drawn. Picking takes a few milliseconds, on any thread.

    Args:
        drawn: what there is.
        look: under which it was drawn.
    """

    def __init__(self, drawn: DrawnContent, look: Look) -> None:
        self._drawn = drawn
        self._look = look

    def point_under(
        self, camera: VolumeCamera, x_px: float, y_px: float, size_px: tuple[int, int], most_mm: float
    ) -> Point | None:
        """The visible surface (LPS) under a pixel; None where there is next to nothing before ``most_mm``.

        Args:
            camera, size_px: of the picture; its width and height.
            x_px, y_px: from its upper left corner.
            most_mm: distance along the line of sight at which something opaque stands.
        """
        direction = ray_through(camera, x_px, y_px, size_px)
        along = depth_of(camera, direction)
        return first_visible(
            self._drawn.field,
            self._drawn.classes,
            self._tables,
            self._look.cut,
            camera.position_mm,
            direction,
            most_mm / along,
        )

    @cached_property
    def _tables(self) -> ClassTables:
        return class_tables(self._look, self._drawn.field, self._drawn.classes, self._drawn.records)
