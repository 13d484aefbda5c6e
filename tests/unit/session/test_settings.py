"""Settings: validated at the door, kept, and forgiving towards a broken file."""

from __future__ import annotations

import json

import pytest

from imaging.errors import UserError
from session.settings import Settings


def test_what_is_set_is_there_the_next_time(tmp_path) -> None:
    path = tmp_path / "config" / "settings.json"
    Settings(path).set("look.theme", "light")
    assert Settings(path)["look.theme"] == "light"
    assert Settings(path)["brush.radius_mm"] == 8.0


@pytest.mark.parametrize(
    ("key", "value"),
    [("look.theme", "pink"), ("look.text_scale", 9.0), ("slices.interpolate", 1), ("brush.radius_mm", "large")],
)
def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(tmp_path, key, value) -> None:
    settings = Settings(tmp_path / "settings.json")
    before = settings[key]
    with pytest.raises(UserError):
        settings.set(key, value)
    assert settings[key] == before


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", json.dumps({"look.theme": "pink", "unknown": 1})])
def test_a_broken_file_gives_defaults(tmp_path, content) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content)
    settings = Settings(path)
    assert settings["look.theme"] == "dark"
    assert settings.problem


def test_observers_hear_of_changes_only(tmp_path) -> None:
    settings = Settings(tmp_path / "settings.json")
    heard = []
    settings.changed.connect(lambda key, value: heard.append((key, value)))
    settings.set("look.theme", "dark")
    settings.set("look.theme", "light")
    assert heard == [("look.theme", "light")]
