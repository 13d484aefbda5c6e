"""Structures that somebody pointed at, computed in windows around the clicks: VISTA3D's way.

Windows lie, and their scores are added, as MONAI's ``point_based_window_inferer`` has it: one window around each click,
those inside the structure and those outside of it, and above zero is the structure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inference.engine.deciding import Decision
from inference.engine.grids import Grid
from inference.engine.preparing import Prepared
from inference.engine.recipe import Head, HeadKind, Image, Shape
from inference.engine.windows import padding

if TYPE_CHECKING:
    import torch

Place = tuple[float, float, float]  # x, y, z of the network's grid
Progress = Callable[[int, int], None]  # windows done, windows in all; may raise to stop
NOT_LOOKED_AT = "The clicks for “{}” lie where the model does not look, so it was not computed around them."


@dataclass(frozen=True)
class Pointed:
    """One structure that was pointed at.

    Attributes:
        value: label value in the result.
        name: for people.
        inside, outside: voxels (i, j, k) of the image.
        keeps_touched: only connected parts that hold a click inside remain.
    """

    value: int
    name: str
    inside: tuple[Shape, ...]
    outside: tuple[Shape, ...]
    keeps_touched: bool = False

    @property
    def click_count(self) -> int:
        """How many windows are computed for it."""
        return len(self.inside) + len(self.outside)


@dataclass(frozen=True, eq=False)
class AroundClicks:
    """What is computed around clicks.

    Attributes:
        structures: in order; where two of them meet, the later one stays.
        roi: size of a window.
        module: the network, in evaluation mode.
        ask: scores (x, y, z) of one window: called with the module, a window of the padded image (1, channel, x, y, z),
            its place as three slices, the structure, the clicks' places (click, 3) in the padded image, and for each
            of them whether it lies inside the structure.
        is_all: nothing is computed elsewhere.
    """

    structures: tuple[Pointed, ...]
    roi: Shape
    module: torch.nn.Module
    ask: Callable[..., torch.Tensor]
    is_all: bool


def telling(watch: Callable[[float, str], None], low: float, high: float) -> Progress:
    """Progress of windows as a share of the whole run, from ``low`` to ``high``, in words."""

    def progress(done: int, count: int) -> None:
        watch(low + (high - low) * done / count, f"Computing around clicks, {done} of {count}")

    return progress


def nothing_found(
    around: AroundClicks,
    head: Head,
    shape: Shape,
    probability_of: Sequence[int] | None = None,
    *,
    wants_doubt: bool,
) -> Decision:
    """A decision without a structure anywhere, for those around clicks to come."""
    values = [pointed.value for pointed in around.structures]
    exclusive = Head(HeadKind.EXCLUSIVE, (0, *values), head.threshold)
    return Decision(exclusive, shape, 1 + len(values), wants_doubt=wants_doubt, probability_of=probability_of)


def draw_around_clicks(
    decision: Decision, around: AroundClicks, prepared: Prepared, device: str, progress: Progress
) -> tuple[str, ...]:
    """Compute the windows around all clicks and write what they show into a decision.

    Inside the windows of a structure only its clicks decide about it, and it wins over others.

    Args:
        decision: of one plane of labels, changed in place.
        prepared: the image as the network wants it.
        device: where to compute, in fp32.
        progress: called before the first and after each window.

    Returns:
        What is to be told.

    Raises:
        UserError: a click lies outside of the image.
    """
    count, done = sum(pointed.click_count for pointed in around.structures), 0
    notes = []
    module = around.module.to(device)
    progress(0, count)
    for pointed in around.structures:
        clicks = _placed(pointed, prepared.grid)
        if not clicks:
            notes.append(NOT_LOOKED_AT.format(pointed.name))
        else:
            told = _counting_on(progress, done, count)
            _draw(decision, around, pointed, clicks, prepared.image, module, device, told)
        done += pointed.click_count
    return tuple(notes)


def _counting_on(progress: Progress, before: int, count: int) -> Callable[[int], None]:
    return lambda done: progress(before + done, count)


def _placed(pointed: Pointed, grid: Grid) -> list[tuple[Place, bool]]:
    """The clicks that lie in the grid, those inside the structure first."""
    wanted = [(voxel, True) for voxel in pointed.inside] + [(voxel, False) for voxel in pointed.outside]
    return [(place, is_inside) for voxel, is_inside in wanted if (place := grid.place_of(voxel)) is not None]


def _draw(
    decision: Decision,
    around: AroundClicks,
    pointed: Pointed,
    clicks: Sequence[tuple[Place, bool]],
    image: Image,
    module: torch.nn.Module,
    device: str,
    progress: Callable[[int], None],
) -> None:
    x, y, z = image.shape[1:]
    pad = padding(around.roi, (x, y, z))
    padded = np.pad(image, [(0, 0), *zip(pad.before, pad.after, strict=True)]) if any(pad.before + pad.after) else image
    moved = [tuple(n + b for n, b in zip(place, pad.before, strict=True)) for place, _ in clicks]
    windows = [_window(place, around.roi, padded.shape[1:]) for place in moved]
    starts = [min(w[axis].start for w in windows) for axis in range(3)]
    ends = [max(w[axis].stop for w in windows) for axis in range(3)]
    sums = np.zeros([end - start for start, end in zip(starts, ends, strict=True)], np.float32)
    is_computed = np.zeros(sums.shape, bool)
    for n, window in enumerate(windows, 1):
        scores = _asked(around, pointed, padded, window, moved, [inside for _, inside in clicks], module, device)
        part = tuple(slice(w.start - s, w.stop - s) for w, s in zip(window, starts, strict=True))
        sums[part] += scores
        is_computed[part] = True
        progress(n)
    # back from the padded image, of which only the image itself is kept
    inner = tuple(
        slice(max(b - s, 0), max(min(b + size - s, e - s), 0))
        for b, size, s, e in zip(pad.before, (x, y, z), starts, ends, strict=True)
    )
    firsts = [max(s - b, 0) for s, b in zip(starts, pad.before, strict=True)]
    touched = [place for place, is_inside in clicks if is_inside] if pointed.keeps_touched else None
    _write(decision, pointed.value, sums[inner], is_computed[inner], firsts, touched)


def _asked(
    around: AroundClicks,
    pointed: Pointed,
    padded: NDArray[np.float32],
    window: tuple[slice, slice, slice],
    places: Sequence[tuple[float, ...]],
    is_inside: Sequence[bool],
    module: torch.nn.Module,
    device: str,
) -> NDArray[np.float32]:
    import torch

    # MONAI keeps clicks in double precision; Apple's GPUs have none
    exact = torch.float32 if device.startswith("mps") else torch.float64
    with torch.inference_mode():
        part = torch.from_numpy(np.ascontiguousarray(padded[(slice(None), *window)]))[None].to(device)
        points = torch.tensor(places, dtype=exact, device=device)
        scores = around.ask(module, part, window, pointed, points, list(is_inside))
        return np.asarray(scores.float().cpu().numpy())


def _window(place: Sequence[float], roi: Shape, shape: Sequence[int]) -> tuple[slice, slice, slice]:
    """The window around a click, pushed into the image (MONAI's rounding)."""
    found = []
    for n, size, whole in zip(place, roi, shape, strict=True):
        if n - size // 2 < 0:
            found.append(slice(0, size))
        elif n + size // 2 > whole:
            found.append(slice(whole - size, whole))
        else:
            found.append(slice(int(n) - size // 2, int(n) + size // 2))
    return found[0], found[1], found[2]


def _write(
    decision: Decision,
    value: int,
    sums: NDArray[np.float32],
    is_computed: NDArray[np.bool_],
    firsts: Sequence[int],
    touched: Sequence[Place] | None,
) -> None:
    place = tuple(slice(first, first + size) for first, size in zip(firsts, sums.shape, strict=True))
    is_in: NDArray[Any] = is_computed & (sums > 0)
    if touched is not None:
        is_in = _with_clicks(is_in, [tuple(round(n) - f for n, f in zip(at, firsts, strict=True)) for at in touched])
    labels = decision.planes[0][place]
    labels[is_computed & (labels == value)] = 0
    labels[is_in] = value
    if decision.probabilities is not None:
        decision.probabilities.draw(place, value, sums, is_computed, labels)
    if decision.doubt is not None:
        chance = 1 / (1 + np.exp(-np.abs(sums[is_computed]).clip(0, 30)))  # of the surer one of the two answers
        entropy = -(chance * np.log2(chance) + (1 - chance) * np.log2(np.maximum(1 - chance, 1e-12)))
        decision.doubt[place][is_computed] = np.round(255 * entropy.clip(0, 1)).astype(np.uint8)


def _with_clicks(is_in: NDArray[np.bool_], places: Sequence[tuple[int, ...]]) -> NDArray[np.bool_]:
    """The connected parts (by faces, edges or corners) in which there is a click."""
    import cc3d

    parts = cc3d.connected_components(is_in, connectivity=26)
    inside = [place for place in places if all(0 <= n < size for n, size in zip(place, is_in.shape, strict=True))]
    numbers = {int(parts[place]) for place in inside} - {0}
    return np.isin(parts, list(numbers))
