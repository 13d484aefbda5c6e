"""What CT anatomy (rules) takes for 512 x 512 x 300 voxels: time of each stage, memory, and Dice on the phantom."""

from __future__ import annotations

import time

import numpy as np
from budget_table import Measured, peak_mb, print_table

from imaging.geometry import Geometry
from imaging.phantom.torso import make_torso
from inference.models.ct_anatomy_rules import LABELS, CtAnatomyRules

SHAPE = (300, 512, 512)
FOUND = {"Body": "body", "Left lung": "lung_left", "Right lung": "lung_right", "Skeleton": "skeleton"}


def enlarged() -> tuple[np.ndarray, Geometry]:
    """The phantom at 512 x 512 x 300: each voxel is its nearest one in the original, so the anatomy keeps its size."""
    torso = make_torso()
    old = torso.volume.geometry
    index = [np.arange(new) * was // new for new, was in zip(SHAPE, old.shape, strict=True)]
    affine = old.affine.copy()
    affine[:3, :3] *= [old.shape[2] / SHAPE[2], old.shape[1] / SHAPE[1], old.shape[0] / SHAPE[0]]
    return torso.volume.voxels[np.ix_(*index)], Geometry(SHAPE, affine)


def main() -> int:
    """Run it once at full size and once on the phantom as it is."""
    model = CtAnatomyRules()
    voxels, geometry = enlarged()
    before = peak_mb()
    began = time.perf_counter()
    result = model.run(voxels, geometry, {}, lambda fraction, text: None, lambda: False)
    took = time.perf_counter() - began
    rows = [
        Measured("512 x 512 x 300, whole run", took, "s", 20),
        Measured("512 x 512 x 300, peak memory of the process", peak_mb(), "MB", 2500),
        Measured("512 x 512 x 300, of it before the run", before, "MB"),
    ]
    rows += [Measured(f"  {stage}", seconds, "s") for stage, seconds in result.seconds.items()]
    return print_table("CT anatomy (rules)", rows + quality(model))


def quality(model: CtAnatomyRules) -> list[Measured]:
    """One minus Dice against the phantom's truth."""
    torso = make_torso()
    volume = torso.volume
    result = model.run(volume.voxels, volume.geometry, {}, lambda fraction, text: None, lambda: False)
    rows = []
    for label in LABELS:
        if label.name not in FOUND:
            continue
        found, truth = result.mask(label.label_value), torso.mask(FOUND[label.name])
        dice = 2 * np.logical_and(found, truth).sum() / (found.sum() + truth.sum())
        promise = {"Body": 0.01, "Skeleton": 0.2}.get(label.name, 0.05)
        rows.append(Measured(f"phantom, 1 - Dice of {label.name.lower()}", float(1 - dice), "", promise))
    naive, bone = volume.voxels > 200, torso.mask("skeleton")
    dice = 2 * np.logical_and(naive, bone).sum() / (naive.sum() + bone.sum())
    return [*rows, Measured("phantom, 1 - Dice of all above 200 HU as skeleton", float(1 - dice), "")]


if __name__ == "__main__":
    raise SystemExit(main())
