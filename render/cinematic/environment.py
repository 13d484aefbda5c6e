"""The light from all sides as one equirectangular picture: a gradient of the look's colours, or a user's file."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from render.cinematic.radiance_file import read_radiance
from render.cinematic.tables import linear
from session.look.lighting import Lighting

Picture = NDArray[np.float32]

COLUMNS, ROWS = 512, 256  # what a tracer gets at most
SKY_ROWS = 64
MOST_PIXELS = 64_000_000
MOST_BYTES = 512 << 20
HDR_MEAN = 0.5  # files of real light come in any unit: theirs is scaled to the brightness of a usual sky
BRIGHTEST = 50.0  # a sun of one texel would be found by so few paths that they show as sparks
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)

ADVICE = "Choose a PNG, JPEG, TIFF or Radiance HDR picture, twice as wide as high."


def environment_of(lighting: Lighting) -> Picture:
    """The look's environment picture, or else its sky.

    Returns:
        (rows, columns, 3) float32 linear radiance (sRGB primaries), at most ROWS x COLUMNS. The first row is straight
        up; columns turn about the vertical, the middle one lies before the viewer.

    Raises:
        UserError: the file is absent, too large or not a picture that can be read.
    """
    if lighting.environment:
        return read_environment(Path(lighting.environment))
    return sky(lighting)


def sky(lighting: Lighting) -> Picture:
    """(SKY_ROWS, 1, 3): from the colour above to the colour below, evenly over the height above the horizon."""
    polar = (np.arange(SKY_ROWS) + 0.5) / SKY_ROWS * np.pi
    share = (0.5 + 0.5 * np.cos(polar))[:, None]
    top, bottom = linear(lighting.sky_top), linear(lighting.sky_bottom)
    return np.asarray((share * top + (1 - share) * bottom)[:, None, :], np.float32)


def read_environment(path: Path) -> Picture:
    """An equirectangular picture as ``environment_of`` gives it.

    Ordinary pictures are decoded from sRGB to 0-1; Radiance files are scaled to a mean luminance of ``HDR_MEAN``.

    Raises:
        UserError: see ``environment_of``.
    """
    suffix = path.suffix.lower()
    if suffix == ".exr":
        raise UserError(f"{path.name} is an OpenEXR picture, which cannot be read here.", ADVICE)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path.name} is too large for an environment picture.", ADVICE)
        if suffix in (".hdr", ".pic", ".rgbe"):
            return _normalised(_reduced(read_radiance(path, MOST_PIXELS)), path)
        return _reduced(_read_ordinary(path))
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise UserError(f"The environment picture {path.name} could not be read.", ADVICE) from error


def _read_ordinary(path: Path) -> Picture:
    """(rows, columns, 3) linear; the size is looked at before any pixel is unpacked."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=("PNG", "JPEG", "TIFF")) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise UserError(f"{path.name} has too many pixels for an environment picture.", ADVICE)
                image.draft("RGB", (2 * COLUMNS, 2 * ROWS))  # lets JPEG unpack at a fraction of its size
                return _linear_pixels(image)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise UserError(f"{path.name} has too many pixels for an environment picture.", ADVICE) from error
        except (SyntaxError, ValueError, EOFError) as error:  # what Pillow says of broken files beside OSError
            raise UserError(f"The environment picture {path.name} is damaged.", ADVICE) from error


def _linear_pixels(image: Any) -> Picture:
    if image.mode == "F":  # the only kind that is not encoded
        grey = np.nan_to_num(np.asarray(image, np.float32), posinf=BRIGHTEST).clip(0.0, BRIGHTEST)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.mode.startswith("I"):
        grey16 = np.asarray(image).clip(0, 65535).astype(np.uint16)
        return np.repeat(_decoded(grey16, 65535)[..., None], 3, axis=2)
    return _decoded(np.asarray(image.convert("RGB")), 255)


def _decoded(pixels: NDArray[Any], white: int) -> Picture:
    """Linear light, with at most ROWS rows: a few at a time, so that a large picture is never there in floats."""
    table = linear(np.arange(white + 1) / white).astype(np.float32)
    rows = min(ROWS, pixels.shape[0])
    edges = np.linspace(0, pixels.shape[0], rows + 1).round().astype(int)
    return np.stack([table[pixels[a:b]].mean(axis=0) for a, b in pairwise(edges)])


def _reduced(picture: Picture) -> Picture:
    """No more than ROWS x COLUMNS, by the mean of what falls into each."""
    for axis, most in ((0, ROWS), (1, COLUMNS)):
        count = picture.shape[axis]
        if count > most:
            edges = np.linspace(0, count, most + 1).round().astype(int)
            sums = np.add.reduceat(picture, edges[:-1], axis=axis)
            widths = np.diff(edges)
            picture = (sums / (widths[:, None, None] if axis == 0 else widths[None, :, None])).astype(np.float32)
    return picture


def _normalised(picture: Picture, path: Path) -> Picture:
    """Scaled to a mean luminance over the sphere, and without sparks."""
    weights = np.sin((np.arange(picture.shape[0]) + 0.5) / picture.shape[0] * np.pi)
    mean = float(np.average((picture @ LUMINANCE).mean(axis=1), weights=weights))
    if not mean > 0 or not np.isfinite(mean):
        raise UserError(f"The environment picture {path.name} is black or damaged.", ADVICE)
    return np.asarray(np.minimum(picture * np.float32(HDR_MEAN / mean), BRIGHTEST), np.float32)
