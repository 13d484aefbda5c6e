"""VTK's warnings and errors go to Python's log, not to stderr and not into the void."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger("vtk")

# Without a display VTK says so and goes on with EGL: that is how it finds its window, no trouble.
_HARMLESS = ("bad X server connection",)


def route_vtk_messages() -> None:
    """Send everything VTK says to the logger ``vtk``; doing it twice is harmless."""
    from vtkmodules.util.vtkConstants import VTK_STRING
    from vtkmodules.vtkCommonCore import vtkLogger, vtkOutputWindow

    window: Any = vtkOutputWindow.GetInstance()
    if window.HasObserver("ErrorEvent"):
        return

    def listener(level: int) -> Any:
        def heard(_window: Any, _event: str, text: str) -> None:
            harmless = any(part in text for part in _HARMLESS)
            logger.log(logging.DEBUG if harmless else level, "%s", text.strip())

        vars(heard)["CallDataType"] = VTK_STRING  # makes VTK pass the text
        return heard

    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
    window.SetDisplayModeToNever()
    window.AddObserver("ErrorEvent", listener(logging.ERROR))
    window.AddObserver("WarningEvent", listener(logging.WARNING))
    window.AddObserver("TextEvent", listener(logging.INFO))
