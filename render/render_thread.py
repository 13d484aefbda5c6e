"""A thread that owns the 3D window and draws the latest scene asked for.

VTK leaves the interpreter free while it draws, so a slow frame (software OpenGL, later ray casting) never holds up the
user's thread. The window is off screen and its OpenGL context is used by this thread alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imaging.errors import UserError
from render.cinematic.workers import step_back
from render.volume_renderer import Frame, Quality
from render.volume_scene import VolumeSceneState
from render.volume_wish import VolumeWish

if TYPE_CHECKING:
    from render.volume_artist import VolumeArtist

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FrameRequest:
    """A picture to draw: what, how large in device pixels, how well, for which document, and with which volume."""

    state: VolumeSceneState
    size_px: tuple[int, int]
    quality: Quality
    generation: int = 0
    wish: VolumeWish | None = None


class RenderThread:
    """Draws requests; one that was not begun when the next comes is dropped, and traced pictures stop getting better.

    Args:
        on_frame: called on this thread with each request and its finished frames: several for a traced picture.
        on_failed: called there with a sentence when drawing broke; no further frames come.
        on_volume_failed: called there with a sentence when a volume could not be drawn; surfaces still can.
    """

    def __init__(
        self,
        on_frame: Callable[[FrameRequest, Frame], None],
        on_failed: Callable[[str], None],
        on_volume_failed: Callable[[str], None],
    ) -> None:
        self._on_frame = on_frame
        self._on_failed = on_failed
        self._on_volume_failed = on_volume_failed
        self._condition = threading.Condition()
        self._latest: FrameRequest | None = None
        self._last: FrameRequest | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="3D frames", daemon=True)
        self._thread.start()

    def request(self, request: FrameRequest) -> None:
        """Draw this next."""
        with self._condition:
            self._latest = request
            self._condition.notify()

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop after the present frame and let the window go. Doing it twice is harmless."""
        with self._condition:
            self._is_closed = True
            self._condition.notify()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            logger.warning("a 3D frame was still being drawn %.0f s after the view was closed", timeout_s)

    def _next(self) -> FrameRequest | None:
        with self._condition:
            while self._latest is None and not self._is_closed:
                self._condition.wait()
            request, self._latest = self._latest, None
            self._last = request
            return None if self._is_closed else request

    def _draw_again(self) -> None:
        """The same once more, unless something newer was asked for anyway: something was found that belongs into it."""
        with self._condition:
            if self._latest is None:
                self._latest = self._last
                self._condition.notify()

    def _is_wanted(self) -> bool:
        """True while nothing newer was asked for."""
        return self._latest is None and not self._is_closed

    def _is_open(self) -> bool:
        return not self._is_closed

    def _draw(self, artist: VolumeArtist, request: FrameRequest) -> None:
        try:
            for frame in artist.frames(
                request.state, request.wish, request.size_px, request.quality, self._is_wanted, self._is_open
            ):
                if self._is_closed:
                    return
                self._on_frame(request, frame)
                if not self._is_wanted():
                    return
        except Exception as error:
            if request.wish is None:
                raise
            logger.exception("a volume in the 3D view")
            artist.forget_volume()
            sentence = error.message if isinstance(error, UserError) else type(error).__name__
            self._on_volume_failed(f"The volume could not be drawn ({sentence.rstrip('.')}).")

    def _run(self) -> None:
        from render.volume_artist import VolumeArtist  # it takes half a second: only when the thread runs

        artist: VolumeArtist | None = None
        step_back()
        try:
            while (request := self._next()) is not None:
                artist = artist or VolumeArtist(self._draw_again)
                self._draw(artist, request)
        except Exception as error:
            logger.exception("3D frames")
            self._on_failed(f"3D drawing stopped ({type(error).__name__}).")
        finally:
            if artist is not None:
                artist.close()
