"""Ribs, cartilages, sternum, shoulder girdle and pelvis, all fitted to the trunk's wall."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.phantom.canvas import Slab
from imaging.phantom.shapes import Tube, ellipsoid, smooth_minimum, spline
from imaging.phantom.spine import Vertebra, paint_bone, spine_point, vertebrae
from imaging.phantom.trunk import Trunk

SIDES = (("left", 1.0), ("right", -1.0))


class Skeleton:
    """Bones outside the spine, as tubes laid along the trunk's wall."""

    def __init__(self, parameters: dict[str, Any], trunk: Trunk) -> None:
        self.parameters, self.trunk = parameters, trunk
        column = {v.name: v for v in vertebrae(parameters["spine"])}
        self.ribs: dict[str, Tube] = {}
        self.cartilages: list[Tube] = []
        for number in range(1, 13):
            for side, sign in SIDES:
                path, cartilage = self._rib(number, sign, column[f"vertebrae_T{number}"])
                thick = 3.4 if number > 1 else 3.0
                self.ribs[f"rib_{side}_{number}"] = Tube.along(path, thick, (1.0, 1.0, 1.75))
                if cartilage is not None:
                    self.cartilages.append(Tube.along(cartilage, 3.3, (1.0, 1.0, 1.6)))
        self.sternum = self._sternum()

    def _rib(
        self, number: int, sign: float, vertebra: Vertebra
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """A rib's path from its vertebra round the wall, and its cartilage's to the sternum."""
        ribs = self.parameters["ribs"]
        end = np.radians(ribs["end_angle_deg"][number - 1])
        drop = float(ribs["drop_mm"][number - 1])
        _, y, z = vertebra.centre
        head_z = z + vertebra.height * 0.4
        head = [sign * (vertebra.half_width + 2), y + vertebra.half_depth * 0.7, head_z]
        neck = [sign * (vertebra.half_width + 16), vertebra.canal_y + 9, head_z - 1]
        angle = np.linspace(0.5, end, 40)
        share = (angle - 0.5) / max(2.6 - 0.5, 0.1)
        heights = head_z - 3 - drop * share**0.95
        wall = self.trunk.on_wall(sign * angle, heights, 5.0)
        path = spline(np.vstack([head, neck, wall]), 5.0)
        target = float(ribs["cartilage_z_mm"][number - 1])
        if target <= 0:
            return path, None
        round_front = np.linspace(end, np.pi - 0.2, 24)
        rise = np.linspace(0, 1, 24) ** 1.5
        return path, self.trunk.on_wall(sign * round_front, heights[-1] + (target - heights[-1]) * rise, 5.0)

    def _sternum(self) -> Tube:
        low, high = self.parameters["sternum_z_mm"]
        z = np.linspace(low, high, 16)
        width = np.interp(z, [low, low + 25, high - 40, high - 5, high], [3.0, 5.0, 4.2, 6.6, 5.5])
        return Tube.along(self.trunk.on_wall(np.pi, z, 5.5), width, (3.3, 1.0, 1.0))


def draw_skeleton(slab: Slab, skeleton: Skeleton, hu: dict[str, float]) -> None:
    """Paint all bones but the spine."""
    for tube in skeleton.cartilages:
        slab.paint_tube(tube, hu["cartilage"], "costal_cartilages")
    for name, tube in {**skeleton.ribs, "sternum": skeleton.sternum}.items():
        found = slab.distance(tube)
        if found is not None:
            paint_bone(slab, *found, name, hu, 1.1)
    for side, sign in SIDES:
        _draw_scapula(slab, skeleton, side, sign, hu)
        _draw_clavicle(slab, skeleton, side, sign, hu)
        _draw_hip(slab, skeleton, side, sign, hu)
    _draw_sacrum(slab, skeleton, hu)


def _draw_scapula(slab: Slab, skeleton: Skeleton, side: str, sign: float, hu: dict[str, float]) -> None:
    """A thin triangular blade behind the ribs, with its ridge."""
    trunk, (low, high) = skeleton.trunk, skeleton.parameters["scapula_z_mm"]
    parts: list[NDArray[np.float64]] = []
    for share in np.linspace(0, 1, 48):  # rows of the triangle, from the lower angle upwards
        z = low + (high - low) * share
        angle = sign * np.linspace(0.62 - 0.12 * share, 0.75 + 0.75 * share, 12)
        parts.append(trunk.on_wall(angle, z, 15 + 5 * np.linspace(-0.4, 1, 12)))
    blade = _joined([Tube.along(row, 1.7, (1.0, 1.0, 2.6)) for row in parts])
    ridge = trunk.on_wall(
        sign * np.linspace(0.55, 1.4, 10), np.linspace(high - 42, high - 16, 10), np.linspace(17, 31, 10)
    )
    for tube in (blade, Tube.along(ridge, 3.2, (1, 1, 1.4))):
        found = slab.distance(tube)
        if found is not None:
            paint_bone(slab, *found, f"scapula_{side}", hu, 1.2)


def _draw_clavicle(slab: Slab, skeleton: Skeleton, side: str, sign: float, hu: dict[str, float]) -> None:
    points = np.array(skeleton.parameters["clavicle_mm"], float) * [sign, 1, 1]
    found = slab.distance(Tube.along(spline(points), 5.2))
    if found is not None:
        paint_bone(slab, *found, f"clavicula_{side}", hu, 1.6)


def _draw_hip(slab: Slab, skeleton: Skeleton, side: str, sign: float, hu: dict[str, float]) -> None:
    """The wing of the ilium: a curved plate that flares upwards and ends in a thicker crest."""
    trunk, (back, top, front) = skeleton.trunk, skeleton.parameters["iliac_crest_z_mm"]
    plates = []
    angle = np.linspace(0.55, 2.05, 46)
    crest = np.interp(angle, [0.55, 1.25, 2.05], [back, top, front]) - 6 * ((angle - 1.3) / 0.75) ** 2
    for level in np.linspace(-8, 1, 14):
        z = crest + 7 * level
        inward = -2 + 1.6 * level  # the wing leans outwards on its way up
        plates.append(
            Tube.along(
                trunk.on_wall(sign * angle, np.clip(z, 0, None), inward) * [1, 1, 0]
                + np.stack([0 * z, 0 * z, z], axis=-1),
                3.0 if level < 0 else 4.6,
                (1, 1, 1.9),
            )
        )
    found = slab.distance(_joined(plates))
    if found is not None:
        paint_bone(slab, *found, f"hip_{side}", hu, 1.6)


def _draw_sacrum(slab: Slab, skeleton: Skeleton, hu: dict[str, float]) -> None:
    centre = spine_point(skeleton.parameters["spine"], 0.0) + skeleton.parameters["sacrum_offset_mm"]
    reach = np.array([62.0, 40.0, 40.0])
    window = slab.window(centre - reach, centre + reach, 0)
    if window is None:
        return
    at = slab.bent(window)
    middle = ellipsoid(at, centre, (27, 19, 18))
    wings = ellipsoid(at, centre + np.array([0, 8, -4]), (60, 17, 18))
    canal = slab.straight(window)
    hole = np.float32(7) - np.sqrt((canal[0] / np.float32(1.4)) ** 2 + (canal[1] - np.float32(centre[1] + 17)) ** 2)
    paint_bone(slab, window, np.maximum(smooth_minimum(middle, wings, 8), hole), "sacrum", hu, 1.6)


def _joined(tubes: list[Tube]) -> Tube:
    parts = [[getattr(t, name) for t in tubes] for name in ("starts", "ends", "start_radii", "end_radii")]
    starts, ends, start_radii, end_radii = (np.concatenate(part) for part in parts)
    return Tube(starts, ends, start_radii, end_radii, tubes[0].stretch)
