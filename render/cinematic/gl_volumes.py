"""Large volumes as textures without holding the interpreter, and with it the window, while they are copied.

VTK's own call holds it (0.1 to 0.4 s for 150 MB). Here OpenGL's function itself is called; where it is not found,
VTK's call has to do.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from render.cinematic.gl_context import GraphicsError
from render.cinematic.gl_functions import opengl_function
from render.cinematic.gl_textures import Array, volume_texture

LARGE_BYTES = 8 << 20  # below, VTK's call is short enough

_GL_TEXTURE_3D, _GL_RED = 0x806F, 0x1903
_FILL_ARGUMENTS = (ctypes.c_uint, *[ctypes.c_int] * 6, *[ctypes.c_uint] * 2, ctypes.c_void_p)
# internal format and type
_FORMATS = {
    np.dtype(np.uint8): (0x8229, 0x1401),
    np.dtype(np.uint16): (0x822A, 0x1403),
    np.dtype(np.float32): (0x822E, 0x1406),
}


def large_volume_texture(window: Any, values: Array, is_smooth: bool = False) -> Any:
    """What ``volume_texture`` makes, while other threads can go on.

    Args:
        window: whose context it lives in.
        values: (k, j, i) uint8, uint16 or float32.
        is_smooth: see ``volume_texture``.

    Raises:
        GraphicsError: it does not fit.
    """
    from vtkmodules.vtkRenderingOpenGL2 import vtkTextureObject

    if values.nbytes < LARGE_BYTES or max(values.shape) > vtkTextureObject.GetMaximumTextureSize3D(window):
        return volume_texture(window, values, is_smooth)
    fill = opengl_function(window, "glTexImage3D", _FILL_ARGUMENTS)
    if fill is None:
        return volume_texture(window, values, is_smooth)
    texture = volume_texture(window, np.zeros((1, 1, 1), values.dtype), is_smooth)
    texture.Activate()
    try:
        error = _fill(window, fill, values)
    finally:
        texture.Deactivate()
    if error:
        texture.ReleaseGraphicsResources(window)
        raise GraphicsError(f"a volume of {values.nbytes / 2**20:.0f} MB does not fit (OpenGL error {error:#x})")
    return texture


def _fill(window: Any, fill: Callable[..., Any], values: Array) -> int:
    """Give the 3D texture bound now other voxels; OpenGL's error, 0 for none."""
    depth, height, width = values.shape
    internal, kind = _FORMATS[values.dtype]
    voxels = np.ascontiguousarray(values)
    fill(_GL_TEXTURE_3D, 0, internal, width, height, depth, 0, _GL_RED, kind, voxels.ctypes.data)
    error = opengl_function(window, "glGetError", result=ctypes.c_uint)
    return int(error()) if error is not None else 0
