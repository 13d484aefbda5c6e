"""Comparing two masks: against scipy's distance transform of the whole volume and against MONAI; a hundred segments.

    python3 dev.py bench compare

MONAI takes part where it is installed. Both sides must find the same numbers, else the script fails.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from budget_table import Measured, peak_mb, print_table
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from imaging.comparison.cell_areas import cell_areas
from imaging.comparison.label_comparison import LabelComparison, compare_labels
from imaging.comparison.measures import ROBUST_PERCENT
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from imaging.phantom.torso import make_torso

LARGE = (300, 512, 512)
MANY = 100
TOLERANCE_MM = 1.0
SHIFT = (1, 2, -3)  # of B against A, in voxels
STRAIGHTFORWARD = 3  # so many segments are enough to know what one costs


def ellipsoids() -> NDArray[np.uint8]:
    """Labels 1 to 100 at random places; some cover others in part."""
    labels = np.zeros(LARGE, np.uint8)
    random = np.random.default_rng(0)
    for value in range(1, MANY + 1):
        center, radius = random.uniform([40, 70, 70], [260, 440, 440]), random.uniform([12, 18, 18], [40, 70, 70])
        box = tuple(slice(int(c - r) - 1, int(c + r) + 2) for c, r in zip(center, radius, strict=True))
        inside = sum(((o - c) / r) ** 2 for o, c, r in zip(np.ogrid[box], center, radius, strict=True)) < 1
        labels[box][inside] = value
    return labels


def pair_of(layer: NDArray[np.uint8], geometry: Geometry, values: list[int]) -> tuple[LabelFile, LabelFile]:
    """A mask, and the same shifted by some voxels."""
    segments = [LabelSegment(f"s{value}", None, value) for value in values]
    moved = np.roll(layer, SHIFT, (0, 1, 2))
    return LabelFile(geometry, [layer], segments), LabelFile(geometry, [moved], segments)


def whole_volume(a: NDArray[np.bool_], b: NDArray[np.bool_], geometry: Geometry) -> tuple[float, float, float]:
    """Dice, HD95 and surface Dice as one writes them down: every array as large as the volume."""
    sampling = geometry.spacing_mm[::-1]
    areas = cell_areas(geometry.affine)
    codes = [_codes(mask) for mask in (a, b)]
    has_surface = [(code != 0) & (code != 255) for code in codes]
    away = [distance_transform_edt(~cells, sampling=sampling) for cells in has_surface]
    sides = [(away[1][has_surface[0]], areas[codes[0][has_surface[0]]])]
    sides.append((away[0][has_surface[1]], areas[codes[1][has_surface[1]]]))
    robust = []
    for mm, area in sides:
        order = np.argsort(mm)
        share = np.cumsum(area[order]) / area.sum()
        robust.append(mm[order][np.searchsorted(share, ROBUST_PERCENT / 100)])
    near = sum(area[mm <= TOLERANCE_MM].sum() for mm, area in sides) / sum(area.sum() for _, area in sides)
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b)), max(robust), near


def _codes(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    padded = np.pad(mask, 1).astype(np.uint8)
    k, j, i = (n - 1 for n in padded.shape)
    corners = [(dk, dj, di) for dk in (0, 1) for dj in (0, 1) for di in (0, 1)]
    return sum(  # type: ignore[return-value]
        padded[dk : dk + k, dj : dj + j, di : di + i] << np.uint8(di + 2 * dj + 4 * dk) for dk, dj, di in corners
    )


def by_monai(a: NDArray[np.bool_], b: NDArray[np.bool_], geometry: Geometry) -> None:
    """The same measures by MONAI; its surface lies on voxels, so that its numbers are others."""
    import torch
    from monai.metrics import compute_dice, compute_hausdorff_distance, compute_surface_dice

    one, other = (torch.from_numpy(mask)[None, None] for mask in (a, b))
    spacing = list(geometry.spacing_mm[::-1])
    compute_dice(other, one)
    compute_hausdorff_distance(other, one, include_background=True, percentile=ROBUST_PERCENT, spacing=spacing)
    compute_surface_dice(other, one, [TOLERANCE_MM], include_background=True, spacing=spacing, use_subvoxels=True)


def per_segment(action: Callable[..., object], a: LabelFile, b: LabelFile) -> tuple[float, list[object]]:
    """Seconds per segment of an action on two boolean masks, and what it returned."""
    began = time.perf_counter()
    found = [action(a.mask(segment), b.mask(segment), a.geometry) for segment in a.segments]
    return (time.perf_counter() - began) / len(a.segments), found


def check(result: LabelComparison, expected: list[object]) -> None:
    """Fail when the two ways disagree."""
    for segment, numbers in zip(result.segments, expected, strict=True):
        ours = segment.agreement
        if not np.allclose((ours.dice, ours.hd95_mm, ours.surface_dice), numbers, atol=1e-6):
            raise SystemExit(f"{segment.name}: {ours} differs from {numbers}")


def timed(a: LabelFile, b: LabelFile) -> tuple[float, LabelComparison]:
    """Seconds of our comparison."""
    began = time.perf_counter()
    result = compare_labels(a, b, tolerance_mm=TOLERANCE_MM)
    return time.perf_counter() - began, result


def rows_of_torso() -> list[Measured]:
    """All segments of the phantom inside the body our way, the middle ones by size the others' way."""
    phantom = make_torso(scale=0.5)
    values, counts = np.unique(phantom.truth, return_counts=True)
    inner = [value for _, value in sorted(zip(counts[2:].tolist(), values[2:].tolist(), strict=True))]
    ours, _ = timed(*pair_of(phantom.truth, phantom.volume.geometry, inner))
    middle = len(inner) // 2
    few = pair_of(phantom.truth, phantom.volume.geometry, inner[middle : middle + STRAIGHTFORWARD])
    theirs, numbers = per_segment(whole_volume, *few)
    check(timed(*few)[1], numbers)
    what = f"a segment of {len(inner)}, torso of {' x '.join(map(str, phantom.truth.shape[::-1]))}"
    ratio = ours / len(inner) / theirs
    rows = [Measured(what, ratio, "x", 0.2, f"scipy on the whole volume, {theirs:.2f} s")]
    if importlib.util.find_spec("monai") is not None:
        monai, _ = per_segment(by_monai, *few)
        rows.append(Measured("the same", ours / len(inner) / monai, "x", 0.2, f"MONAI, {monai:.2f} s"))
    return rows


def rows_of_many() -> list[Measured]:
    """A hundred segments in a large volume."""
    a, b = pair_of(ellipsoids(), Geometry(LARGE, np.diag([0.8, 0.8, 1.5, 1.0])), list(range(1, MANY + 1)))
    before = peak_mb()
    seconds, _ = timed(a, b)
    volume_mb = a.layers[0].nbytes / 1e6
    return [
        Measured("100 segments, 512 x 512 x 300", seconds, "s", 30),
        Measured("memory beside both masks", max(0.0, peak_mb() - before) / volume_mb, "x", 2,
                 f"one mask, {volume_mb:.0f} MB"),
    ]  # fmt: skip


def main() -> int:
    """Measure and print."""
    many = rows_of_many()  # first: the peak is the process's
    return print_table(f"Comparing two masks ({Path(__file__).stem})", [*rows_of_torso(), *many])


if __name__ == "__main__":
    raise SystemExit(main())
