"""One picture from the options of a command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from app.pictures.arguments import camera_of, look_of, shown_of
from app.pictures.artist import Artist, artist
from app.pictures.manner import Manner
from app.pictures.scene_option import save_scene
from app.pictures.scenes import SceneMaker
from app.pictures.subject import Subject
from render.compiled_folder import is_anything_compiled

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A finished picture, and what made it.

    Attributes:
        pixels: (height, width, 3 or 4) uint8; cinematic ones carry their mark.
        made_by: see ``credits``.
        notes: sentences about what is not as one might think.
    """

    pixels: NDArray[Any]
    made_by: dict[str, Any]
    notes: tuple[str, ...] = ()


def draw(arguments: argparse.Namespace, subject: Subject, manner: Manner, progress: Progress) -> Drawn:
    """Draw what the options ask for.

    Raises:
        UserError: an option makes no sense.
    """
    look, shown = look_of(arguments, subject), shown_of(arguments, subject)
    camera = camera_of(arguments, subject, manner.size_px)
    if manner.is_cinematic and not is_anything_compiled():
        progress(0.0, "Compiling the path tracer, once on this machine…")
    with artist(manner) as one:
        scene = SceneMaker(shown, one.largest_edge, one.most_voxels).scene(look, camera)
        pixels = one.paint(scene, progress=progress)
        if arguments.save_scene is not None:
            save_scene(arguments.save_scene, arguments, manner, look, camera)
        return Drawn(pixels, credits(one, scene.content.field.reduction), (one.note,) if one.note else ())


def credits(one: Artist, reduction: int) -> dict[str, Any]:
    """What made a picture, for `--json`.

    Args:
        one: who drew it.
        reduction: how many voxels per axis one stood for.
    """
    return {
        "mode": one.manner.mode.value,
        "backend": one.backend,
        "device": one.device,
        "samples": one.samples,
        "denoiser": one.denoiser,
        "reduced_by": reduction,
    }
