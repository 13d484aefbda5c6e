from __future__ import annotations

from pathlib import Path

from session.backend_choices import BackendChoices


def test_the_newest_choice_of_a_machine_replaces_its_older_one(tmp_path: Path) -> None:
    choices = BackendChoices(tmp_path / "backends.json")
    choices.remember("net", {"key": "a", "name": "slow"})
    choices.remember("net", {"key": "b", "name": "other machine"})
    choices.remember("net", {"key": "a", "name": "fast"})
    assert [choice["name"] for choice in BackendChoices(tmp_path / "backends.json").of("net")] == [
        "fast",
        "other machine",
    ]
    assert choices.of("another") == []


def test_a_choice_without_measurement_is_not_kept(tmp_path: Path) -> None:
    choices = BackendChoices(tmp_path / "backends.json")
    choices.remember("net", {"name": "plain"})
    assert not (tmp_path / "backends.json").exists()


def test_a_damaged_file_costs_a_measurement_only(tmp_path: Path) -> None:
    (tmp_path / "backends.json").write_text("{broken")
    choices = BackendChoices(tmp_path / "backends.json")
    assert choices.of("net") == []
    choices.remember("net", {"key": "a", "name": "fast"})
    assert choices.of("net")[0]["name"] == "fast"
