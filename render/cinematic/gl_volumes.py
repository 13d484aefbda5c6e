"""Volumes as textures, in pieces: VTK holds the interpreter, and with it the window, while it passes one on."""

from __future__ import annotations

from typing import Any

from render.cinematic.gl_context import GraphicsError, plain_state, without_complaint
from render.cinematic.gl_pass import FullScreenPass
from render.cinematic.gl_textures import VTK_TYPES, Array, checked, image_texture, new_texture, volume_texture

PIECE_BYTES = 4 << 20  # passed on at once
_GL_FRAMEBUFFER = 0x8D40

_LAYER = """//VTK::System::Dec
//VTK::Output::Dec
in vec2 texCoord;
uniform sampler2D piece;
uniform int size[2];
uniform int firstRow;
void main() {
  ivec2 at = ivec2(texCoord * vec2(size[0], size[1]));
  gl_FragData[0] = texelFetch(piece, ivec2(at.x, at.y + firstRow), 0);
}
"""


def large_volume_texture(window: Any, values: Array, is_smooth: bool = False) -> Any:
    """What ``volume_texture`` makes, but no call takes long: pieces of a few slices are passed on as flat pictures and
    drawn into the layers of the volume.

    Args:
        window: whose context it lives in.
        values: (k, j, i) uint8, uint16 or float32.
        is_smooth: see ``volume_texture``.

    Raises:
        GraphicsError: it does not fit.
    """
    from vtkmodules.vtkRenderingOpenGL2 import vtkTextureObject

    depth, height, width = values.shape
    if values.nbytes <= PIECE_BYTES or max(values.shape) > vtkTextureObject.GetMaximumTextureSize3D(window):
        return volume_texture(window, values, is_smooth)
    texture = new_texture(window, is_smooth)
    with without_complaint(f"a volume of {values.nbytes / 2**20:.0f} MB"):
        checked(window, texture, texture.Allocate3D(width, height, depth, 1, VTK_TYPES[values.dtype]))
        try:
            _fill(window, texture, values)
        except GraphicsError:
            texture.ReleaseGraphicsResources(window)
            raise
    return texture


def _fill(window: Any, texture: Any, values: Array) -> None:
    from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLFramebufferObject, vtkTextureObject

    depth, height, width = values.shape
    slices = max(1, min(PIECE_BYTES // values[0].nbytes, vtkTextureObject.GetMaximumTextureSize(window) // height))
    layer = FullScreenPass(window, _LAYER)
    framebuffer: Any = vtkOpenGLFramebufferObject()
    framebuffer.SetContext(window)
    for first in range(0, depth, slices):
        piece = image_texture(window, values[first : first + slices].reshape(-1, width))
        with plain_state(window) as state, layer.bound({"piece": piece}) as program:
            program.SetUniform1iv("size", 2, [width, height])
            framebuffer.Bind()
            state.vtkglViewport(0, 0, width, height)
            for n in range(first, min(first + slices, depth)):
                framebuffer.RemoveColorAttachment(0)  # another layer of the same texture would pass unnoticed
                framebuffer.AddColorAttachment(0, texture, n)
                framebuffer.ActivateDrawBuffer(0)
                if not framebuffer.CheckFrameBufferStatus(_GL_FRAMEBUFFER):
                    raise GraphicsError("OpenGL cannot draw into volumes")
                program.SetUniformi("firstRow", (n - first) * height)
                layer.draw(state)
        piece.ReleaseGraphicsResources(window)
    framebuffer.ReleaseGraphicsResources(window)
    framebuffer.SetContext(None)
    layer.release()
