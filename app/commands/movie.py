"""``limner movie PATH|CASE -o out.mp4|FOLDER``: the volume turning round, or a flight along key frames."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.output import note, print_json, progress
from app.pictures.options import CORNERS, add_picture_options
from imaging.errors import UserError

if TYPE_CHECKING:
    from app.pictures.manner import Manner
    from app.pictures.subject import Subject
    from render.movie_path import KeyFrames, Moment

SAMPLES = 24  # noise that is left is removed; the same random numbers in all frames keep it from flickering
SIZE_PX = (960, 720)
SECONDS = 6.0
AXES = ("patient", "view")


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("movie", help="a movie (MP4), or its frames (PNG), of a volume in 3D")
    add_picture_options(parser)
    parser.add_argument(
        "--mark", choices=CORNERS, default="bottom-right", help="the corner of the mark “not for diagnosis”"
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--turntable", action="store_true", help="turn round (the default)")
    way.add_argument("--keys", type=Path, metavar="FILE", help="cameras, and looks, of a JSON file one after another")
    parser.add_argument("--turns", type=float, default=1.0, help="of the turntable; negative for the other way")
    parser.add_argument("--axis", choices=AXES, default="patient", help="of the turntable")
    parser.add_argument("--seconds", type=float, metavar="S", help=f"{SECONDS:g}, or what the key frames say")
    parser.add_argument("--fps", type=float, default=25.0, metavar="N", help="frames a second")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, draw, write."""
    from app.pictures.arguments import shown_of
    from app.pictures.artist import artist
    from app.pictures.drawing import credits
    from app.pictures.filming import check_movie_name, film
    from app.pictures.manner import manner_of
    from app.pictures.scene_option import apply_scene, save_scene
    from app.pictures.scenes import SceneMaker
    from app.pictures.subject import open_subject
    from render.movie_path import read_keys

    out: Path = arguments.out
    check_movie_name(out)
    apply_scene(arguments)
    keys = read_keys(arguments.keys) if arguments.keys is not None else None
    frames, fps = _frame_count(arguments, keys), float(arguments.fps)
    manner = _even(manner_of(arguments, SAMPLES, SIZE_PX), out)
    began = time.perf_counter()
    subject = open_subject(arguments.path, arguments.series, progress)
    moments = _moments(arguments, subject, manner, keys, frames)
    shown = shown_of(arguments, subject)
    with artist(manner) as one:
        maker = SceneMaker(shown, one.largest_edge, one.most_voxels)
        drawn = film(moments, out, fps, one, maker, progress)
        reduction = maker.scene(moments[0].look, moments[0].camera).content.field.reduction
        made_by, said = credits(one, reduction), one.note
    if arguments.save_scene is not None:
        save_scene(arguments.save_scene, arguments, manner, moments[0].look, moments[0].camera)
    size = list(manner.size_px)
    if arguments.json:
        seconds = round(time.perf_counter() - began, 2)
        record = {"output": str(out), "size": size, "frames": frames, "drawn": drawn, "fps": fps}
        print_json({**record, **made_by, "seconds": seconds})
    else:
        print(f"{out}: {frames} frames of {size[0]} × {size[1]}, {made_by['backend']} on {made_by['device']}")
    if said:
        note(said)
    return 0


def _frame_count(arguments: argparse.Namespace, keys: KeyFrames | None) -> int:
    """How many frames there are.

    Raises:
        UserError: none, or too many.
    """
    from app.pictures.filming import MOST_FRAMES

    seconds = arguments.seconds if arguments.seconds is not None else (keys.seconds if keys is not None else None)
    seconds = SECONDS if seconds is None else seconds
    if not 1 <= arguments.fps <= 120:
        raise UserError(f"{arguments.fps:g} frames a second are not possible.", "1 to 120.")
    if not 2 <= seconds * arguments.fps <= MOST_FRAMES:  # not for numbers that are none, too
        raise UserError(f"A movie of {seconds:g} seconds is not possible.", f"2 to {MOST_FRAMES} frames.")
    if not -100 <= arguments.turns <= 100:
        raise UserError(f"{arguments.turns:g} turns are not possible.", "-100 to 100.")
    frames: float = seconds * arguments.fps
    return round(frames)


def _even(manner: Manner, out: Path) -> Manner:
    """The same with a size that video players can show."""
    from dataclasses import replace

    from app.pictures.filming import MP4_SUFFIX, even

    size = even(manner.size_px)
    if out.suffix.lower() != MP4_SUFFIX or size == manner.size_px:
        return manner
    note(f"Video players want even numbers of pixels: {size[0]} × {size[1]}.")
    return replace(manner, size_px=size)


def _moments(
    arguments: argparse.Namespace, subject: Subject, manner: Manner, keys: KeyFrames | None, frames: int
) -> list[Moment]:
    """The frames: along the key frames, or round about from where the picture would be seen."""
    from app.pictures.arguments import camera_of, look_of
    from render.movie_path import TurnAxis, Turntable

    look = look_of(arguments, subject)
    camera = camera_of(arguments, subject, manner.size_px)
    if keys is not None:
        return keys.moments(look, frames)
    return Turntable(arguments.turns, TurnAxis(arguments.axis)).moments(camera, look, frames)
