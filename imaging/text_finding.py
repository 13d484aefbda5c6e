"""Where text stands in a picture, as suggestions to somebody who looks: by RapidOCR, where that is installed.

Only its detector runs, which tells where letters are and not what they say, with the weights that lie in its own
package; nothing is loaded from elsewhere. It runs in a sandbox's child. It overlooks text: see decision 27.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.repainting import Rectangle
from imaging.sandbox import Sandbox

MEMORY, SECONDS = 6 << 30, 240.0
MARGIN_PX = 3
TILE_PX, OVERLAP_PX = 640, 128  # the detector makes larger pictures smaller, and overlooks small letters then
_detector: Any = None  # of the child


def is_there() -> bool:
    """True where the detector is installed with its weights; without them it would ask the network."""
    found = importlib.util.find_spec("rapidocr")
    places = list(found.submodule_search_locations or ()) if found is not None else []
    return any(list(Path(place).glob("models/*det*.onnx")) for place in places)


class TextFinder:
    """Asks a child that keeps its detector between pictures; it starts with the first one."""

    def __init__(self) -> None:
        self._sandbox = Sandbox(MEMORY)
        self._lock = threading.Lock()

    def find(self, picture: NDArray[np.uint8]) -> list[Rectangle]:
        """Rectangles around what looks like text, a little larger.

        Args:
            picture: (rows, columns) or (rows, columns, 3).

        Raises:
            UserError: the detector failed.
        """
        argument = {"shape": picture.shape, "pixels": base64.b64encode(picture.tobytes()).decode()}
        with self._lock:
            answer = self._sandbox.call("imaging.text_finding:boxes", argument, SECONDS)
        rows, columns = picture.shape[:2]
        return [
            (max(0, x0 - MARGIN_PX), max(0, y0 - MARGIN_PX), min(columns, x1 + MARGIN_PX), min(rows, y1 + MARGIN_PX))
            for x0, y0, x1, y1 in answer["boxes"]
        ]

    def close(self) -> None:
        """End the child, after what it is doing."""
        with self._lock:
            self._sandbox.close()


def boxes(argument: dict[str, Any]) -> Any:
    """In the child: yields ``{"boxes": [[x0, y0, x1, y1], ...]}``."""
    global _detector
    if _detector is None:
        _detector = importlib.import_module("rapidocr").RapidOCR(params={"Global.log_level": "error"})
    picture = np.frombuffer(base64.b64decode(argument["pixels"]), np.uint8).reshape(argument["shape"])
    coloured = picture if picture.ndim == 3 else np.stack([picture] * 3, axis=-1)
    yield {"boxes": [box for y, x in _tiles(coloured) for box in _boxes_in(coloured, y, x)]}, None


def _tiles(picture: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """(y, x) of the upper left corners of tiles that cover a picture."""
    step = TILE_PX - OVERLAP_PX
    rows, columns = picture.shape[:2]
    ys, xs = (range(0, max(1, size - OVERLAP_PX), step) for size in (rows, columns))
    return [(y, x) for y in ys for x in xs]


def _boxes_in(picture: NDArray[np.uint8], y: int, x: int) -> list[list[int]]:
    tile = np.ascontiguousarray(picture[y : y + TILE_PX, x : x + TILE_PX])
    found = _detector(tile, use_rec=False, use_cls=False).boxes
    corners = [] if found is None else [np.asarray(one) + np.array((x, y)) for one in found]
    return [[*map(int, np.floor(c.min(axis=0))), *map(int, np.ceil(c.max(axis=0)))] for c in corners]
