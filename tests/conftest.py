"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before anything makes a QApplication, which would abort


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images beside the checkout (or ``LIMNER_SHARED_DATA``); not part of the repository."""
    folder = Path(os.environ.get("LIMNER_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the folder of real images (LIMNER_SHARED_DATA) is absent")
    return folder
