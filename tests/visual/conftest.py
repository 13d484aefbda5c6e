"""Fixtures of the tests that look at pictures."""

from __future__ import annotations

import pytest

from render.graphics_probe import probed


@pytest.fixture(scope="session")
def opengl() -> None:
    """Skips, with the reason, where VTK cannot draw."""
    graphics = probed()
    if not graphics.is_available:
        pytest.skip(graphics.reason)
