"""What is to be done with an image before, in and after the network: plain data, whatever the model's format was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from inference.model import ModelLabel

Shape = tuple[int, int, int]
Image = NDArray[np.float32]  # (channel, x, y, z) in the network's axes


@dataclass(frozen=True)
class Orient:
    """Turn the axes so that they point to these sides of the patient, such as ``RAS``: the first to the Right."""

    axcodes: str


@dataclass(frozen=True)
class Respace:
    """Resample linearly to this spacing in the network's axes; values of 0 or less keep the image's own.

    The first voxel keeps its place, and the size is ``round((n - 1) * old / new + 1)``, as MONAI's Spacing does it.
    """

    spacing_mm: tuple[float, float, float]


@dataclass(frozen=True)
class CropForeground:
    """Cut away what surrounds the foreground.

    Attributes:
        select: which voxels of an (channel, x, y, z) image are foreground.
        margin: voxels to keep around it.
        divisible: sizes are padded up to multiples of this.
        allows_smaller: do not pad where the margin reaches beyond the image.
    """

    select: Callable[[Image], NDArray[np.bool_]]
    margin: Shape = (0, 0, 0)
    divisible: Shape = (1, 1, 1)
    allows_smaller: bool = True


@dataclass(frozen=True)
class CenterFit:
    """Cut and pad, half on each side, to exactly (``is_exact``) or at least this shape; 0 keeps an axis."""

    shape: Shape
    is_exact: bool = True
    value: float = 0.0


@dataclass(frozen=True)
class PadDivisible:
    """Pad, half on each side, to multiples of these numbers."""

    divisor: Shape
    value: float = 0.0


@dataclass(frozen=True)
class CropAround:
    """Cut out what lies around clicks, as MONAI's SpatialCropGuidanced does it.

    Attributes:
        voxels: the clicked voxels (i, j, k) of the image itself.
        shape: where the clicks with their margin are smaller than this along all axes, it is cut out around their
            middle; an axis of 0 stays whole. Else the clicks with their margin are.
        margin: voxels around the clicks.
    """

    voxels: tuple[Shape, ...]
    shape: Shape
    margin: int


@dataclass(frozen=True)
class SliceAt:
    """Keep one plane across an axis of the network's grid: that of a clicked voxel (i, j, k) of the image itself."""

    axis: int
    voxels: tuple[Shape, ...]  # the first one counts


@dataclass(frozen=True)
class Permute:
    """Put the axes in another order: the new axis n is the old axis ``order[n]``."""

    order: Shape


@dataclass(frozen=True)
class SplineRespace:
    """Resample with cubic splines to this spacing, as nnU-Net does it: sizes are ``round(n * old / new)``.

    Values of 0 or less keep the image's own.

    Where ``coarse_axis``, asked with the old and the new spacing, names an axis, the planes across it are resampled by
    splines, and along it the nearest plane is taken.
    """

    spacing_mm: tuple[float, float, float]
    coarse_axis: Callable[[tuple[float, float, float], tuple[float, float, float]], int | None]


class Interpolation(StrEnum):
    """How ``Resize`` reads between voxels."""

    TRILINEAR = "trilinear"
    AREA = "area"
    NEAREST = "nearest"


@dataclass(frozen=True)
class Resize:
    """Resample to exactly this shape, whatever spacing comes of it."""

    shape: Shape
    interpolation: Interpolation = Interpolation.AREA
    aligns_corners: bool = False


@dataclass(frozen=True)
class Intensity:
    """A change of values that leaves the grid alone.

    Attributes:
        name: for the record, such as ``ScaleIntensityRanged``.
        change: image to image of the same spatial shape; may change the number of channels.
    """

    name: str
    change: Callable[[Image], Image]


@dataclass(frozen=True)
class Clicks:
    """Tell the network where somebody clicked.

    Attributes:
        voxels: for each of the network's click channels the clicked voxels (i, j, k) of the image itself.
        drawn: makes the network's input of the image and the same clicks as voxels (x, y, z) of the grid at this step.
    """

    voxels: tuple[tuple[Shape, ...], ...]
    drawn: Callable[[Image, list[list[Shape]]], Image]


Step = (
    Orient | Permute | Respace | SplineRespace | CropForeground | CenterFit | PadDivisible | Resize | Intensity | Clicks
    | CropAround | SliceAt
)  # fmt: skip


@dataclass(frozen=True)
class Windows:
    """How the network is moved over the image, in the words of MONAI's sliding-window inferer.

    Attributes:
        roi: size of a window; 0 takes the image's size along that axis.
        overlap: share of the window that neighbours share, for each axis.
        is_gaussian: the middle of a window counts more than its edge.
        sigma_scale: width of that weight, in window sizes.
        padding: ``constant``, ``replicate`` or ``reflect``, where the image is smaller than a window.
        padding_value: for ``constant``.
        batch: windows at a time.
        is_even: windows are spread evenly instead of pushed together at the far end (nnU-Net's way).
        least_weight: of a Gaussian, at its corners.
        is_nnunets: the Gaussian is nnU-Net's, see ``windows.importance``.
    """

    roi: Shape
    overlap: tuple[float, float, float] = (0.25, 0.25, 0.25)
    is_gaussian: bool = False
    sigma_scale: float = 0.125
    padding: str = "constant"
    padding_value: float = 0.0
    batch: int = 1
    is_even: bool = False
    least_weight: float = 1e-3
    is_nnunets: bool = False


class HeadKind(StrEnum):
    """What the network's channels mean."""

    EXCLUSIVE = "one label a voxel"  # softmax: the highest channel wins
    INDEPENDENT = "labels may overlap"  # sigmoid: each channel is a structure of its own
    DECIDED = "label values, decided by the network"
    SCORES = "scores of the whole image"
    BOXES = "boxes around what was found"

    @property
    def gives_labels(self) -> bool:
        """Whether each voxel gets a label."""
        return self not in (HeadKind.SCORES, HeadKind.BOXES)


@dataclass(frozen=True)
class Head:
    """From channels to labels.

    Attributes:
        kind: see above.
        values: label value of each channel; 0 is background. Empty: the channel's own number (EXCLUSIVE), its number
            plus one (INDEPENDENT).
        has_background: channel 0 of an INDEPENDENT head is the background: values are the channels' own numbers then.
        threshold: of a probability, for INDEPENDENT; of a box's score, for BOXES.
        is_activated: the network gives probabilities already.
        keeps_largest: label values of which only the largest connected part is kept.
        is_softmaxed: the model's own chain makes scores probabilities before the highest of EXCLUSIVE channels wins.
    """

    kind: HeadKind = HeadKind.EXCLUSIVE
    values: tuple[int, ...] = ()
    threshold: float = 0.5
    is_activated: bool = False
    keeps_largest: tuple[int, ...] = ()
    has_background: bool = False
    is_softmaxed: bool = False

    def value_of(self, channel: int) -> int:
        """Label value of a channel."""
        if self.values:
            return self.values[channel]
        return channel if self.kind is HeadKind.EXCLUSIVE or self.has_background else channel + 1


@dataclass(frozen=True)
class Recipe:
    """Everything but the network itself.

    Attributes:
        steps: in order; they make the network's input.
        windows: None: the whole image at once.
        head: from channels to labels.
        labels: names of the label values.
        notes: sentences for the user, such as where the run differs from what the model's files say.
    """

    steps: tuple[Step, ...]
    windows: Windows | None
    head: Head
    labels: tuple[ModelLabel, ...]
    notes: tuple[str, ...] = ()
