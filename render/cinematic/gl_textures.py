"""Arrays as textures, through VTK's objects.

A trap that was met and is kept out here: the rows of a texture need no alignment only if OpenGL is told so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.gl_context import GraphicsError, without_complaint

Array = NDArray[Any]

VTK_TYPES = {np.dtype(np.uint8): 3, np.dtype(np.uint16): 5, np.dtype(np.float32): 10}
_GL_UNPACK_ALIGNMENT = 0x0CF5


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
    texture = new_texture(window, is_smooth)
    kind = VTK_TYPES[values.dtype]
    with without_complaint(f"a volume of {values.nbytes / 2**20:.0f} MB"):
        made = texture.Create3DFromRaw(width, height, depth, 1, kind, np.ascontiguousarray(values))
    return checked(window, texture, made)


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
    texture = new_texture(window, is_smooth)
    if wraps_x:
        texture.SetWrapS(vtkTextureObject.Repeat)
    kind = VTK_TYPES[values.dtype]
    with without_complaint(f"a table of {values.nbytes / 2**20:.0f} MB"):
        made = texture.Create2DFromRaw(width, height, channels, kind, np.ascontiguousarray(values))
    return checked(window, texture, made)


def new_texture(window: Any, is_smooth: bool) -> Any:
    """A texture without size, clamped at its edges."""
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


def checked(window: Any, texture: Any, made: bool) -> Any:
    """The texture, if making it worked."""
    if not made:
        texture.ReleaseGraphicsResources(window)
        raise GraphicsError("a texture could not be made")
    return texture
