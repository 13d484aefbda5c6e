"""Takes the noise out of pictures that are not finished: by Open Image Denoise, or by a simple filter that says so."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from render.cinematic.oidn import Oidn, OidnError, Quality
from render.cinematic.smoothing import compared_light, guided, smoothed

Picture = NDArray[np.float32]

SIMPLE = "simple filter"
NOTHING = 1.0 / 512.0  # coverage that no eight bits show
LARGEST = 1e6  # brighter pixels, and those that are not numbers, are taken for mistakes

logger = logging.getLogger(__name__)
_said: set[str] = set()


class Denoiser:
    """Whatever removes noise best here. For one thread at a time; it loads what it needs when it is first used.

    Attributes:
        note: why it is the simple filter, for people; empty otherwise.

    Args:
        simple_only: do not look for Open Image Denoise.
    """

    def __init__(self, simple_only: bool = False) -> None:
        self.note = ""
        self._oidn: Oidn | None = None
        self._simple_only = simple_only
        self._left: list[bool] | None = None  # what is still to be tried, as ``Oidn.cpu_only``; None before the first

    @property
    def name(self) -> str:
        """What works, with its version and device."""
        self._begin()
        return self._oidn.name if self._oidn is not None else SIMPLE

    def denoise(self, rgb: Picture, quality: Quality = "high") -> Picture:
        """A picture of the same size with less noise.

        Args:
            rgb: (height, width, 3) linear light of any range.
            quality: ``fast`` while things move; the simple filter has one quality only.
        """
        self._begin()
        clean = np.nan_to_num(np.asarray(rgb, np.float32), nan=0.0, posinf=0.0, neginf=0.0).clip(0.0, LARGEST)
        while self._oidn is not None:
            try:
                return self._oidn.run(clean, quality)
            except OidnError as error:
                _warn_once(str(error))
                self._next(str(error))
        return smoothed(clean)

    def denoise_rgba(self, rgba: Picture, quality: Quality = "high") -> Picture:
        """The same for colour with coverage.

        Coverage follows the edges of the denoised colour (a guided filter): measured, that costs a tenth of a second
        run of the network and comes within a fifth of its error.

        Args:
            rgba: (height, width, 4) premultiplied.
            quality: as in ``denoise``.

        Returns:
            (height, width, 4) premultiplied; all zero where there is practically nothing.
        """
        rgb = self.denoise(rgba[..., :3], quality)
        alpha = np.nan_to_num(rgba[..., 3], nan=0.0).clip(0.0, 1.0)
        if float(alpha.min()) < 1.0:
            alpha = guided(alpha, compared_light(rgb)).clip(0.0, 1.0)
        found = np.concatenate([rgb, alpha[..., None]], axis=2)
        found[alpha < NOTHING] = 0.0
        return np.asarray(found, np.float32)

    def close(self) -> None:
        """Let the device go; the next call looks for one again."""
        if self._oidn is not None:
            self._oidn.close()
        self._oidn, self._left, self.note = None, None, ""

    def _begin(self) -> None:
        if self._left is None:
            self._left = [] if self._simple_only else [False, True]
            self._next("it was asked for")

    def _next(self, reason: str) -> None:
        """Go on to the next device that works, or to none.

        Args:
            reason: why the one before it is not used.
        """
        self._oidn = None
        while self._left:
            try:
                self._oidn = Oidn(cpu_only=self._left.pop(0))
            except OidnError as error:
                reason = str(error)
                _warn_once(reason)
            else:
                return
        self.note = f"Noise is removed by a simple filter: {reason}."


def _warn_once(reason: str) -> None:
    if reason not in _said:
        _said.add(reason)
        logger.warning("Open Image Denoise is not used: %s", reason)
