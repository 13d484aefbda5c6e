"""Masks that may overlap, put on as few layers as first fit needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.label_file import LabelArray
from imaging.geometry import Box

_HIGHEST = 255


class Layers:
    """Label arrays that grow with what is put on them."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.arrays: list[LabelArray] = []
        self._shape = shape
        self._highest: list[int] = []

    def put(self, box: Box, mask: NDArray[np.bool_]) -> tuple[int, int]:
        """Put a mask on the first layer where all its voxels are free.

        Args:
            box: a region of the image.
            mask: the voxels in it.

        Returns:
            The layer and the label value.

        Raises:
            UserError: another layer is needed, and there is no memory for it.
        """
        layer = next((n for n in range(len(self.arrays)) if self._is_free(n, box, mask)), len(self.arrays))
        if layer == len(self.arrays):
            self._add_layer()
        self._highest[layer] += 1
        self.arrays[layer][box.slices][mask] = self._highest[layer]
        return layer, self._highest[layer]

    def _add_layer(self) -> None:
        import psutil

        if np.prod(self._shape, dtype=np.int64) > psutil.virtual_memory().available:
            raise UserError(
                "So many overlapping structures do not fit this computer's memory.", "Close other programs."
            )
        self.arrays.append(np.zeros(self._shape, np.uint8))
        self._highest.append(0)

    def _is_free(self, layer: int, box: Box, mask: NDArray[np.bool_]) -> bool:
        return self._highest[layer] < _HIGHEST and not self.arrays[layer][box.slices][mask].any()
