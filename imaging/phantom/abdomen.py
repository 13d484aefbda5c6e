"""Organs of the abdomen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imaging.phantom.canvas import Slab, Window
from imaging.phantom.chest import Diaphragm
from imaging.phantom.fields import Array, Warp
from imaging.phantom.shapes import Tube, ellipsoid, rotation, smooth_maximum, smooth_minimum
from imaging.phantom.skeleton import SIDES
from imaging.phantom.trees import grow_tree
from imaging.phantom.trunk import Trunk

WALL_GAP_MM = 4.0  # fat and peritoneum between an organ and the trunk's wall


@dataclass
class Abdomen:
    """What the abdomen's organs share while they are painted."""

    parameters: dict[str, Any]
    trunk: Trunk
    diaphragm: Diaphragm
    warp: Warp
    seed: int
    liver_trees: list[Tube] = field(default_factory=list)

    def __post_init__(self) -> None:
        generator = np.random.default_rng((self.seed, 31))
        box = np.array(self.parameters["liver"]["box_mm"], float)
        points = generator.uniform(box[0], box[1], (6000, 3))
        bent = self.warp.at(points)
        at = tuple(np.float32(column) for column in bent.T)
        distance = self.liver(at, np.float32(self.trunk.cavity_distance(points)))  # type: ignore[arg-type]
        inside = points[distance < -4]
        for number, tree in enumerate(self.parameters["liver"]["trees"]):
            tips = inside[number :: len(self.parameters["liver"]["trees"])][: tree["tips"]]
            self.liver_trees.append(grow_tree(tree["stem_mm"], tips, tree["tip_mm"], (self.seed, 40 + number), 8.0))

    def liver(self, bent: tuple[Array, Array, Array], cavity: Array) -> Array:
        """Distance to the liver: below the right dome, above a slanting lower face, thinning out to the left."""
        x, y, z = bent
        liver = self.parameters["liver"]
        cut = liver["lower_face"]
        bottom = cut["z_mm"] + cut["per_x"] * (x - cut["x_mm"]) + cut["per_y"] * y - z
        bottom = bottom / np.float32(np.sqrt(1 + cut["per_x"] ** 2 + cut["per_y"] ** 2))
        left = liver["left_face"]
        side = (left["per_x"] * x + y - left["y_mm"]) / np.float32(np.hypot(left["per_x"], 1))
        distance = smooth_maximum(cavity + np.float32(WALL_GAP_MM), self.below_diaphragm(bent), 8)
        distance = smooth_maximum(distance, np.asarray(bottom, np.float32), 22)
        return smooth_maximum(distance, np.asarray(side, np.float32), 22)

    def below_diaphragm(self, bent: tuple[Array, Array, Array]) -> Array:
        """Distance to the room below the diaphragm."""
        return np.asarray(self.diaphragm.distance(*bent) + np.float32(2.4), np.float32)

    def room(self, slab: Slab, window: Window) -> Array:
        """Distance to the room that abdominal organs may fill."""
        wall = slab.cavity[window] + np.float32(WALL_GAP_MM)
        return np.asarray(np.maximum(wall, self.below_diaphragm(slab.bent(window))))


def draw_liver(slab: Slab, abdomen: Abdomen, hu: dict[str, float]) -> None:
    """Paint the liver with its portal and hepatic veins and the fissure of the round ligament."""
    box = np.array(abdomen.parameters["liver"]["box_mm"], float)
    window = slab.window(box[0], box[1], 0)
    if window is None:
        return
    bent = slab.bent(window)
    distance = abdomen.liver(bent, slab.cavity[window]) + np.float32(1.2) * slab.texture["middle"][window]
    slab.paint(
        window, distance, hu["liver"] + 5 * slab.texture["fine"][window] + 3 * slab.texture["middle"][window], "liver"
    )
    for tree in abdomen.liver_trees:
        found = slab.distance(tree)
        if found is not None:
            part, vessel = found
            liver = abdomen.liver(slab.bent(part), slab.cavity[part])
            slab.paint(part, vessel, hu["portal_blood"], None, within=liver)
    x, y, z = bent
    fissure = abdomen.parameters["liver"]["fissure"]
    wedge = np.abs(x - fissure["x_mm"] + 0.25 * y) - np.float32(1.0) - np.clip((fissure["top_mm"] - z) / 12, 0, 3)
    wedge = np.maximum(np.maximum(wedge, y - fissure["back_mm"]), z - fissure["top_mm"])
    slab.paint(window, wedge, hu["visceral_fat"], "visceral_fat", within=np.maximum(distance, slab.cavity[window] + 5))


def draw_spleen(slab: Slab, abdomen: Abdomen, hu: dict[str, float]) -> None:
    """Paint the spleen: an ellipsoid hollowed by the stomach."""
    spleen = abdomen.parameters["spleen"]
    centre = np.array(spleen["centre_mm"], float)
    window = slab.window(centre - 75, centre + 75, 0)
    if window is None:
        return
    bent = slab.bent(window)
    distance = ellipsoid(bent, centre, spleen["radii_mm"], rotation(spleen["turned_deg"]))
    hollow = ellipsoid(bent, spleen["hollow_mm"], spleen["hollow_radii_mm"])
    distance = smooth_maximum(distance, -hollow, 8)
    distance = smooth_maximum(distance, abdomen.room(slab, window), 6) + slab.texture["middle"][window]
    slab.paint(window, distance, hu["spleen"] + 5 * slab.texture["fine"][window], "spleen")


def draw_kidneys(slab: Slab, abdomen: Abdomen, hu: dict[str, float]) -> None:
    """Paint kidneys: bright cortex, duller pyramids, fat and pelvis in the hilum."""
    for side, sign in SIDES:
        kidney = abdomen.parameters[f"kidney_{side}"]
        centre = np.array(kidney["centre_mm"], float)
        window = slab.window(centre - 70, centre + 70, 0)
        if window is None:
            continue
        bent, middle = slab.bent(window), slab.texture["middle"][window]
        turned = rotation([turn * mirror for turn, mirror in zip(kidney["turned_deg"], (1, sign, sign), strict=True)])
        inwards = turned @ np.array([-sign * 1.0, -0.45, 0.0])
        radii = np.array(kidney["radii_mm"], float)
        whole = ellipsoid(bent, centre, radii, turned)
        notch = ellipsoid(
            bent, centre + inwards * radii[0] * 0.95, (radii[0] * 0.62, radii[1] * 0.5, radii[2] * 0.36), turned
        )
        distance = smooth_maximum(whole, -notch, 6) + np.float32(0.8) * middle
        cortex = hu["kidney_cortex"] + 5 * slab.texture["fine"][window]
        slab.paint(window, distance, cortex, f"kidney_{side}")
        pyramids = distance + np.float32(6.5) + 4 * np.abs(middle)
        slab.paint(window, pyramids, hu["kidney_medulla"], None)
        core = smooth_minimum(
            notch, ellipsoid(bent, centre + inwards * radii[0] * 0.4, radii * [0.34, 0.3, 0.5], turned), 5
        )
        slab.paint(window, core + 3 * np.abs(middle), hu["visceral_fat"], "visceral_fat", within=whole + np.float32(4))
        slab.paint(window, core + np.float32(4.5), hu["fluid"], None, within=whole + np.float32(4))
