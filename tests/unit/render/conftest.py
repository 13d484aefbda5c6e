"""An OpenGL context for the tests that draw."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from render.graphics_probe import probed


@pytest.fixture(scope="module")
def gl_window() -> Iterator[Any]:
    """An off-screen VTK window; skips where OpenGL is missing."""
    graphics = probed()
    if not graphics.is_available:
        pytest.skip(f"no OpenGL: {graphics.reason}")
    from render.cinematic.gl_context import open_window

    window = open_window()
    yield window
    window.Finalize()


@pytest.fixture
def quiet_vtk(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails when VTK warned of anything meanwhile."""
    with caplog.at_level(logging.WARNING, logger="vtk"):
        yield
    said = [record.getMessage() for record in caplog.get_records("call") if record.name == "vtk"]
    assert not said, said[0]
