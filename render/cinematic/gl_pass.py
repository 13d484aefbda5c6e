"""Drawing numbers with OpenGL through VTK's objects: float targets and full-screen passes in pieces.

Traps that were met and are kept out here: ``vtkTextureObject.Download`` leaks its buffer in Python (targets are read
through one of their own); ``vtkOpenGLQuadHelper`` loses its vertex attribute when the shader does not read
``texCoord``, and its program is found only as the one bound last.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.gl_context import GraphicsError, plain_state, without_complaint
from render.cinematic.gl_functions import opengl_function
from render.cinematic.gl_textures import checked, new_texture

PIECE_PIXELS = 1 << 18  # read back at once

_FLOAT = 10  # VTK's number for it
_GL_FLOAT, _GL_RGBA, _GL_COLOR_BUFFER_BIT = 0x1406, 0x1908, 0x4000
_GL_SCISSOR_TEST, _GL_BLEND, _GL_ONE, _GL_FRAMEBUFFER = 0x0C11, 0x0BE2, 1, 0x8D40
_GL_TRIANGLES = 4


class FloatTarget:
    """A picture of float32 red, green, blue and alpha that passes draw into and read from."""

    def __init__(self, window: Any, size_px: tuple[int, int]) -> None:
        from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLFramebufferObject, vtkPixelBufferObject

        self.size_px = size_px
        self._window = window
        self.texture = new_texture(window, is_smooth=False)
        with without_complaint(f"a picture of {size_px[0]} x {size_px[1]} pixels"):
            checked(window, self.texture, self.texture.Allocate2D(*size_px, 4, _FLOAT))
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
        with plain_state(self._window) as state:
            self._bind()
            state.vtkglViewport(0, 0, *self.size_px)
            if adds:
                state.vtkglEnable(_GL_BLEND)
                state.vtkglBlendFunc(_GL_ONE, _GL_ONE)
            yield state

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
        rows_at_once = max(1, PIECE_PIXELS // width)  # VTK holds the interpreter meanwhile
        with self.drawing():
            for first in range(0, height, rows_at_once):
                self._read_rows(pixels[first : first + rows_at_once], first)
        return np.ascontiguousarray(pixels[::-1])

    def _read_rows(self, into: NDArray[np.float32], first: int) -> None:
        rows, width = into.shape[:2]
        download = type(self._framebuffer).Download
        download([0, width - 1, first, first + rows - 1], _FLOAT, 4, _GL_FLOAT, _GL_RGBA, self._buffer)
        if not self._buffer.Download2D(_FLOAT, into, [width, rows], 4, [0, 0]):
            raise GraphicsError("a picture could not be read back")

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
        with without_complaint("a shader"):
            make: Any = vtkOpenGLQuadHelper  # None is VTK's own vertex shader; its type hints forget that
            self._quad: Any = make(window, None, fragment, None)
        self._program = window.GetShaderCache().GetLastShaderBound()
        if self._program is None or not self._program.GetCompiled():
            raise GraphicsError("a shader could not be compiled")
        self._is_warm = False

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
        self.warm_up()
        if rows is not None:
            state.vtkglEnable(_GL_SCISSOR_TEST)
            state.vtkglScissor(0, rows[0], width, rows[1])
        self._quad.Render()

    def warm_up(self) -> None:
        """Draw nothing, the first time: some drivers compile then, and VTK's draw would hold the interpreter meanwhile.

        Call it while the target and the textures are bound; a driver may compile for them.
        """
        from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLVertexArrayObject

        if self._is_warm:
            return
        self._is_warm = True
        draw = opengl_function(self._window, "glDrawArrays", (ctypes.c_uint, ctypes.c_int, ctypes.c_int))
        if draw is None:
            return
        vertices = vtkOpenGLVertexArrayObject()
        vertices.Bind()
        draw(_GL_TRIANGLES, 0, 3)  # all three at one place
        vertices.Release()
        vertices.ReleaseGraphicsResources()

    def release(self) -> None:
        """Let the graphics objects go."""
        self._quad.ReleaseGraphicsResources(self._window)
        self._program = None
        self._quad = None
