"""How pictures are drawn, whatever they show: checked before anything is read."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from app.pictures.arguments import samples_of, size_of
from imaging.errors import UserError
from render.cinematic.stamp import Corner
from render.graphics_probe import probed
from render.still import Backend, chosen_backend
from session.presentation import VolumeMode


@dataclass(frozen=True)
class Manner:
    """Everything about a picture but its scene.

    Attributes:
        mode: surfaces, ray casting or path tracing.
        size_px: width and height.
        backend: of path tracing: what draws it, or AUTO.
        samples: of path tracing, for each pixel.
        is_transparent: no background.
        corner: of the mark.
        denoises: remove noise.
        most_memory_mb: that the volume may take; 0: what the device has.
    """

    mode: VolumeMode
    size_px: tuple[int, int]
    backend: Backend = Backend.AUTO
    samples: int = 64
    is_transparent: bool = False
    corner: Corner = Corner.BOTTOM_RIGHT
    denoises: bool = True
    most_memory_mb: int = 0

    @property
    def is_cinematic(self) -> bool:
        """True for path tracing."""
        return self.mode is VolumeMode.CINEMATIC


def manner_of(arguments: argparse.Namespace, samples: int, size_px: tuple[int, int] = (1024, 1024)) -> Manner:
    """What the options say; ``samples`` and ``size_px`` where they say nothing.

    Raises:
        UserError: an option makes no sense, or there is no OpenGL where it is needed.
    """
    backend, mode = Backend(arguments.backend), VolumeMode(arguments.mode)
    is_cinematic = mode is VolumeMode.CINEMATIC
    if is_cinematic and backend is Backend.VTK:
        raise UserError("VTK casts rays and traces no paths.", "`--mode raycast`, or `--backend glsl` or `numba`.")
    if not is_cinematic and backend not in (Backend.AUTO, Backend.VTK):
        raise UserError(f"The back end {backend} only draws cinematic pictures.", "`--mode cinematic`.")
    made = Manner(
        mode,
        size_of(arguments.size, size_px),
        backend,
        samples_of(arguments.spp, samples),
        getattr(arguments, "transparent", False),
        Corner(arguments.mark.replace("-", " ")),
        not arguments.no_denoise,
    )
    if is_cinematic:
        chosen_backend(backend)
    else:
        need_opengl()
    return made


def need_opengl() -> None:
    """Make sure that VTK can draw.

    Raises:
        UserError: it cannot.
    """
    graphics = probed()
    if not graphics.is_available:
        raise UserError(f"Ray casting needs OpenGL. {graphics.reason}", "`--mode cinematic --backend numba` does not.")
