"""What stands between the 3D view and its two threads: surfaces and frames come back on the user's thread."""

from __future__ import annotations

import os
import threading
import weakref

from PySide6.QtCore import QObject, Qt, Signal

from render.graphics_probe import Graphics, probed
from render.render_thread import FrameRequest, RenderThread
from render.surface_builder import SurfaceBuilder
from render.surface_cache import SurfaceOrder
from widgets.opengl_probe import probe_opengl

VTK_CHOICE = "VTK_DEFAULT_OPENGL_WINDOW"  # VTK's own environment variable


class VolumeEngine(QObject):
    """Starts the threads when OpenGL is there, passes orders to them and their answers on.

    Signals:
        started: what OpenGL offers (``Graphics``); when it is not available nothing else follows.
        frame_ready: a ``FrameRequest`` and its ``Frame``.
        surface_built: a ``BuiltSurface``.
        batch_done: every surface of one order is made or was dropped.
        drawing_failed: a sentence; no further frames come.
        volume_failed: a sentence; a volume could not be drawn, surfaces can.
        surfaces_failed: a sentence; some surfaces of the last order were not made.
    """

    started = Signal(object)
    frame_ready = Signal(object, object)
    surface_built = Signal(object)
    batch_done = Signal()
    drawing_failed = Signal(str)
    volume_failed = Signal(str)
    surfaces_failed = Signal(str)

    _probed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frames: RenderThread | None = None
        self._surfaces: SurfaceBuilder | None = None
        self._probe: threading.Thread | None = None
        self._is_closed = False
        self._is_started = False
        self._probed.connect(self._start_threads, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        """True when frames can be asked for."""
        return self._frames is not None and not self._is_closed

    def start(self) -> None:
        """Look for OpenGL and start; ``started`` tells what came of it. Doing it twice is harmless.

        Qt's own answer takes some 50 ms. Where Qt's platform has no OpenGL (off screen, a remote desktop), VTK may
        still find a way of its own, and where VTK was told which way to go, Qt's answer says little: then a child
        process tries it while this thread goes on.
        """
        if self._is_started:
            return
        self._is_started = True
        graphics = Graphics(False) if VTK_CHOICE in os.environ else probe_opengl()
        if graphics.is_available:
            self._start_threads(graphics)
            return
        self._probe = threading.Thread(target=self._ask_child, name="3D probe", daemon=True)
        self._probe.start()

    def request(self, request: FrameRequest) -> None:
        """Draw this next; an earlier request that was not begun is dropped."""
        if self._frames is not None:
            self._frames.request(request)

    def order(self, orders: list[SurfaceOrder], generation: int) -> None:
        """Make these surfaces."""
        if self._surfaces is not None:
            self._surfaces.order(orders, generation)

    def close(self) -> None:
        """Stop the threads and let VTK's window go; no signal comes afterwards. Doing it twice is harmless."""
        self._is_closed = True
        if self._probe is not None:
            self._probe.join()
        if self._surfaces is not None:
            self._surfaces.close()
        if self._frames is not None:
            self._frames.close()

    def _ask_child(self) -> None:
        graphics = probed()
        if not self._is_closed:
            self._probed.emit(graphics)

    def _start_threads(self, graphics: Graphics) -> None:
        if self._is_closed:
            return
        if graphics.is_available:
            self._frames = RenderThread(self.frame_ready.emit, self.drawing_failed.emit, self.volume_failed.emit)
            self._surfaces = SurfaceBuilder(self.surface_built.emit, self.batch_done.emit, self.surfaces_failed.emit)
            # VTK's window must be gone before the interpreter goes, also when nobody closed the view.
            weakref.finalize(self, _close_threads, self._surfaces, self._frames)
        self.started.emit(graphics)


def _close_threads(surfaces: SurfaceBuilder, frames: RenderThread) -> None:
    surfaces.close()
    frames.close()
