"""The probe survives whatever OpenGL does to its child process."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from render.graphics_probe import Graphics, capabilities, is_software, probed


def answer_of(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch, timeout_s: float = 20) -> Graphics:
    """What the probe concludes from a child that runs a shell script instead."""
    child = folder / "child"
    child.write_text(f"#!/bin/sh\n{script}\n")
    child.chmod(child.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(child))
    return probed.__wrapped__(timeout_s)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("kill -SEGV $$", "OpenGL 3.2 or later is missing."),
        ("exit 3", "OpenGL 3.2 or later is missing."),
        ("true", "OpenGL did not answer."),
        ("echo nonsense", "OpenGL did not answer."),
        ("""echo '{"unknown": 1}'""", "OpenGL did not answer."),
    ],
)
def test_a_child_that_dies_or_talks_nonsense_is_a_reason(
    script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphics = answer_of(script, tmp_path, monkeypatch)
    assert not graphics.is_available
    assert graphics.reason == reason


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_a_child_that_hangs_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer_of("exec sleep 30", tmp_path, monkeypatch, 0.3) == Graphics(False, reason="OpenGL did not answer.")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_the_last_line_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = 'echo "a driver says hello"; echo \'{"is_available": true, "renderer": "llvmpipe", "version": "4.5"}\''
    graphics = answer_of(said, tmp_path, monkeypatch)
    assert graphics.is_available
    assert graphics.is_software


def test_a_missing_interpreter_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    assert not probed.__wrapped__(5).is_available


def test_software_renderers_are_known_by_name() -> None:
    assert is_software("llvmpipe (LLVM 15.0.6, 256 bits)")
    assert is_software("Google SwiftShader")
    assert not is_software("NVIDIA GeForce RTX 4090/PCIe/SSE2")


def test_capabilities_are_read_from_vtks_report() -> None:
    said = capabilities("OpenGL vendor string:  Mesa\nOpenGL renderer string:  llvmpipe\nno colon\nempty:\n")
    assert said == {"OpenGL vendor string": "Mesa", "OpenGL renderer string": "llvmpipe"}
