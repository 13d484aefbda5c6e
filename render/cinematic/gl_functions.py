"""Functions of OpenGL itself, for the few calls that take long: VTK's own hold the interpreter, and with it the window.

A function is found through the library that VTK found its own in, so it acts on the same context.
"""

from __future__ import annotations

import ctypes
import logging
import sys
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

LIBRARIES = {  # by VTK's class of window: where OpenGL is, and who finds its functions there
    "vtkEGLRenderWindow": ("libEGL.so.1", "eglGetProcAddress"),
    "vtkXOpenGLRenderWindow": ("libGL.so.1", "glXGetProcAddressARB"),
    "vtkWin32OpenGLRenderWindow": ("opengl32", "wglGetProcAddress"),
}


def opengl_function(
    window: Any, name: str, arguments: tuple[Any, ...] = (), result: Any = None
) -> Callable[..., Any] | None:
    """A function that leaves the interpreter free while it works; None where it is not found.

    Args:
        window: whose context is current.
        name: such as ``glTexImage3D``.
        arguments, result: their ctypes.
    """
    library_name, finder_name = LIBRARIES.get(window.GetClassName(), ("", ""))
    if not library_name:
        return None
    is_windows = sys.platform == "win32"
    load: Any = getattr(ctypes, "WinDLL" if is_windows else "CDLL")
    kind: Any = getattr(ctypes, "WINFUNCTYPE" if is_windows else "CFUNCTYPE")
    try:
        library = load(library_name)
        finder = getattr(library, finder_name)
    except (OSError, AttributeError) as error:
        logger.info("OpenGL's functions are not found by themselves: %s", error)
        return None
    finder.restype, finder.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    address = finder(name.encode())
    if not address and hasattr(library, name):  # Windows gives those of OpenGL 1.1 so
        address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    return kind(result, *arguments)(address) if address else None
