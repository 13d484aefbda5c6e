"""How long a model's worker stays after a run: the setting reaches the client."""

from __future__ import annotations

from pathlib import Path

import pytest

from imaging.errors import UserError
from session.keep_warm import follow_keep_warm
from session.settings import Settings


class Client:
    def __init__(self) -> None:
        self.told: list[float] = []

    def keep_warm(self, seconds: float) -> None:
        self.told.append(seconds)


def test_the_time_that_is_set_is_passed_on(tmp_path: Path) -> None:
    settings, client = Settings(tmp_path / "settings.json"), Client()
    settings.set("models.keep_warm_min", 5)
    follow_keep_warm(settings, client)  # type: ignore[arg-type]
    settings.set("models.keep_warm_min", 0)
    settings.set("brush.radius_mm", 3.0)
    assert client.told == [300.0, 0.0]
    with pytest.raises(UserError, match="lies between"):
        settings.set("models.keep_warm_min", -1)
