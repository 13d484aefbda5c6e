"""How much of a picture one draw call may do: a driver's watchdog ends long ones, and the user waits for none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

TARGET_SECONDS = 0.05  # of a draw call; twice that when the guess was poor
FIRST_PIXELS = 8192  # of the very first, of which nothing is known


class RowPacing:
    """Cuts a picture into bands of rows, and learns from each how long rows take.

    It begins in the middle, where the dear rows are: what is known of them keeps the bands outside short enough.

    Args:
        size_px: width and height of the picture.
        target_seconds: how long a band should take.
    """

    def __init__(self, size_px: tuple[int, int], target_seconds: float = TARGET_SECONDS) -> None:
        width, self._height = size_px
        self._target = target_seconds
        self._first_rows = max(1, FIRST_PIXELS // width)
        self._seconds = np.full(self._height, np.nan)  # per row, as last measured

    def bands(self) -> Iterator[tuple[int, int]]:
        """First row and number of rows of each band of one pass; call ``record`` before asking for the next."""
        start = max(0, self._height // 2 - self._first_rows // 2)
        for first, end in ((start, self._height), (0, start)):
            row = first
            while row < end:
                rows = min(self._rows_from(row), end - row)
                yield row, rows
                row += rows

    def record(self, first: int, rows: int, seconds: float) -> None:
        """What a band took."""
        self._seconds[first : first + rows] = seconds / rows

    def forget(self) -> None:
        """Another view: every row may be as dear as the dearest was."""
        if not np.isnan(self._seconds).all():
            self._seconds[:] = np.nanmax(self._seconds)

    def _rows_from(self, row: int) -> int:
        if np.isnan(self._seconds).all():
            return self._first_rows
        dearest = np.nanmax(self._seconds)
        ahead = np.nancumsum(np.where(np.isnan(self._seconds[row:]), dearest, self._seconds[row:]))
        return max(1, int(np.searchsorted(ahead, self._target, side="right")))
