"""VTK's OpenGL context: opening one, what its graphics card takes, waiting for it, and hearing what it complains of."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from render.graphics_probe import capabilities

POLL_SECONDS = 0.0005  # between two questions whether drawing is done

_GL_SCISSOR_TEST, _GL_BLEND, _GL_DEPTH_TEST, _GL_CULL_FACE, _GL_STENCIL_TEST = 0x0C11, 0x0BE2, 0x0B71, 0x0B44, 0x0B90
# an unknown name passed to glGetIntegerv makes the next innocent call report an error: ask only for what is there
_NVIDIA_TOTAL_KB, _NVIDIA_FREE_KB, _ATI_FREE_KB = 0x9048, 0x9049, 0x87FC


class GraphicsError(RuntimeError):
    """OpenGL would not do what it was asked to; the text says what."""


@dataclass(frozen=True)
class GraphicsLimits:
    """What a graphics card takes.

    Attributes:
        device: what OpenGL calls itself.
        volume_edge, image_edge: the most voxels or pixels along an edge of a 3D or 2D texture.
        memory_bytes, free_bytes: of the card; None where it does not say (most but NVIDIA's and AMD's).
    """

    device: str
    volume_edge: int
    image_edge: int
    memory_bytes: int | None = None
    free_bytes: int | None = None


def open_window() -> Any:
    """An off-screen window whose OpenGL context is ready, for use on this thread only.

    Raises:
        GraphicsError: there is no OpenGL that can be used.
    """
    from vtkmodules import vtkRenderingOpenGL2  # noqa: F401  (registers the OpenGL classes)
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    from render.vtk_log import route_vtk_messages

    route_vtk_messages()
    window: Any = vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(0)
    window.SetSize(16, 16)
    make_ready(window)
    return window


def make_ready(window: Any) -> None:
    """Make a window's context the thread's, and first make it if it was not yet.

    Raises:
        GraphicsError: there is no OpenGL that can be used.
    """
    if not window.GetInitialized():
        window.Initialize()
    window.MakeCurrent()
    if not window.IsCurrent():
        raise GraphicsError("OpenGL is missing")


def limits_of(window: Any) -> GraphicsLimits:
    """What the window's graphics card takes."""
    from vtkmodules.vtkRenderingOpenGL2 import vtkTextureObject

    make_ready(window)
    report = window.ReportCapabilities()
    total = free = None
    if "GL_NVX_gpu_memory_info" in report:
        total, free = _integer(window, _NVIDIA_TOTAL_KB) * 1024, _integer(window, _NVIDIA_FREE_KB) * 1024
    elif "GL_ATI_meminfo" in report:
        free = _integer(window, _ATI_FREE_KB) * 1024
    return GraphicsLimits(
        capabilities(report).get("OpenGL renderer string", ""),
        vtkTextureObject.GetMaximumTextureSize3D(window),
        vtkTextureObject.GetMaximumTextureSize(window),
        total or None,
        free or None,
    )


def _integer(window: Any, name: int) -> int:
    found = [0, 0, 0, 0]  # some names give four
    window.GetState().vtkglGetIntegerv(name, found)
    return found[0]


@contextmanager
def plain_state(window: Any) -> Iterator[Any]:
    """VTK's record of OpenGL's state, set for drawing numbers; afterwards everything is as VTK left it."""
    state = window.GetState()
    state.Push()
    state.PushFramebufferBindings()
    try:
        for capability in (_GL_DEPTH_TEST, _GL_CULL_FACE, _GL_STENCIL_TEST, _GL_SCISSOR_TEST, _GL_BLEND):
            state.vtkglDisable(capability)
        state.vtkglColorMask(True, True, True, True)
        state.vtkglDepthMask(False)
        yield state
    finally:
        state.PopFramebufferBindings()
        state.Pop()


def wait_for(window: Any) -> None:
    """Return when everything drawn so far is done; other threads may use the interpreter meanwhile.

    VTK's own ``WaitForCompletion`` would hold the interpreter, and with it the window, as long as the drawing takes.
    """
    from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLRenderTimer

    if not vtkOpenGLRenderTimer.IsSupported():
        window.WaitForCompletion()
        return
    timer = vtkOpenGLRenderTimer()
    timer.Start()
    timer.Stop()  # a mark in the queue of commands, which can be asked whether it was reached
    while not timer.Ready():
        time.sleep(POLL_SECONDS)
    timer.ReleaseGraphicsResources()


@contextmanager
def without_complaint(what: str) -> Iterator[None]:
    """Turns what VTK says meanwhile on this thread (out of memory, a shader's errors) into an error."""
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == threading.get_ident() and record.levelno >= logging.WARNING:
                heard.append(record.getMessage())

    listener = Listener()
    log = logging.getLogger("vtk")
    log.addHandler(listener)
    try:
        yield
    finally:
        log.removeHandler(listener)
    if heard:
        first = next((text for text in heard if "#version" not in text), heard[0])  # past the shader's own text
        raise GraphicsError(f"{what}: {first}")
