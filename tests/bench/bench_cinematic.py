"""The cinematic view held against what was promised of it (targets T1 to T5 and T7); prints a table.

    python3 dev.py bench cinematic

A head and a belly of real people where the folder of real images is there, the phantom otherwise; 512 x 512 x 300
voxels of the phantom for what somebody waits for. T6 (known answers) and T8 (nothing left over from the scene before)
are tests, and so is the pixel by pixel part of T2. Times are compared in turns within one process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial

from budget_table import Measured, peak_mb, print_table
from cinematic_mitsuba import against_mitsuba
from cinematic_scenes import Subject, content_of, look_named, torso
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
    for step in steps(skull, abdomen):
        found = step()
        rows += found
        print_table("measured so far", found, sys.stderr)
    mitsuba, trouble = against_mitsuba(skull)
    rows += mitsuba
    rows.append(Measured("peak memory", peak_mb(), "MB"))
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    status = print_table(f"Cinematic view, {graphics.renderer}{load}", sorted(rows, key=lambda row: row.what))
    if trouble:
        print(f"  {trouble}")
    return status


def steps(skull: Subject, abdomen: Subject) -> Iterator[Callable[[], list[Measured]]]:
    """What there is to measure, one after the other."""
    volume = torso()
    yield lambda: [bounds_after_an_edit(volume)]
    content = content_of(volume)
    for mode in (VolumeMode.CINEMATIC, VolumeMode.RAYCAST):
        for preset in ("ct-bone", "ct-muscle-and-bone"):
            yield partial(in_the_view, content, preset, look_named(preset), mode)
    for subject in (skull, abdomen):
        yield partial(times_of_a_sample, subject)
        yield partial(denoising, subject)
    yield lambda: [look_ups(subject) for subject in (skull, abdomen)]
    yield partial(first_pictures, skull)  # VTK's shadows in a belly take a minute each


if __name__ == "__main__":
    raise SystemExit(main())
