"""Draw the small pictures of the shipped presets, from data that shows nobody.

    python docs/preset_thumbnails.py [ID ...]

Each becomes ``resources/presets/thumbnails/<id>.png``. Takes some minutes without a graphics card.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from phantom_subjects import (
    ct,
    ct_of_heart,
    ct_with_contrast,
    ct_with_metal,
    head_ct,
    head_mr,
    mr_torso,
    mr_vessels,
    pet,
    pet_activity,
    phantom,
    segments,
)
from PIL import Image

from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render.still import Backend, StillPainter, StillScene, chosen_backend, still_painter
from render.volume_camera import StandardView, fitted
from render.volume_content import ContentKeeper, ContentLog
from session.look.cut import ClipPlane, Cut
from session.look.presets import look_for, preset_named, shipped_presets
from session.look.segment_look import Visibility
from session.presentation import VolumeCamera

FOLDER = Path(__file__).parents[1] / "resources" / "presets" / "thumbnails"
SIDE_PX = 144
DRAWN_PX = 216  # then reduced
SAMPLES = 8
MOST_VOXELS = 1 << 31

ORGANS = (
    "heart", "aorta", "inferior_vena_cava", "liver", "spleen", "stomach", "pancreas", "colon", "small_bowel",
    "kidney_left", "kidney_right", "gallbladder", "hip_", "sacrum", "iliac_vessels",
)  # fmt: skip
INNER = ("heart", "aorta", "inferior_vena_cava", "kidney_left", "kidney_right", "hip_", "sacrum", "iliac_vessels",
         "vertebrae_", "rib_", "spleen")  # fmt: skip
UPPER = ("liver", "spleen", "stomach", "pancreas", "gallbladder", "kidney_left", "kidney_right", "colon")


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        image: what is drawn.
        names: of the phantom's structures that are segments.
        middle: where the picture's middle lies, from 0 at the feet to 1 at the head.
        zoom: 1 shows all.
        front: how much of the body's depth is cut away from the front.
        view: where the camera stands.
        ghosts: beginnings of names of segments that are a veil.
    """

    image: Callable[[], Volume] = ct
    names: tuple[str, ...] = ()
    middle: float = 0.5
    zoom: float = 1.1
    front: float = 0.0
    view: StandardView = StandardView.ANTERIOR
    ghosts: tuple[str, ...] = ()


SHOTS = {
    "ct-bone": Shot(middle=0.62, zoom=1.5, view=StandardView.CORNER),
    "ct-skin": Shot(head_ct, zoom=1.15, middle=0.52, view=StandardView.CORNER),
    "ct-muscle-and-bone": Shot(middle=0.65, zoom=1.4, view=StandardView.CORNER),
    "ct-soft-tissue": Shot(middle=0.5, zoom=1.25, front=0.4),
    "ct-lung": Shot(middle=0.72, zoom=1.7),
    "ct-airways": Shot(middle=0.72, zoom=1.7, front=0.3),
    "ct-angiography": Shot(ct_with_contrast, middle=0.3, zoom=1.6),
    "ct-cardiac": Shot(ct_of_heart, middle=0.62, zoom=2.4),
    "ct-pelvis": Shot(middle=0.16, zoom=1.7),
    "ct-metal": Shot(ct_with_metal, middle=0.32, zoom=2.0, view=StandardView.POSTERIOR),
    "ct-organs": Shot(names=ORGANS, middle=0.4, zoom=1.5),
    "ct-ghosted-body": Shot(names=INNER, zoom=1.05),
    "generic-organs": Shot(names=UPPER, middle=0.44, zoom=2.0),
    "mr-brain": Shot(head_mr, middle=0.64, zoom=1.75, view=StandardView.CORNER),
    "mr-generic": Shot(mr_torso, front=0.42, zoom=1.1),
    "mr-angiography": Shot(mr_vessels, middle=0.45, zoom=1.3),
    "pet-overlay": Shot(pet, zoom=1.1),
    "pet-activity": Shot(pet_activity, middle=0.55, zoom=1.5),
}


def scene_of(shot: Shot, preset_id: str, aspect: float = 1.0) -> StillScene:
    """What a shot shows under a preset."""
    image = shot.image()
    parts = segments(*shot.names) if shot.names else Segmentation(image.geometry)
    look = look_for(preset_named(preset_id), image)
    low, high = _bounds(image)
    if shot.front:
        y = float(low[1] + shot.front * (high[1] - low[1]))
        look = replace(look, cut=Cut((ClipPlane((0.0, y, 0.0), (0.0, 1.0, 0.0)),)))
    for segment in parts.segments if shot.ghosts else ():
        if segment.name.startswith(shot.ghosts):
            veil = replace(look.of_segment(segment.number), visibility=Visibility.GHOST)
            look = look.with_segment(segment.number, veil)
    content = ContentKeeper(MOST_VOXELS).drawn(ContentLog().content(image, parts), look, lambda: True)
    assert content is not None, "nobody called it off"
    return StillScene(content, look, _camera(shot, low, high, aspect))


def _bounds(image: Volume) -> tuple[np.ndarray, np.ndarray]:
    """The corners (LPS mm) of the box around the body."""
    inside = np.argwhere(phantom().truth > 0) if image.geometry.shape == phantom().truth.shape else None
    lowest = np.zeros(3) if inside is None else inside.min(axis=0)
    highest = np.subtract(image.geometry.shape, 1) if inside is None else inside.max(axis=0)
    ends = np.array([image.geometry.to_world(tuple(end[::-1])) for end in (lowest, highest)])
    return ends.min(axis=0), ends.max(axis=0)


def _camera(shot: Shot, low: np.ndarray, high: np.ndarray, aspect: float) -> VolumeCamera:
    camera = fitted(np.array([low, high]), aspect, shot.view)
    focal = np.array(camera.focal_point_mm)
    away = (np.array(camera.position_mm) - focal) / shot.zoom
    focal[2] = low[2] + shot.middle * (high[2] - low[2])
    x, y, z = (focal + away).tolist()
    return replace(camera, position_mm=(x, y, z), focal_point_mm=(float(focal[0]), float(focal[1]), float(focal[2])))


def write_thumbnail(painter: StillPainter, preset_id: str) -> Path:
    """Draw one; returns its file."""
    pixels = painter.paint(scene_of(SHOTS[preset_id], preset_id), (DRAWN_PX, DRAWN_PX), SAMPLES)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{preset_id}.png"
    Image.fromarray(pixels).resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS).save(path, optimize=True)
    return path


def main(wanted: list[str]) -> None:
    """Draw those that are named, or all."""
    with still_painter(chosen_backend(Backend.AUTO)) as painter:
        for preset_id in wanted or [preset.id for preset in shipped_presets()]:
            print(write_thumbnail(painter, preset_id), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
