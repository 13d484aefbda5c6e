"""Flat networks that go through a volume slice by slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imaging.errors import UserError

if TYPE_CHECKING:
    import torch

SPATIAL = 2  # of a batch's axes (window, channel, x, y, z) the first of space


def slice_axis(inferer: Any) -> int | None:
    """The axis (0-2) across which MONAI's SliceInferer cuts; None for other inferers.

    Raises:
        UserError: it cuts along no axis of a volume.
    """
    if type(inferer).__name__ != "SliceInferer":
        return None
    axis = int(inferer.spatial_dim)
    if axis not in (0, 1, 2):
        raise UserError(f"The model goes through slices across axis {axis}, which no volume has.")
    return axis


def by_slices(module: torch.nn.Module, axis: int) -> torch.nn.Module:
    """A network for volumes that are one voxel thick along an axis, made of a network for pictures.

    Args:
        module: (window, channel, height, width) to the same with other channels.
        axis: 0-2, the thin one.
    """
    import torch

    from inference.engine.predictor import only_output

    class BySlices(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.flat = module

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return only_output(self.flat(batch.squeeze(SPATIAL + axis))).unsqueeze(SPATIAL + axis)

    return BySlices().eval()
