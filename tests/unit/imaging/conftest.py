"""DICOM files made by code, as fixtures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_series import SeriesMaker, stored_slice


@pytest.fixture
def make_series(tmp_path: Path) -> SeriesMaker:
    """A maker of series in an empty folder."""
    folder = tmp_path / "series"
    folder.mkdir()
    return SeriesMaker(folder)


@pytest.fixture
def stored() -> Callable[..., Any]:
    """The stored values that ``make_series`` writes: ``stored(k)``."""
    return stored_slice
