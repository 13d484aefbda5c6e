"""One picture of a case: each segment on the slice that shows most of it, side by side, named and measured."""

from __future__ import annotations

import math

import numpy as np

from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render.slice_pictures import Picture, slice_picture
from session.measured import extent_text
from session.presentation import Plane, Windowing

TILE_PX = 448
CAPTION_PX = 44
MOST_TILES = 12
_TEXT_PX = 18
_TEXT_COLOR, _GROUND = (235, 235, 235), (0, 0, 0)
NOT_FOR_DIAGNOSIS = "Not for diagnosis"


def segment_sheet(volume: Volume, segmentation: Segmentation, windowing: Windowing | None = None) -> Picture:
    """Axial slices, each with one segment drawn over it, the largest segments first.

    Args:
        volume: the image.
        segmentation: on the same grid; without voxels in it, the image's middle slice is shown.
        windowing: level and width; by default from the image's values.

    Returns:
        (height, width, 3) uint8 RGB with at most ``MOST_TILES`` slices.
    """
    filled = [s for s in segmentation.segments if segmentation.voxel_count(s.number)]
    chosen = sorted(filled, key=lambda s: -segmentation.voxel_count(s.number))[:MOST_TILES]
    size = (TILE_PX, TILE_PX)
    tiles = []
    for segment in chosen:
        place = _key_point(segmentation, segment.number)
        others = frozenset(s.number for s in segmentation.segments if s is not segment)
        picture = slice_picture(volume, segmentation, Plane.AXIAL, place, size, windowing, others)
        tiles.append(_captioned(picture, f"{segment.name}, {extent_text(segmentation.extent(segment.number))}"))
    if not tiles:
        tiles.append(_captioned(slice_picture(volume, None, Plane.AXIAL, None, size, windowing), ""))
    columns = math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    height, width = tiles[0].shape[:2]
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for n, tile in enumerate(tiles):
        top, left = n // columns * height, n % columns * width
        sheet[top : top + height, left : left + width] = tile
    return sheet


def _key_point(segmentation: Segmentation, number: int) -> list[float]:
    """LPS position in the middle of a segment's largest slice."""
    box = segmentation.bounding_box(number)
    assert box is not None
    mask = segmentation.mask(number, box)
    k = int(np.count_nonzero(mask, axis=(1, 2)).argmax())
    j, i = np.argwhere(mask[k]).mean(axis=0)
    return [float(v) for v in segmentation.geometry.to_world([box.i0 + i, box.j0 + j, box.k0 + k])]


def _captioned(picture: Picture, text: str) -> Picture:
    """A picture with a line below it."""
    from PIL import Image, ImageDraw, ImageFont

    width = picture.shape[1]
    caption = Image.new("RGB", (width, CAPTION_PX), _GROUND)
    draw = ImageDraw.Draw(caption)
    font, small = ImageFont.load_default(_TEXT_PX), ImageFont.load_default(_TEXT_PX * 2 // 3)
    draw.text((8, 2), _fitting(text, width - 16, font), _TEXT_COLOR, font)
    draw.text((8, CAPTION_PX - 4), NOT_FOR_DIAGNOSIS, _TEXT_COLOR, small, anchor="ls")
    return np.concatenate([picture, np.array(caption)])


def _fitting(text: str, width: int, font: object) -> str:
    """The text, cut where it is too long."""
    length = font.getlength  # type: ignore[attr-defined]
    if length(text) <= width:
        return text
    while text and length(text + "…") > width:
        text = text[:-1]
    return text + "…"
