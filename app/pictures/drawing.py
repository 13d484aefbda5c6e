"""One picture from the options of a command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.pictures.arguments import samples_of, scene_of, size_of
from app.pictures.subject import Subject
from imaging.errors import UserError
from render.cinematic.denoise import SIMPLE
from render.cinematic.stamp import Corner, stamped
from render.graphics_probe import probed
from render.still import Backend, StillScene, chosen_backend, still_painter

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A finished picture, and what made it.

    Attributes:
        pixels: (height, width, 3 or 4) uint8; cinematic ones carry their mark.
        backend, device, denoiser: for people; no denoiser: empty.
        samples: for each pixel; 0 for ray casting.
        reduction: of the volume, 1 for none.
        notes: sentences about what is not as one might think.
    """

    pixels: NDArray[Any]
    backend: str
    device: str
    samples: int
    denoiser: str
    reduction: int
    notes: tuple[str, ...] = ()


def draw(arguments: argparse.Namespace, subject: Subject, samples: int, progress: Progress) -> Drawn:
    """Draw what the options ask for; ``samples`` where they say nothing.

    Raises:
        UserError: an option makes no sense, or there is no OpenGL where it is needed.
    """
    size = size_of(arguments.size)
    samples = samples_of(arguments.spp, samples)
    backend = Backend(arguments.backend)
    is_cinematic = arguments.mode == "cinematic"
    if is_cinematic and backend is Backend.VTK:
        raise UserError("VTK casts rays and traces no paths.", "`--mode raycast`, or `--backend glsl` or `numba`.")
    if not is_cinematic and backend not in (Backend.AUTO, Backend.VTK):
        raise UserError(f"The back end {backend} only draws cinematic pictures.", "`--mode cinematic`.")
    scene = scene_of(arguments, subject, size)
    if is_cinematic:
        return _traced(arguments, scene, size, samples, chosen_backend(backend), progress)
    return _cast(scene, size, arguments.transparent)


def _traced(
    arguments: argparse.Namespace,
    scene: StillScene,
    size: tuple[int, int],
    samples: int,
    backend: Backend,
    progress: Progress,
) -> Drawn:
    with still_painter(backend, not arguments.no_denoise) as painter:
        pixels = painter.paint(scene, size, samples, is_transparent=arguments.transparent, progress=progress)
        device = painter.tracer.device
        denoiser = painter.denoiser.name if painter.denoiser is not None else ""
        note = painter.denoiser.note if painter.denoiser is not None and denoiser == SIMPLE else ""
    corner = Corner(arguments.mark.replace("-", " "))
    reduction = scene.content.field.reduction
    return Drawn(stamped(pixels, corner), backend.value, device, samples, denoiser, reduction, (note,) if note else ())


def _cast(scene: StillScene, size: tuple[int, int], is_transparent: bool) -> Drawn:
    """A picture by VTK's ray casting."""
    from render.raycast_still import cast_still

    graphics = probed()
    if not graphics.is_available:
        raise UserError(f"Ray casting needs OpenGL. {graphics.reason}", "`--mode cinematic --backend numba` does not.")
    pixels, device = cast_still(scene, size, is_transparent=is_transparent)
    return Drawn(np.asarray(pixels), "vtk", device, 0, "", scene.content.field.reduction)
