"""Where each label of a layer lies, found in one pass."""

from __future__ import annotations

from typing import Any

from imaging.blocks import Labels
from imaging.geometry import Box


def label_boxes(layer: Labels) -> dict[int, Box]:
    """The smallest box around each label value above 0.

    Goes slice by slice, so that the interpreter is held only for a millisecond at a time when it runs on a thread.

    Args:
        layer: unsigned integers (k, j, i).
    """
    from scipy import ndimage  # heavy, and only needed off the user's thread

    boxes: dict[int, Box] = {}
    for k, plane in enumerate(layer):
        objects: list[Any] = ndimage.find_objects(plane)
        for value, found in enumerate(objects, start=1):
            if found is None:
                continue
            rows, columns = found
            here = Box(k, k + 1, rows.start, rows.stop, columns.start, columns.stop)
            boxes[value] = boxes[value].union(here) if value in boxes else here
    return boxes
