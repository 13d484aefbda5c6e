"""Ray casting without a graphics card: turning, changing the look, the first pictures; prints a table.

    python3 dev.py bench raycast

The phantom's torso, 512 x 512 x 300 voxels, in views of 700 x 525 and 512 x 512 pixels. Rates are promised as the
longest time of a picture. VTK's own GPU mapper is measured on at most 128 voxels of each axis.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import replace

import numpy as np
from budget_table import Measured, peak_mb, print_table
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.phantom.torso import make_torso
from render.cinematic.scene import ClassMap, ClassRecord, Field
from render.graphics_probe import probed
from render.raycast.reduction import reduced
from render.raycast.reference import ReferenceKind, reference_frame_seconds
from render.raycast.scene import RaycastScene
from render.volume_camera import fitted, turned
from render.volume_renderer import Quality, VolumeRenderer
from render.volume_scene import VolumeSceneState, corners_mm
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction

SHAPE = (300, 512, 512)
SIZES = ((700, 525), (512, 512))
COARSE_MS = 200.0  # five pictures a second
EDIT_MS = 150.0
TURNS = 15
EDITS = 9

BONE = TransferFunction(
    (ColorPoint(100, (0.62, 0.25, 0.2)), ColorPoint(250, (0.9, 0.75, 0.55)), ColorPoint(900, (1, 0.98, 0.93))),
    (OpacityPoint(150, 0), OpacityPoint(300, 0.25), OpacityPoint(700, 0.9)),
)
MUSCLE = TransferFunction(
    (ColorPoint(-150, (0.5, 0.15, 0.1)), ColorPoint(60, (0.7, 0.3, 0.22)), ColorPoint(700, (1, 1, 0.95))),
    (OpacityPoint(-20, 0), OpacityPoint(50, 0.03), OpacityPoint(150, 0.06), OpacityPoint(300, 0.7)),
)


def scenes() -> dict[str, RaycastScene]:
    """The torso in three looks; the last one with a hundred segments in colours of their own."""
    torso = make_torso()
    voxels, truth = (_stretched(array) for array in (torso.volume.voxels, torso.truth))
    affine = torso.volume.geometry.affine @ np.diag([*(np.array(torso.volume.voxels.shape)[::-1] / SHAPE[::-1]), 1.0])
    low, high = float(voxels.min()), float(voxels.max())
    values = np.empty(SHAPE, np.uint16)
    for k, plane in enumerate(voxels):
        values[k] = (plane - low) * (65535 / (high - low)) + 0.5
    field = Field(values, low, high, np.linalg.inv(affine), Geometry(SHAPE, affine).spacing_mm)
    numbers = tuple(sorted(torso.names))
    records = tuple(ClassRecord(n, ((n * 67) % 256, (n * 151) % 256, (n * 29) % 256)) for n in numbers)
    means = np.array([-900.0, *(float(voxels[truth == n].mean()) for n in numbers)])
    classes = ClassMap(truth, numbers, means)
    ghost = SegmentLook(Visibility.GHOST)
    organs = Look(transfer=MUSCLE, matter=(-300, -100), segment=SegmentLook(tint=0.8, solidity=0.3))
    for number in (1, 2, 3):  # skin, fat and muscle
        organs = organs.with_segment(number, ghost)
    return {
        "bone": RaycastScene(field, None, (), Look(transfer=BONE)),
        "muscle and bone": RaycastScene(field, None, (), Look(transfer=MUSCLE)),
        "organs in their colours": RaycastScene(field, classes, records, organs),
    }


def _stretched(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """An array with the bench's shape, by taking nearest voxels."""
    places = [np.arange(wanted) * present // wanted for wanted, present in zip(SHAPE, array.shape, strict=True)]
    return np.ascontiguousarray(array[np.ix_(*places)])


def measured(name: str, scene: RaycastScene, size_px: tuple[int, int]) -> list[Measured]:
    """Everything about one look in one view."""
    view = f"{name}, {size_px[0]} x {size_px[1]}"
    affine = np.linalg.inv(scene.field.index_from_world)
    camera = fitted(corners_mm(Geometry(SHAPE, affine)), size_px[0] / size_px[1])
    state = VolumeSceneState(camera, raycast=scene)
    renderer = VolumeRenderer()
    rows = [
        Measured(f"{view}: first {quality.value} picture", renderer.render(state, size_px, quality).seconds, "s")
        for quality in Quality
    ]
    turns = []
    for n in range(TURNS):
        turning = replace(state, camera=turned(camera, 12.0 * n, 3.0 * n, size_px[1]))
        turns.append(renderer.render(turning, size_px, Quality.MOVING).seconds * 1000)
    rows.append(Measured(f"{view}: picture while turning", statistics.median(turns), "ms", COARSE_MS))
    rows.append(Measured(f"{view}: longest of them", max(turns), "ms"))
    edits, stills = [], []
    for n in range(EDITS):
        look = replace(scene.look, transfer=scene.look.transfer.shifted(10.0 * (n + 1)))
        edited = replace(state, raycast=replace(scene, look=look))
        edits.append(renderer.render(edited, size_px, Quality.MOVING).seconds * 1000)
        if n < 3:
            stills.append(renderer.render(edited, size_px, Quality.STILL).seconds * 1000)
    rows.append(Measured(f"{view}: edited function to first picture", statistics.median(edits), "ms", EDIT_MS))
    rows.append(Measured(f"{view}: edited function to still picture", statistics.median(stills), "ms"))
    renderer.close()
    return rows


def references(scene: RaycastScene) -> list[Measured]:
    """VTK's GPU mapper on fewer voxels."""
    field = reduced(scene.field, 128).field
    camera = fitted(corners_mm(Geometry(field.shape, np.linalg.inv(field.index_from_world))), 1.0)
    return [
        Measured(
            f"VTK's GPU mapper, {kind.value}, 128 voxels, 512 x 512",
            reference_frame_seconds(kind, field, scene.look, camera, (512, 512)),
            "s",
        )
        for kind in ReferenceKind
    ]


def main() -> int:
    """Measure and print."""
    graphics = probed()
    if not graphics.is_available:
        print(f"not measured: {graphics.reason}")
        return 0
    shown = scenes()
    rows = []
    for size_px in SIZES:
        for name, scene in shown.items():
            rows.extend(measured(name, scene, size_px))
            print(f"  measured: {name} {size_px}", file=sys.stderr)
    rows.append(Measured("peak memory", peak_mb(), "MB"))
    rows.extend(references(shown["bone"]))
    return print_table(f"Ray casting, 512 x 512 x 300, {graphics.renderer}", rows)


if __name__ == "__main__":
    raise SystemExit(main())
