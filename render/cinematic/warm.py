"""``python -m render.cinematic.warm``: compiles what cinematic pictures need, and keeps it for the next runs.

A tiny case goes the way that a real one goes, with cuts, a cutaway, smooth borders and a stroke, so that every compiled
function is asked for with the kinds of arrays that it will get.
"""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from imaging.edit import AddSegment, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render.compiled_folder import ALL_DONE, compiled_folder
from render.volume_camera import fitted
from render.volume_content import ContentKeeper, ContentLog
from render.volume_scene import corners_mm
from render.volume_wish import CapShade
from session.change import DocumentChange
from session.look import choosing
from session.look.look import Look
from session.presentation import Windowing

SHAPE = (20, 24, 28)
SIZE_PX = (8, 8)
LOWEST_PRIORITY = 19


def warm() -> None:
    """Draw a tiny picture twice, the second time after a stroke."""
    from render.caps import cap_sheets
    from render.cinematic.numba_tracer import NumbaTracer
    from render.cinematic.scene import TracedScene

    volume, segmentation = _tiny_case()
    log, keeper = ContentLog(), ContentKeeper(1 << 20)
    camera = fitted(corners_mm(volume.geometry), 1.0)
    look = choosing.with_plane(Look(), (14.0, 12.0, 10.0), choosing.FROM_THE_FRONT)
    cut = choosing.with_cutaway(choosing.with_crop_box(look, is_on=True), 1, choosing.FROM_THE_FRONT)
    tracer = NumbaTracer(1)
    try:
        for shown in (look, replace(cut, lens=replace(cut.lens, aperture_mm=2.0))):
            drawn = keeper.drawn(log.content(volume, segmentation), shown, lambda: True)
            assert drawn is not None  # nobody calls it off
            cap_sheets(drawn.field, drawn.classes, drawn.records, shown, CapShade(Windowing(500, 1000)))
            tracer.show(TracedScene(drawn.field, drawn.classes, drawn.records, shown, camera, SIZE_PX))
            tracer.sample(2)
            tracer.picture()
            box = Box(2, 5, 2, 6, 2, 6)
            segmentation.apply(PaintEdit(1, box, np.ones(box.shape, bool)))
            log.note(DocumentChange(boxes={0: box}, segment_numbers={1}))
    finally:
        tracer.close()


def _tiny_case() -> tuple[Volume, Segmentation]:
    """Values of CT, and two segments one of which lies in the other's way."""
    rng = np.random.default_rng(1)
    geometry = Geometry(SHAPE, np.diag([1.0, 1.0, 1.0, 1.0]))
    segmentation = Segmentation(geometry)
    for number, box in ((1, Box(8, 14, 8, 14, 8, 14)), (2, Box(6, 16, 2, 8, 6, 20))):
        segmentation.apply(AddSegment(Segment(number, f"part {number}", (200, 100, 50))))
        segmentation.apply(PaintEdit(number, box, np.ones(box.shape, bool)))
    return Volume(geometry, rng.integers(-200, 1200, SHAPE).astype(np.int16)), segmentation


def main() -> None:
    """Compile, then leave a note that all is done."""
    if hasattr(os, "nice"):
        os.nice(LOWEST_PRIORITY)
    warm()
    folder = compiled_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ALL_DONE).touch()


if __name__ == "__main__":
    main()
