"""`--scene` and `--save-scene`: all that makes a picture, as one JSON document."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.pictures.manner import Manner
from imaging.formats.replacing import replacing
from session.look.look import Look
from session.look.scene_description import SceneDescription, read_scene, scene_to_text
from session.presentation import VolumeCamera


def apply_scene(arguments: argparse.Namespace) -> None:
    """Let a scene speak where the options say nothing; ``arguments.described`` is the scene, or None.

    Raises:
        UserError: the file holds no scene.
    """
    scene = read_scene(arguments.scene) if arguments.scene is not None else None
    arguments.described = scene
    arguments.mode = arguments.mode or (scene.mode.value if scene is not None else "cinematic")
    if scene is not None:
        arguments.size = arguments.size or f"{scene.size_px[0]}x{scene.size_px[1]}"
        arguments.spp = scene.samples if arguments.spp is None else arguments.spp
        arguments.series = arguments.series or scene.series or None
    if arguments.seed is None:
        arguments.seed = scene.seed if scene is not None else 0


def save_scene(path: Path, arguments: argparse.Namespace, manner: Manner, look: Look, camera: VolumeCamera) -> None:
    """Write what made a picture.

    Raises:
        UserError: the file cannot be written.
    """
    scene = SceneDescription(
        image=str(arguments.path.resolve()),
        series=arguments.series or "",
        mode=manner.mode,
        look=look,
        camera=camera,
        size_px=manner.size_px,
        samples=manner.samples,
        seed=arguments.seed,
    )
    with replacing(path) as file:
        file.write(scene_to_text(scene).encode())
