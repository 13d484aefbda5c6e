"""Diaphragm, lungs with lobes, vessels and bronchi, and the heart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imaging.phantom.canvas import Slab, Window
from imaging.phantom.fields import Array, Warp
from imaging.phantom.shapes import Coordinates, Tube, ellipsoid, rotation, smooth_maximum, spline
from imaging.phantom.skeleton import SIDES
from imaging.phantom.trees import grow_tree
from imaging.phantom.trunk import Trunk

PLEURA_MM = 1.5  # between the cavity's outline and the lung


class Diaphragm:
    """The sheet between chest and abdomen: the highest of three domes (right, left, and the heart's seat)."""

    def __init__(self, domes: list[dict[str, Any]]) -> None:
        self._domes = domes

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Height above the sheet in mm, about at right angles to it; negative in the abdomen."""
        found: Array | None = None
        for dome in self._domes:
            (cx, cy), (rx, ry), drop = dome["centre_mm"], dome["radii_mm"], dome["drop_mm"]
            u, v = (x - np.float32(cx)) / np.float32(rx), (y - np.float32(cy)) / np.float32(ry)
            slope2 = (2 * drop * u / rx) ** 2 + (2 * drop * v / ry) ** 2
            height = z - np.float32(dome["top_mm"]) + np.float32(drop) * (u * u + v * v)
            above = np.asarray(height / np.sqrt(1 + slope2), np.float32)
            found = above if found is None else np.minimum(found, above)
        assert found is not None
        return found


class Chest:
    """Shapes of the lungs, and the trees inside them."""

    def __init__(self, parameters: dict[str, Any], trunk: Trunk, warp: Warp, seed: int) -> None:
        self.parameters, self.trunk, self.warp = parameters, trunk, warp
        self.diaphragm = Diaphragm(parameters["diaphragm"])
        self.vessels: dict[str, list[Tube]] = {}
        self.bronchi: dict[str, Tube] = {}
        for rank, (side, sign) in enumerate(SIDES):
            inside = self._points_inside(sign, seed + rank)
            trees = parameters["lung_trees"]
            stems = {name: np.array(points, float) for name, points in trees[f"stems_{side}_mm"].items()}
            counts = trees["tips"]
            self.vessels[side] = [
                grow_tree(stems["artery"], inside[: counts["artery"]], trees["vessel_tip_mm"], (seed, rank)),
                grow_tree(stems["vein"], inside[-counts["vein"] :], trees["vessel_tip_mm"], (seed, 10 + rank)),
            ]
            deep = inside[self._lung(inside, sign) < -20][: counts["bronchus"]]
            self.bronchi[side] = grow_tree(stems["bronchus"], deep, trees["bronchus_tip_mm"], (seed, 20 + rank))

    def _points_inside(self, sign: float, seed: int) -> NDArray[np.float64]:
        """Random points in a lung, 5 mm or more from its surface."""
        generator = np.random.default_rng((seed, 4))
        points = generator.uniform((8, -100, 60), (130, 110, 400), (9000, 3)) * [sign, 1, 1]
        return points[self._lung(points, sign) < -5]

    def _lung(self, points: NDArray[np.float64], sign: float) -> Array:
        bent = self.warp.at(points)
        straight, warped = (tuple(np.float32(column) for column in p.T) for p in (points, bent))
        cavity = np.float32(self.trunk.cavity_distance(points))
        return self.lung(straight, warped, cavity, sign)  # type: ignore[arg-type]

    def lung(self, at: Coordinates, bent: Coordinates, cavity: Array, sign: float) -> Array:
        """Distance to one lung: the cavity less mediastinum, heart, spine, aorta, and what the diaphragm holds back."""
        p = self.parameters
        x, y, z = bent
        middle = p["mediastinum"]
        width = np.interp(at[1], middle["y_mm"], middle["half_width_mm"]).astype(np.float32)
        distance = smooth_maximum(cavity + np.float32(PLEURA_MM), width - np.float32(sign) * x, 10)
        heart = ellipsoid(bent, p["heart"]["centre_mm"], p["heart"]["radii_mm"], rotation(p["heart"]["turned_deg"]))
        distance = smooth_maximum(distance, np.float32(p["heart"]["fat_mm"]) - heart, 12)
        column = self._column(at, "spine", 17.5)
        distance = smooth_maximum(distance, -column, 8)
        if sign > 0:
            distance = smooth_maximum(distance, np.float32(3) - self._column(bent, "aorta", 11), 6)
        above = np.asarray(np.float32(PLEURA_MM) - self.diaphragm.distance(x, y, z), np.float32)
        distance = smooth_maximum(distance, above, 3)
        apex = p["apex"]
        off_axis = (x - np.float32(sign * apex["x_mm"])) ** 2 + (y - np.float32(apex["y_mm"])) ** 2
        cap = z - np.float32(apex["top_mm"]) + np.float32(apex["fall_per_mm"]) * off_axis
        return smooth_maximum(distance, np.asarray(cap, np.float32), 8)

    def _column(self, at: Coordinates, name: str, radius: float) -> Array:
        """Distance to an upright column whose axis wanders with height."""
        axis = self.parameters[f"{name}_axis"]
        x, y, z = at
        cx = np.interp(z, axis["z_mm"], axis["x_mm"]).astype(np.float32)
        cy = np.interp(z, axis["z_mm"], axis["y_mm"]).astype(np.float32)
        return np.asarray(np.hypot(x - cx, y - cy) - np.float32(radius), np.float32)


def draw_diaphragm(slab: Slab, chest: Chest, hu: dict[str, float]) -> None:
    """Paint the muscle sheet, wherever the cavity reaches."""
    window = Window(slice(None), slice(None), slice(None))
    sheet = np.abs(chest.diaphragm.distance(*slab.warped) + np.float32(1.5)) - np.float32(1.6)
    slab.paint(window, sheet, hu["muscle"], "muscle", within=slab.cavity)


def draw_heart(slab: Slab, chest: Chest, hu: dict[str, float]) -> None:
    """Paint the heart's muscle and its chambers, full of contrast medium."""
    heart = chest.parameters["heart"]
    centre = np.array(heart["centre_mm"], float)
    window = slab.window(centre - 80, centre + 80, 0)
    if window is None:
        return
    at, texture = slab.bent(window), slab.texture["fine"][window]
    whole = ellipsoid(at, centre, heart["radii_mm"], rotation(heart["turned_deg"]))
    whole = whole + 1.5 * slab.texture["middle"][window]
    slab.paint(window, whole, hu["myocardium"] + 5 * texture, "heart")
    for chamber in heart["chambers"]:
        hollow = ellipsoid(at, chamber["centre_mm"], chamber["radii_mm"], rotation(heart["turned_deg"]))
        hollow = hollow + 2.0 * slab.texture["middle"][window]
        slab.paint(window, hollow, hu["blood"] + 4 * texture, None, within=whole + np.float32(3))


def draw_lungs(slab: Slab, chest: Chest, hu: dict[str, float]) -> None:
    """Paint both lungs: parenchyma by lobes, fissures, vessels, bronchi."""
    for side, sign in SIDES:
        middle = len(slab.x) // 2
        window = Window(slice(None), slice(None), slice(middle, None) if sign > 0 else slice(None, middle))
        if slab.z[-1] < chest.parameters["lung_lowest_mm"]:
            return
        lung = chest.lung(slab.straight(window), slab.bent(window), slab.cavity[window], sign)
        _draw_parenchyma(slab, chest, window, lung, side, hu)
        for tree in chest.vessels[side]:
            _draw_vessels(slab, tree, side, hu)
        slab.paint_tube(chest.bronchi[side], hu["airway_gas"], "bronchi", 0.9, hu["bronchus_wall"], "airway_wall")


def _draw_parenchyma(slab: Slab, chest: Chest, window: Window, lung: Array, side: str, hu: dict[str, float]) -> None:
    x, y, z = slab.bent(window)
    fine, middle = slab.texture["fine"][window], slab.texture["middle"][window]
    gravity = np.float32(hu["lung_gravity_per_mm"]) * y  # the lower parts of a lying patient's lung are denser
    tissue = np.float32(hu["lung"]) + gravity + 12 * fine + 9 * middle
    splits = [_plane((x, y, z), cut) for cut in chest.parameters[f"fissures_{side}"]]
    for cut, split in zip(chest.parameters[f"fissures_{side}"], splits, strict=True):
        there = split if cut["upto"] is None else np.where(splits[cut["upto"]] > 0, split, np.float32(99))
        tissue += np.float32(hu["fissure_rise"]) * np.exp(-((there / np.float32(0.9)) ** 2))
    lobe = f"lung_upper_lobe_{side}"
    slab.paint(window, lung, tissue, lobe)
    truth = slab.truth[window]
    lobes = truth == slab.labels[lobe]
    if side == "right":
        truth[lobes & (splits[1] < 0)] = slab.labels["lung_middle_lobe_right"]
    truth[lobes & (splits[0] < 0)] = slab.labels[f"lung_lower_lobe_{side}"]


def _plane(at: Coordinates, cut: dict[str, Any]) -> Array:
    normal = np.array(cut["normal"], float) / np.linalg.norm(cut["normal"])
    offset = float(normal @ np.array(cut["through_mm"], float))
    return np.asarray(sum(a * np.float32(n) for a, n in zip(at, normal, strict=True)) - np.float32(offset), np.float32)


def _draw_vessels(slab: Slab, tree: Tube, side: str, hu: dict[str, float]) -> None:
    """Paint a vessel tree; inside the lung it counts as the lung's vessel, at the hilum as the pulmonary vessel."""
    found = slab.distance(tree)
    if found is None:
        return
    part, distance = found
    slab.paint(part, distance, hu["blood"], None)
    inside = distance < 0
    truth = slab.truth[part]
    lobes = [slab.labels[name] for name in slab.labels if name.startswith("lung_") and name.endswith(f"lobe_{side}")]
    truth[inside & np.isin(truth, lobes)] = slab.labels[f"lung_vessels_{side}"]
    truth[inside & (truth == slab.labels["visceral_fat"])] = slab.labels["pulmonary_vessels"]


def trachea(parameters: dict[str, Any], warp: Warp) -> list[Tube]:
    """The trachea down to its fork, and the two main bronchi."""
    return [warped_tube(warp, piece) for piece in parameters["trachea_mm"]]


def warped_tube(warp: Warp, points: ArrayLike, stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Tube:
    """A tube through (x, y, z, radius) rows given in the space of the formulas."""
    path = spline(points)
    return Tube.along(warp.unwarped(path[:, :3]), path[:, 3], stretch)


def draw_trachea(slab: Slab, tubes: list[Tube], hu: dict[str, float]) -> None:
    """Paint walls first, then the open inside of all, so that the fork stays open."""
    for tube in tubes:
        slab.paint_tube(tube, hu["airway_wall"], "airway_wall", 1.8, hu["airway_wall"], "airway_wall")
    for number, tube in enumerate(tubes):
        slab.paint_tube(tube, hu["airway_gas"], "trachea" if number == 0 else "main_bronchi")
