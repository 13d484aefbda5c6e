"""The cinematic view held against what was promised of it (targets T1 to T5 and T7); prints a table.

    python3 dev.py bench cinematic

A head and a belly of real people where the folder of real images is there, the phantom otherwise; 512 x 512 x 300
voxels of the phantom for what somebody waits for. T6 (known answers) and T8 (nothing left over from the scene before)
are tests, and so is the pixel by pixel part of T2. Times are compared in turns within one process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial

from budget_table import Measured, peak_mb, print_table
from cinematic_mitsuba import against_mitsuba
from cinematic_scenes import content_of, look_named, torso
from cinematic_view import bounds_after_an_edit, first_pictures, in_the_view
from cinematic_work import denoising, look_ups, times_of_a_sample, two_subjects

from render.graphics_probe import probed
from session.presentation import VolumeMode


def main() -> int:
    """Measure and print."""
    graphics = probed()
    if not graphics.is_available:
        print(f"not measured: {graphics.reason}")
        return 0
    rows: list[Measured] = []
    skull, abdomen = two_subjects()
    mitsuba, trouble = against_mitsuba(skull)
    rows += mitsuba
    steps: list[Callable[[], list[Measured]]] = []
    for subject in (skull, abdomen):
        steps += [partial(work, subject) for work in (times_of_a_sample, denoising)]
        rows.append(look_ups(subject))
    steps.append(partial(first_pictures, skull))  # VTK's shadows in a belly take a minute each
    for step in steps:
        rows += step()
        print(f"  measured: {rows[-1].what}", file=sys.stderr)
    rows += waited_for()
    rows.append(Measured("peak memory", peak_mb(), "MB"))
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    status = print_table(f"Cinematic view, {graphics.renderer}{load}", sorted(rows, key=lambda row: row.what))
    if trouble:
        print(f"  {trouble}")
    return status


def waited_for() -> list[Measured]:
    """The 3D view with a large volume."""
    volume = torso()
    rows = [bounds_after_an_edit(volume)]
    content = content_of(volume)
    for mode, preset in (
        (VolumeMode.CINEMATIC, "ct-bone"),
        (VolumeMode.CINEMATIC, "ct-muscle-and-bone"),
        (VolumeMode.RAYCAST, "ct-bone"),
        (VolumeMode.RAYCAST, "ct-muscle-and-bone"),
    ):
        rows += in_the_view(content, preset, look_named(preset), mode)
        print(f"  measured: {mode.value} {preset}", file=sys.stderr)
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
