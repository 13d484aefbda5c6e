"""How the voxels of one segment, or those of none, look in 3D."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from session.look.transfer_function import TransferFunction


class Visibility(StrEnum):
    """How much of a structure is to be seen."""

    SHOWN = "shown"
    GHOST = "ghost"  # a veil that shows what lies behind
    HIDDEN = "hidden"  # as if it were air


@dataclass(frozen=True)
class SegmentLook:
    """One structure's share of the picture.

    Attributes:
        visibility: shown, a ghost, or hidden.
        tint: 0-1, how far the segment's colour takes the place of the transfer function's.
        solidity: 0-1, the least opacity of a millimetre of it, whatever the transfer function says. Matter only: see
            ``Look.matter``.
        transfer: its own function; None: the look's.
        gloss: its own gloss, 0-1; None: the look's.
        is_clipped: clip planes and the crop box cut it.
    """

    visibility: Visibility = Visibility.SHOWN
    tint: float = 0.0
    solidity: float = 0.0
    transfer: TransferFunction | None = None
    gloss: float | None = None
    is_clipped: bool = True
