"""``limner PATH`` opens the window with it, as ``limner open PATH`` does."""

from __future__ import annotations

from pathlib import Path

import pytest

import app.main
from app.cli import main


@pytest.mark.parametrize("words", [[], ["open"]])
def test_a_path_is_opened_in_the_window(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(app.main, "main", lambda arguments: started.append(arguments) or 0)
    (tmp_path / "seg.dcm").touch()
    assert main([*words, str(tmp_path / "seg.dcm")]) == 0
    assert started == [[str(tmp_path / "seg.dcm")]]


def test_a_command_is_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "info").mkdir()
    assert main(["info"]) == 2
    assert main([str(tmp_path / "absent.dcm")]) == 2
    assert "error: " in capsys.readouterr().err
