"""How much of a picture one draw call may do: a driver's watchdog ends long ones, and the user waits for none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

TARGET_SECONDS = 0.05  # of a draw call; twice that when the guess was poor
FIRST_PIXELS = 8192  # of the very first, of which nothing is known
GRAIN = 4  # rows: pixels are drawn in blocks, so a thinner band costs as much


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
        self._first_rows = _whole_grains(FIRST_PIXELS / width)
        self._seconds = np.full(self._height, np.nan)  # per row of this view, as last measured
        self._before: float | None = None  # per row of the last view, a dear one

    def bands(self) -> Iterator[tuple[int, int]]:
        """First row and number of rows of each band of one pass; call ``record`` before asking for the next."""
        start = max(0, self._height - self._first_rows) // 2 // GRAIN * GRAIN
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
        """Another view: only how dear rows may be is kept, as a first guess."""
        known = self._seconds[~np.isnan(self._seconds)]
        if known.size:
            self._before = float(np.quantile(known, 0.9))
            self._seconds[:] = np.nan

    def _rows_from(self, row: int) -> int:
        if np.isnan(self._seconds).all():
            if self._before is None:
                return self._first_rows
            return _whole_grains(self._target / 2 / max(self._before, 1e-9))
        dearest = np.nanmax(self._seconds)
        ahead = np.cumsum(np.where(np.isnan(self._seconds[row:]), dearest, self._seconds[row:]))
        return _whole_grains(int(np.searchsorted(ahead, self._target, side="right")))


def _whole_grains(rows: float) -> int:
    return max(GRAIN, int(min(rows, 1 << 20)) // GRAIN * GRAIN)
