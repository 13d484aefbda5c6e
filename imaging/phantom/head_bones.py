"""The skull with its tables and sutures, the bones of the face, jaws with teeth, and the upper cervical spine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.phantom.canvas import Window
from imaging.phantom.described import Ball, Near, Shape, join_near, shape, united
from imaging.phantom.fields import Array
from imaging.phantom.head_canvas import CoarseField, HeadSlab
from imaging.phantom.shapes import Tube, rotation, spline

SKIN_MM = 1.5  # no bone comes nearer to the surface
BOX_MM = (np.array([-84.0, -98.0, -92.0]), np.array([84.0, 108.0, 92.0]))


@dataclass(frozen=True, eq=False)
class Bone:
    """One bone: its label, how thick its dense shell is, what it is made of and what is cut from it."""

    name: str
    cortex_mm: float
    pieces: list[Shape]
    is_sided: bool = False


@dataclass(frozen=True, eq=False)
class Tooth:
    """A crown and its root."""

    crown: Shape
    root: Shape


class Bones:
    """All bones and teeth.

    Args:
        parameters: of the whole phantom.
        cavity: distance to the room for the brain.
    """

    def __init__(self, parameters: dict[str, Any], cavity: CoarseField) -> None:
        self.parameters, self.cavity = parameters, cavity
        orbit = shape({**parameters["orbit"], "cut": True, "blend_mm": 2.0})
        nose = [shape({**record, "cut": True}) for record in parameters["nasal_cavity"]]
        self.bones = [bone(record, [orbit, *nose]) for record in parameters["bones"]]
        self.skull = next(found for found in self.bones if found.name == "skull")
        self.bones.remove(self.skull)
        self.bones += [bone(record, []) for record in _cervical(parameters["cervical"])]
        self.canal = shape({"tube": parameters["canal_mm"]})
        self.teeth = {jaw["name"]: teeth(jaw) for jaw in parameters["teeth"].values()}
        self.sinuses = [shape(record, 2.0) for record in parameters["sinuses"]]

    def distances(self, slab: HeadSlab) -> list[tuple[Bone, Window, Array]]:
        """Every bone that lies in a slab."""
        found = []
        shell = self._shell(slab)
        if shell is not None:
            found.append((self.skull, *shell))
        for one in self.bones:
            here = united(slab, one.pieces)
            if here is not None:
                found.append((one, *here))
        return found

    def _shell(self, slab: HeadSlab) -> Near | None:
        """The skull: all around the brain, and the parts of its base and its brows."""
        window = slab.window(*BOX_MM, 0)
        if window is None:
            return None
        cavity = self.cavity.on_grid(slab.x[window.i], slab.y[window.j], slab.z[window.k])
        distance = cavity - self._thickness(slab, window)
        for piece in (p for p in self.skull.pieces if not p.is_inner and not p.is_cut):
            join_near(slab, window, distance, piece)
        distance = np.maximum(distance, -cavity)
        for piece in (p for p in self.skull.pieces if p.is_inner or p.is_cut):
            join_near(slab, window, distance, piece)
        return window, distance

    def _thickness(self, slab: HeadSlab, window: Window) -> Array:
        """Of the wall in mm: thin at the temples and the base, with sutures engraved in the vault."""
        x, y, z = slab.straight(window)
        temple = np.clip((np.abs(x) - 42) / 16, 0, 1) * np.clip((14 - z) / 22, 0, 1)
        base = np.clip((-16 - z) / 12, 0, 1) * np.clip((70 - y) / 20, 0, 1)
        wall = 6.0 + 0.8 * slab.texture["broad"][window] - 1.7 * temple - 1.6 * base
        engraved = self._sutures(slab, window) * np.clip((wall - 3.5) / 2, 0, 1)
        return np.asarray(np.maximum(wall, 2.6) - engraved, np.float32)

    def _sutures(self, slab: HeadSlab, window: Window) -> Array:
        """Depth of the seams between the bones of the vault, mm."""
        p = self.parameters["sutures"]
        x, y, z = slab.straight(window)
        jagged = np.float32(p["wiggle_mm"]) * slab.texture["fine"][window]
        coronal = np.abs(y + 20 + 0.24 * (75 - z) + jagged) + np.maximum(-z - 6, 0)
        sagittal = np.abs(x + jagged) + np.maximum(-18 - y, 0) + np.maximum(y - 68, 0) + np.maximum(20 - z, 0)
        lambdoid = np.abs(z - 42 + 1.05 * np.abs(x) + jagged) * 0.7 + np.maximum(40 - y, 0)
        nearest = np.minimum(np.minimum(coronal, sagittal), lambdoid)
        return np.asarray(p["depth_mm"] * np.clip(1.3 - nearest / p["half_width_mm"], 0, 1), np.float32)


def bone(record: dict[str, Any], more_holes: list[Shape]) -> Bone:
    """The bone that a record describes; mirrored parts get the label of their side where it is sided."""
    is_sided = record.get("sided", False)
    pieces = [
        shape({**part, "both": is_sided or part.get("both", False)}, record["blend_mm"]) for part in record["parts"]
    ]
    holes = [shape({**hole, "cut": True}) for hole in record["holes"]]
    facial = more_holes if record["name"] in ("skull", "maxilla", "zygomatic") else []
    return Bone(record["name"], record["cortex_mm"], [*pieces, *holes, *facial], is_sided)


def _cervical(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The lower vertebrae, all of one make."""
    found = []
    for rank, name in enumerate(record["names"]):
        lift = record["first_z_mm"] - rank * record["pitch_mm"]
        found.append({**record, "name": name, "parts": [_lifted(part, lift) for part in record["parts"]]})
    return found


