"""CT anatomy (rules): body, lungs, airways, skeleton and fat without any trained weights.

Everything is decided on an upright grid of about 3 mm; only borders are then redrawn with the volume's own voxels. The
rules look at HU, texture and shells, never at where in the scan something lies except above and beside lung, so that
cropped fields of view and any table position work. What is not there is reported as not found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.model import Cancelled, Labels, ModelLabel, ModelResult, Report, RunCancelled
from inference.morphology import Mask
from inference.operators.coarse_grid import CoarseGrid

BODY, LEFT_LUNG, RIGHT_LUNG, AIRWAYS, SKELETON, SUBCUTANEOUS_FAT, VISCERAL_FAT = range(1, 8)

LABELS = (
    ModelLabel(BODY, "Body", "body"),
    ModelLabel(LEFT_LUNG, "Left lung", "lung_left"),
    ModelLabel(RIGHT_LUNG, "Right lung", "lung_right"),
    ModelLabel(AIRWAYS, "Airways", "airways"),
    ModelLabel(SKELETON, "Skeleton", "skeleton"),
    ModelLabel(SUBCUTANEOUS_FAT, "Subcutaneous fat", "subcutaneous_fat"),
    ModelLabel(VISCERAL_FAT, "Visceral fat", "visceral_fat"),
)

# Later ones win where borders overlap.
DRAWN = (VISCERAL_FAT, SUBCUTANEOUS_FAT, LEFT_LUNG, RIGHT_LUNG, AIRWAYS, SKELETON)

Plane = NDArray[np.float32]
BORDER: dict[int, Callable[[Plane], Mask]] = {
    BODY: lambda hu: hu > -300,
    LEFT_LUNG: lambda hu: hu < -400,
    RIGHT_LUNG: lambda hu: hu < -400,
    AIRWAYS: lambda hu: hu < -600,
    SKELETON: lambda hu: hu > 150,
    SUBCUTANEOUS_FAT: lambda hu: (hu > -190) & (hu < -30),
    VISCERAL_FAT: lambda hu: (hu > -190) & (hu < -30),
}
LEAST_ML = {
    BODY: 2.0,
    LEFT_LUNG: 4.0,
    RIGHT_LUNG: 4.0,
    AIRWAYS: 3.0,
    SKELETON: 1.0,
    SUBCUTANEOUS_FAT: 5.0,
    VISCERAL_FAT: 5.0,
}


class CtAnatomyRules:
    """The built-in model ``ct-anatomy-rules``."""

    id = "ct-anatomy-rules"
    name = "CT anatomy (rules)"
    version = "1.0"
    labels = LABELS

    def check(self, geometry: Geometry, quantity: Quantity, modality: str) -> None:
        """Raise ``UserError`` unless the volume may be CT; files without a modality are judged when it runs."""
        foreign = modality.upper() not in ("", "CT")
        if foreign or quantity not in (Quantity.HU, Quantity.SIGNAL):
            what = modality.upper() if foreign else quantity.value
            raise UserError(f"{self.name} needs a CT image in Hounsfield units, this one is {what}.", NOT_CT_HINT)

    def run(
        self,
        voxels: NDArray[Any],
        geometry: Geometry,
        parameters: Mapping[str, Any],
        report: Report,
        cancelled: Cancelled,
    ) -> ModelResult:
        """Segment a CT volume; see ``inference.model.Model.run``."""
        if parameters:
            names = ", ".join(parameters)
            raise UserError(
                f"{self.name} takes no options, and was given “{names}”.", "Run it as it is, or choose another model."
            )
        from inference.operators.hounsfield import looks_like_hounsfield

        if not looks_like_hounsfield(voxels):
            raise UserError(f"{self.name} needs a CT image; the values here are not Hounsfield units.", NOT_CT_HINT)
        stages = _Stages(report, cancelled)
        grid, masks = _find(voxels, geometry, stages)
        masks = {value: _unless_tiny(mask, LEAST_ML[value], grid.step_mm) for value, mask in masks.items()}
        with stages("full size", 0.5):
            layers = _draw(voxels, grid, masks, stages)
        report(1.0, "")
        found = {label.label_value: bool(masks[label.label_value].any()) for label in LABELS}
        notes = tuple(f"{label.name}: not found" for label in LABELS if not found[label.label_value])
        return ModelResult(layers, found, stages.seconds, {"grid_mm": round(grid.step_mm, 3)}, notes)


NOT_CT_HINT = "Choose a CT series, or another model."


class _Stages:
    """Times each stage, reports it, and stops between stages when asked to."""

    def __init__(self, report: Report, cancelled: Cancelled) -> None:
        self.report, self.cancelled = report, cancelled
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str, fraction: float) -> Iterator[None]:
        self.stop_if_cancelled()
        self.report(fraction, name)
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

    def stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise RunCancelled


def _find(voxels: NDArray[Any], geometry: Geometry, stages: _Stages) -> tuple[CoarseGrid, dict[int, Mask]]:
    """All structures on the coarse grid."""
    from inference.morphology import close_with_ball
    from inference.operators.airways import airways
    from inference.operators.body_mask import body_mask
    from inference.operators.bright_organs import bright_organs
    from inference.operators.coarse_grid import make_coarse_grid
    from inference.operators.fat import fat_compartments
    from inference.operators.gas import classify_gas
    from inference.operators.lung_sides import split_lungs
    from inference.operators.skeleton import skeleton

    with stages("coarse grid", 0.0):
        grid = make_coarse_grid(voxels, geometry)
    hu, step = grid.hu, grid.step_mm
    with stages("gas", 0.15):
        gas = classify_gas(hu, grid.known, step)
    with stages("body", 0.25):
        body = body_mask(hu, grid.known, gas.lung, gas.outside, gas.enclosed, step)
    with stages("skeleton", 0.3):
        organs = bright_organs(np.where(body, hu, np.float32(-1024)), step)
        bone = skeleton(hu, body, organs, step)
    with stages("lungs", 0.35):
        lung = close_with_ball(gas.lung & body, LUNG_CLOSING_MM / step) & body & ~bone & ~gas.enclosed
        left, right = split_lungs(lung, bone, body)
    with stages("airways", 0.4):
        tube = airways(hu, (gas.enclosed | gas.outside) & body, left, right, step)
    with stages("fat", 0.42):
        fat = fat_compartments(hu, body, lung, bone, gas.enclosed & body, step)
    return grid, {
        BODY: body,
        LEFT_LUNG: left,
        RIGHT_LUNG: right,
        AIRWAYS: tube,
        SKELETON: bone,
        SUBCUTANEOUS_FAT: fat.subcutaneous,
        VISCERAL_FAT: fat.visceral,
    }


LUNG_CLOSING_MM = 6.0


def _unless_tiny(mask: Mask, least_ml: float, step_mm: float) -> Mask:
    return mask if mask.sum() * step_mm**3 / 1000 >= least_ml else np.zeros_like(mask)


def _cover(value: int, masks: dict[int, Mask], taken: Mask) -> NDArray[np.float32]:
    """A mask's share of each coarse voxel: gas-filled structures also look one voxel beyond, where nothing else is.

    Their border with tissue is so steep that averaging moves it by more than half a coarse voxel.
    """
    from inference.morphology import dilate

    cover = masks[value].astype(np.float32)
    if value in (LEFT_LUNG, RIGHT_LUNG, AIRWAYS):
        cover[dilate(masks[value]) & ~masks[value] & ~taken] = 0.5
    return cover


def _draw(voxels: NDArray[Any], grid: CoarseGrid, masks: dict[int, Mask], stages: _Stages) -> tuple[Labels, Labels]:
    """The structures at the volume's own size: one layer of anatomy, one of the body."""
    from concurrent.futures import ThreadPoolExecutor

    from inference.operators.edge_refinement import refine_slice

    anatomy, body = np.zeros(voxels.shape, np.uint8), np.zeros(voxels.shape, np.uint8)
    gas = grid.hu < -400
    samplers = {value: grid.slice_sampler(_cover(value, masks, gas)) for value, mask in masks.items() if mask.any()}

    def draw(k: int) -> None:
        if stages.cancelled():
            return
        hu = np.nan_to_num(voxels[k].astype(np.float32), nan=-1024.0)
        for value in DRAWN:
            if value in samplers:
                anatomy[k][refine_slice(samplers[value](k), hu, BORDER[value])] = value
        if BODY in samplers:
            inside = refine_slice(samplers[BODY](k), hu, BORDER[BODY])
            body[k][inside] = BODY
            anatomy[k][~inside] = 0

    with ThreadPoolExecutor(2) as pool:
        for done, _ in enumerate(pool.map(draw, range(voxels.shape[0])), 1):
            if done % 16 == 0:
                stages.report(0.5 + 0.5 * done / voxels.shape[0], "full size")
    stages.stop_if_cancelled()
    return anatomy, body
