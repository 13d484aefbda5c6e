"""Drawing numbers with OpenGL through VTK's objects: textures of arrays, float targets, full-screen passes in pieces.

Traps that were met and are kept out here: a texture's rows need no alignment only if OpenGL is told so;
``vtkTextureObject.Download`` leaks its buffer in Python (targets are read through one of their own);
``vtkOpenGLQuadHelper`` loses its vertex attribute when the shader does not read ``texCoord``, and its program is found
only as the one bound last; an unknown name passed to ``glGetIntegerv`` makes the next innocent call report an error.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.graphics_probe import capabilities

Array = NDArray[Any]

POLL_SECONDS = 0.0005  # between two questions whether drawing is done

_VTK_TYPES = {np.dtype(np.uint8): 3, np.dtype(np.uint16): 5, np.dtype(np.float32): 10}
_FLOAT = 10
_GL_UNPACK_ALIGNMENT, _GL_FLOAT, _GL_RGBA, _GL_COLOR_BUFFER_BIT = 0x0CF5, 0x1406, 0x1908, 0x4000
_GL_SCISSOR_TEST, _GL_BLEND, _GL_ONE, _GL_FRAMEBUFFER = 0x0C11, 0x0BE2, 1, 0x8D40
_GL_DEPTH_TEST, _GL_CULL_FACE, _GL_STENCIL_TEST = 0x0B71, 0x0B44, 0x0B90
_NVIDIA_TOTAL_KB, _NVIDIA_FREE_KB, _ATI_FREE_KB = 0x9048, 0x9049, 0x87FC


class GraphicsError(RuntimeError):
    """OpenGL would not do what it was asked to; the text says what."""


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


def volume_texture(window: Any, values: Array, is_smooth: bool = False) -> Any:
    """A 3D texture of (k, j, i) uint8, uint16 (both read as 0-1 by the shader) or float32, clamped at its edges.

    Args:
        window: whose context it lives in.
        values: see above.
        is_smooth: interpolated linearly by ``texture``; ``texelFetch`` reads the voxels themselves in any case.

    Raises:
        GraphicsError: it does not fit.
    """
    from vtkmodules.vtkRenderingOpenGL2 import vtkTextureObject

    depth, height, width = values.shape
    most = vtkTextureObject.GetMaximumTextureSize3D(window)
    if max(values.shape) > most:
        raise GraphicsError(f"a volume of {width} x {height} x {depth} voxels is too large: {most} per edge at most")
    texture = _new_texture(window, is_smooth)
    kind = _VTK_TYPES[values.dtype]
    with _without_complaint(f"a volume of {values.nbytes / 2**20:.0f} MB"):
        made = texture.Create3DFromRaw(width, height, depth, 1, kind, np.ascontiguousarray(values))
    return _checked(window, texture, made)


def image_texture(window: Any, values: Array, is_smooth: bool = False, wraps_x: bool = False) -> Any:
    """A 2D texture of (rows, columns) or (rows, columns, 4) uint8, uint16 or float32; its first row is at y = 0.

    Args:
        window: whose context it lives in.
        values: see above.
        is_smooth: interpolated linearly by ``texture``.
        wraps_x: its right edge meets its left one.

    Raises:
        GraphicsError: it does not fit.
    """
    from vtkmodules.vtkRenderingOpenGL2 import vtkTextureObject

    height, width = values.shape[:2]
    channels = values.shape[2] if values.ndim == 3 else 1
    most = vtkTextureObject.GetMaximumTextureSize(window)
    if max(height, width) > most:
        raise GraphicsError(f"a table of {width} x {height} entries is too large: {most} per edge at most")
    texture = _new_texture(window, is_smooth)
    if wraps_x:
        texture.SetWrapS(vtkTextureObject.Repeat)
    kind = _VTK_TYPES[values.dtype]
    with _without_complaint(f"a table of {values.nbytes / 2**20:.0f} MB"):
        made = texture.Create2DFromRaw(width, height, channels, kind, np.ascontiguousarray(values))
    return _checked(window, texture, made)


def _new_texture(window: Any, is_smooth: bool) -> Any:
    from vtkmodules.vtkRenderingOpenGL2 import vtkTextureObject

    window.GetState().vtkglPixelStorei(_GL_UNPACK_ALIGNMENT, 1)
    texture: Any = vtkTextureObject()
    texture.SetContext(window)
    for wrap in (texture.SetWrapS, texture.SetWrapT, texture.SetWrapR):
        wrap(vtkTextureObject.ClampToEdge)
    reading = vtkTextureObject.Linear if is_smooth else vtkTextureObject.Nearest
    texture.SetMinificationFilter(reading)
    texture.SetMagnificationFilter(reading)
    return texture


def _checked(window: Any, texture: Any, made: bool) -> Any:
    if not made:
        texture.ReleaseGraphicsResources(window)
        raise GraphicsError("a texture could not be made")
    return texture


@contextmanager
def _without_complaint(what: str) -> Iterator[None]:
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


class FloatTarget:
    """A picture of float32 red, green, blue and alpha that passes draw into and read from."""

    def __init__(self, window: Any, size_px: tuple[int, int]) -> None:
        from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLFramebufferObject, vtkPixelBufferObject

        self.size_px = size_px
        self._window = window
        self.texture = _new_texture(window, is_smooth=False)
        with _without_complaint(f"a picture of {size_px[0]} x {size_px[1]} pixels"):
            _checked(window, self.texture, self.texture.Allocate2D(*size_px, 4, _FLOAT))
        self._framebuffer: Any = vtkOpenGLFramebufferObject()
        self._framebuffer.SetContext(window)
        self._buffer: Any = vtkPixelBufferObject()
        self._buffer.SetContext(window)
        self.clear()

    def clear(self) -> None:
        """Make it black and transparent."""
        with self.drawing() as state:
            state.vtkglClearColor(0.0, 0.0, 0.0, 0.0)
            state.vtkglClear(_GL_COLOR_BUFFER_BIT)

    @contextmanager
    def drawing(self, adds: bool = False) -> Iterator[Any]:
        """Passes drawn in here go into this target; everything VTK relies on is as before afterwards.

        Args:
            adds: to what is there, in place of replacing it.
        """
        state = self._window.GetState()
        state.Push()
        state.PushFramebufferBindings()
        try:
            self._bind()
            state.vtkglViewport(0, 0, *self.size_px)
            for capability in (_GL_DEPTH_TEST, _GL_CULL_FACE, _GL_STENCIL_TEST, _GL_SCISSOR_TEST, _GL_BLEND):
                state.vtkglDisable(capability)
            state.vtkglColorMask(True, True, True, True)
            state.vtkglDepthMask(False)
            if adds:
                state.vtkglEnable(_GL_BLEND)
                state.vtkglBlendFunc(_GL_ONE, _GL_ONE)
            yield state
        finally:
            state.PopFramebufferBindings()
            state.Pop()

    def _bind(self) -> None:
        self._framebuffer.Bind()
        self._framebuffer.AddColorAttachment(0, self.texture)
        self._framebuffer.ActivateDrawBuffer(0)
        self._framebuffer.ActivateReadBuffer(0)
        if not self._framebuffer.CheckFrameBufferStatus(_GL_FRAMEBUFFER):
            raise GraphicsError("OpenGL cannot draw into floating-point pictures")

    def read(self) -> NDArray[np.float32]:
        """(height, width, 4), first row at the top, that is at the highest y."""
        width, height = self.size_px
        pixels = np.empty((height, width, 4), np.float32)
        with self.drawing():
            download = type(self._framebuffer).Download
            download([0, width - 1, 0, height - 1], _FLOAT, 4, _GL_FLOAT, _GL_RGBA, self._buffer)
            if not self._buffer.Download2D(_FLOAT, pixels, [width, height], 4, [0, 0]):
                raise GraphicsError("a picture could not be read back")
        return np.ascontiguousarray(pixels[::-1])

    def release(self) -> None:
        """Let memory and graphics objects go."""
        self._buffer.ReleaseMemory()
        self._framebuffer.ReleaseGraphicsResources(self._window)
        self.texture.ReleaseGraphicsResources(self._window)
        self._buffer.SetContext(None)
        self._framebuffer.SetContext(None)


class FullScreenPass:
    """A fragment shader that is run for every pixel of a target.

    Args:
        window: in whose context.
        fragment: the shader's text (GLSL 1.50 between VTK's markers). It must read ``in vec2 texCoord``, 0-1 over
            the target from its lower left corner, whatever rows are drawn.

    Raises:
        GraphicsError: the shader cannot be compiled, with what the compiler says.
    """

    def __init__(self, window: Any, fragment: str) -> None:
        from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLQuadHelper

        self._window = window
        with _without_complaint("a shader"):
            make: Any = vtkOpenGLQuadHelper  # None is VTK's own vertex shader; its type hints forget that
            self._quad: Any = make(window, None, fragment, None)
        self._program = window.GetShaderCache().GetLastShaderBound()
        if self._program is None or not self._program.GetCompiled():
            raise GraphicsError("a shader could not be compiled")

    @contextmanager
    def bound(self, textures: Mapping[str, Any]) -> Iterator[Any]:
        """The program, ready for uniforms and ``draw``, with textures bound to its samplers by name."""
        cache = self._window.GetShaderCache()
        program = cache.ReadyShaderProgram(self._program)
        active: list[Any] = []
        try:
            for name, texture in textures.items():
                texture.Activate()
                active.append(texture)
                if program.IsUniformUsed(name):
                    program.SetUniformi(name, texture.GetTextureUnit())
            yield program
        finally:
            for texture in reversed(active):
                texture.Deactivate()
            cache.ReleaseCurrentShader()

    def draw(self, state: Any, rows: tuple[int, int] | None = None, width: int = 0) -> None:
        """Draw all of the target, or ``rows`` (the first from the bottom, and how many) of it."""
        if rows is not None:
            state.vtkglEnable(_GL_SCISSOR_TEST)
            state.vtkglScissor(0, rows[0], width, rows[1])
        self._quad.Render()

    def release(self) -> None:
        """Let the graphics objects go."""
        self._quad.ReleaseGraphicsResources(self._window)
        self._program = None
        self._quad = None
