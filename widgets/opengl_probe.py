"""Does Qt's platform give an OpenGL context that VTK can work with? A question that cannot end the process."""

from __future__ import annotations

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext, QSurfaceFormat

from render.graphics_probe import LEAST_VERSION, Graphics

GL_RENDERER = 0x1F01
GL_VERSION = 0x1F02


def probe_opengl() -> Graphics:
    """Make an off-screen context of this program's Qt platform. On the user's thread, after QApplication."""
    wanted = QSurfaceFormat()
    wanted.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setVersion(*LEAST_VERSION)
    context = QOpenGLContext()
    context.setFormat(wanted)
    surface = QOffscreenSurface()
    surface.setFormat(wanted)
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return Graphics(False, reason="There is no OpenGL on this screen.")
    try:
        version = (context.format().majorVersion(), context.format().minorVersion())
        functions = context.functions()
        renderer, said = functions.glGetString(GL_RENDERER), functions.glGetString(GL_VERSION)
    finally:
        context.doneCurrent()
    if version < LEAST_VERSION:
        return Graphics(False, str(renderer), str(said), reason=f"OpenGL is too old: {version[0]}.{version[1]}.")
    return Graphics(True, str(renderer), str(said))
