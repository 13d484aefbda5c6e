"""Can VTK draw here? Asked of a child process, because VTK ends the process where OpenGL is missing or too old.

``python -m render.graphics_probe`` prints one JSON object with what it found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import lru_cache

SOFTWARE_NAMES = ("llvmpipe", "softpipe", "swiftshader", "swrast", "gdi generic", "microsoft basic render")
LEAST_VERSION = (3, 2)
PROBE_SECONDS = 20.0


@dataclass(frozen=True)
class Graphics:
    """What OpenGL offers.

    Attributes:
        is_available: the 3D view can work.
        renderer: what the device calls itself, such as ``llvmpipe (LLVM 15.0.6, 256 bits)``; empty when unknown.
        version: what OpenGL calls its version; empty when unknown.
        reason: why the 3D view cannot work; empty when it can.
    """

    is_available: bool
    renderer: str = ""
    version: str = ""
    reason: str = ""

    @property
    def is_software(self) -> bool:
        """True when the processor draws and not a graphics card."""
        return is_software(self.renderer)


def is_software(renderer: str) -> bool:
    """True when a device name is that of a renderer on the processor."""
    return any(name in renderer.lower() for name in SOFTWARE_NAMES)


@lru_cache(maxsize=1)
def probed(timeout_s: float = PROBE_SECONDS) -> Graphics:
    """Ask once; takes about a second, so not on the user's thread."""
    command = [sys.executable, "-m", "render.graphics_probe"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return Graphics(False, reason="OpenGL did not answer.")
    except OSError as error:
        return Graphics(False, reason=f"OpenGL could not be tried: {error.strerror}.")
    if answer.returncode != 0:
        return Graphics(False, reason=f"OpenGL {LEAST_VERSION[0]}.{LEAST_VERSION[1]} or later is missing.")
    try:
        return Graphics(**json.loads(answer.stdout.strip().splitlines()[-1]))
    except (IndexError, ValueError, TypeError):  # libraries may write to stdout; an answer of ours is always the last
        return Graphics(False, reason="OpenGL did not answer.")


def probe_here() -> Graphics:
    """Draw a small picture in this process, which may end it."""
    from vtkmodules import vtkRenderingOpenGL2  # noqa: F401  (registers the OpenGL classes)
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

    from render.vtk_log import route_vtk_messages

    route_vtk_messages()
    window = vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetSize(64, 64)
    window.AddRenderer(vtkRenderer())
    window.Render()
    said = capabilities(window.ReportCapabilities())
    window.Finalize()
    version = said.get("OpenGL version string", "")
    if not version:
        return Graphics(False, reason="OpenGL gave no version.")
    return Graphics(True, said.get("OpenGL renderer string", ""), version)


def capabilities(report: str) -> dict[str, str]:
    """VTK's report as a table: the lines of the form ``name: value``."""
    pairs = (line.partition(":") for line in report.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


if __name__ == "__main__":
    print(json.dumps(asdict(probe_here())))
