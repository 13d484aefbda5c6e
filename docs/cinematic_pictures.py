"""Draw the large cinematic pictures in docs/pictures from phantoms that show nobody.

python docs/cinematic_pictures.py [NAME ...] [--side PIXELS] [--samples N] [--out FOLDER]
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from phantom_subjects import head_ct, head_mr
from PIL import Image
from preset_thumbnails import INNER, ORGANS, Shot, scene_of

from render.cinematic.stamp import stamped
from render.still import Backend, StillPainter, StillScene, chosen_backend, still_painter
from render.volume_camera import StandardView
from render.volume_wish import CapShade
from session.look.presets import preset_named
from session.look.segment_look import SegmentLook
from session.presentation import Windowing

FOLDER = Path(__file__).parent / "pictures"
COLORS = 255  # of the files' palettes: a third of the size, and no difference that one sees
ABDOMEN = Windowing(40.0, 400.0)

LOBES = ("lung_upper", "lung_lower", "lung_middle")
CHEST = (
    *LOBES,
    "lung_vessels",
    "trachea",
    "main_bronchi",
    "bronchi",
    "airway_wall",
    "heart",
    "aorta",
    "vertebrae_",
    "rib_",
)

PICTURES = {  # name: preset, shot
    "bone": ("ct-bone", Shot(middle=0.5, zoom=1.2, view=StandardView.CORNER)),
    "lungs-and-airways": ("ct-lung", Shot(middle=0.7, zoom=1.6)),
    "chest": ("ct-organs", Shot(names=CHEST, middle=0.72, zoom=1.6, view=StandardView.CORNER, ghosts=(*LOBES, "rib_"))),
    "organs": ("ct-organs", Shot(names=(*ORGANS, "rib_", "vertebrae_", "lung_lower"), middle=0.42, zoom=1.3)),
    "ghosted-body": ("ct-ghosted-body", Shot(names=INNER, zoom=1.1)),
    "capped-clip": ("ct-organs", Shot(names=ORGANS, zoom=1.15, front=0.45, view=StandardView.CORNER)),
    "muscle-and-bone": ("ct-muscle-and-bone", Shot(middle=0.5, zoom=1.15, view=StandardView.CORNER)),
    "skull": ("ct-bone", Shot(head_ct, middle=0.47, zoom=1.1, view=StandardView.CORNER)),
    "mr-head": ("mr-generic", Shot(head_mr, middle=0.49, zoom=1.12, view=StandardView.CORNER)),
    "mr-brain": ("mr-brain", Shot(head_mr, middle=0.66, zoom=1.75, view=StandardView.CORNER)),
}


def picture(name: str, aspect: float = 1.0) -> StillScene:
    """The scene of one picture; its cut is capped."""
    preset_id, shot = PICTURES[name]
    scene = scene_of(shot, preset_id, aspect)
    if not shot.front:
        return scene
    # the skin is shown around the organs, or there would be no body to cut
    rest = SegmentLook(transfer=preset_named("ct-skin").look.transfer)
    return replace(scene, look=replace(scene.look, rest=rest), caps=CapShade(ABDOMEN, False))


def write_picture(painter: StillPainter, name: str, side: int, samples: int, folder: Path) -> Path:
    """Draw one; returns its file."""
    pixels = stamped(painter.paint(picture(name), (side, side), samples))
    path = folder / f"{name}.png"
    image = Image.fromarray(pixels)
    image.quantize(COLORS, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    return path


def main() -> None:
    """Draw those that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--side", type=int, default=800)
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--out", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    with still_painter(chosen_backend(Backend.AUTO)) as painter:
        for name in arguments.names or PICTURES:
            print(write_picture(painter, name, arguments.side, arguments.samples, arguments.out), flush=True)


if __name__ == "__main__":
    main()
