"""Fixtures for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
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


@pytest.fixture(scope="session", autouse=True)
def workspace_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs of models are logged in the workspace: never in that of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIMNER_WORKSPACE", str(tmp_path_factory.mktemp("workspace")))
        patch.setenv("LIMNER_TOTALSEGMENTATOR", "off")  # whether the computer has it is none of the tests' business
        yield