def _lifted(part: dict[str, Any], lift: float) -> dict[str, Any]:
    if "ball" in part:
        x, y, z = part["ball"]
        return {**part, "ball": [x, y, z + lift]}
    return {**part, "tube": [[x, y, z + lift, r] for x, y, z, r in part["tube"]]}


def teeth(jaw: dict[str, Any]) -> list[Tooth]:
    """The teeth of one jaw, set along its arch by their widths; each stands for a pair."""
    path = spline([[x, y, 0.0] for x, y in jaw["arch_mm"]], 0.5)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    found, begun = [], 0.0
    for width, depth in zip(jaw["widths_mm"], jaw["depths_mm"], strict=True):
        place, after = (_on(path, along, begun + shift) for shift in (width / 2, width / 2 + 1))
        turn = float(np.degrees(np.arctan2(after[1] - place[1], after[0] - place[0])))
        found.append(_tooth(jaw, place, turn, width, depth))
        begun += width
    return found


def _on(path: NDArray[np.float64], along: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    return np.array([np.interp(length, along, path[:, axis]) for axis in range(3)])


def _tooth(jaw: dict[str, Any], place: NDArray[np.float64], turn: float, width: float, depth: float) -> Tooth:
    gum, bite = jaw["gum_z_mm"], jaw["bite_z_mm"]
    up = np.sign(gum - bite)
    height = abs(gum - bite) / 2 + 1.2
    centre = np.array([place[0], place[1], (gum + bite) / 2 + up * 1.0])
    crown = Ball(centre, np.array([0.485 * width, depth / 2, height]), rotation([0, 0, turn]), power=3.2)
    ends = np.array([[place[0], place[1], gum], [place[0] * 0.97, place[1] * 0.97, gum + up * jaw["root_mm"]]])
    root = Tube.along(ends, [0.36 * min(width, depth), 1.0])
    return Tooth(Shape(crown, (1, -1)), Shape(root, (1, -1)))


def draw_bones(slab: HeadSlab, bones: Bones) -> None:
    """Paint dense bone first, then marrow, so that bones that meet are not parted by a wall; then teeth and canal."""
    found = bones.distances(slab)
    for one, window, distance in found:
        label = f"{one.name}_left" if one.is_sided else one.name
        slab.lay(window, distance, "cortex", label, within=slab.skin[window] + np.float32(SKIN_MM))
        if one.is_sided:
            slab.by_side(window, one.name)
    for one, window, distance in found:
        marrow = "diploe" if one is bones.skull else "marrow"
        slab.lay(window, distance + np.float32(one.cortex_mm), marrow, within=slab.skin[window] + np.float32(3))
    for name, jaw in bones.teeth.items():
        _draw_teeth(slab, jaw, name)


def _draw_teeth(slab: HeadSlab, jaw: list[Tooth], name: str) -> None:
    for tooth in jaw:
        for window, distance in tooth.root.near(slab, 1.0):
            slab.lay(window, distance, "dentine", name)
        for window, distance in tooth.crown.near(slab, 1.0):
            slab.lay(window, distance, "enamel", name)
            slab.lay(window, distance + np.float32(1.6), "dentine")


def draw_sinuses(slab: HeadSlab, bones: Bones) -> None:
    """Open the air-filled rooms in the bones, and the mastoid's cells."""
    for piece in bones.sinuses:
        for window, distance in piece.near(slab, 2.0):
            rough = np.float32(0.8) * slab.texture["middle"][window]
            slab.lay(window, distance + rough, "air", "sinuses")
    cells = shape({"ball": [53, 20, -52], "radii_mm": [4.5, 7, 9], "both": True})
    labyrinth = shape({"ball": [0, -62, -35], "radii_mm": [11.5, 20, 7]})
    for piece in (cells, labyrinth):
        for window, distance in piece.near(slab, 2.0):
            holes = (np.float32(0.1) - slab.texture["fine"][window]) * np.float32(1.6)
            slab.lay(window, holes, "air", "sinuses", within=distance)
