"""A whole 3D picture as one JSON document: which image, how it looks, from where it is seen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from imaging.errors import UserError
from session.look.json_form import from_json, to_json
from session.look.look import Look
from session.presentation import VolumeCamera, VolumeMode

LARGEST_FILE = 5_000_000  # bytes


@dataclass(frozen=True)
class SceneDescription:
    """What it takes to draw a picture again.

    Attributes:
        version: of this form.
        image: path of the images or the case: the volume and the label map; empty: to be named by whoever draws.
        series: which series of the images; empty: the only one.
        mode: ray casting or path tracing.
        look: everything but the camera.
        camera: None: the whole image from the front.
        size_px: width and height.
        samples: for each pixel of a path-traced picture.
        seed: of its random numbers.
    """

    version: int = 1
    image: str = ""
    series: str = ""
    mode: VolumeMode = VolumeMode.CINEMATIC
    look: Look = field(default_factory=Look)
    camera: VolumeCamera | None = None
    size_px: tuple[int, int] = (1024, 1024)
    samples: int = 64
    seed: int = 0


def scene_to_text(scene: SceneDescription) -> str:
    """The JSON of a scene."""
    return json.dumps(to_json(scene), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_scene(path: Path) -> SceneDescription:
    """The scene in a file.

    Raises:
        UserError: it cannot be read, or holds no scene of a version that is known.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path.name} is too large to be a scene.")
        scene = from_json(SceneDescription, json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError, OverflowError) as error:
        raise UserError(f"{path.name} holds no scene: {error}.") from error
    if scene.version != 1:
        raise UserError(f"{path.name} was written by a later version of Limner.")
    return scene
