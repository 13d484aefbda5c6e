"""The worker starts while an image is read; what goes wrong there is told later, by the run."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from imaging.errors import UserError
from inference.catalogue import ModelInfo
from inference.client import InferenceClient, InferenceFailed
from session.backend_choices import NAME, BackendChoices
from session.opening_ahead import begin_opening
from session.segment_to_file import Wishes
from session.settings import Settings

MODEL = ModelInfo("pretend", "Pretend", "1", ("Bright",), "", "nowhere:Nothing")


class Asked(InferenceClient):
    """A client that notes what it is asked to open."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__([MODEL])
        self.opened: list[tuple[str, Any]] = []
        self._error = error

    def open_ahead(self, model_id: str, parameters: Any = None) -> None:
        self.opened.append((model_id, parameters))
        if self._error is not None:
            raise self._error


def begun(client: Asked, settings: Settings) -> None:
    begin_opening(Wishes(MODEL, client, {"mirror": True}), settings)
    for thread in threading.enumerate():
        if thread.name == "open ahead":
            thread.join()


def test_it_is_opened_as_the_run_will_want_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path))
    settings, client = Settings(), Asked()
    begun(client, settings)
    BackendChoices(settings.workspace() / NAME).remember("pretend", {"key": "1", "name": "torch"})
    begun(client, settings)
    known = {"known_choices": [{"key": "1", "name": "torch"}]}
    assert client.opened == [("pretend", {"mirror": True}), ("pretend", {"mirror": True} | known)]


@pytest.mark.parametrize("error", [UserError("No weights."), InferenceFailed("It stopped.")])
def test_what_goes_wrong_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path))
    with caplog.at_level(logging.INFO, "limner.plans"):
        begun(Asked(error), Settings())
    assert "pretend is not open ahead" in caplog.text
