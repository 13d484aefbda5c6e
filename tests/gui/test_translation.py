"""What the window says goes through Qt's translation: a compiled file of another language changes it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

import app.translation
from app.translation import install_translation
from widgets.action_bridge import ActionBridge

SOURCE = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE TS>
<TS version="2.1" language="de"><context><name>Actions</name>
<message><source>Undo</source><translation>Rückgängig</translation></message></context></TS>"""


@pytest.fixture
def german(tmp_path: Path, monkeypatch, qapp) -> None:
    """A German translation of one word, compiled by Qt's own tool, in place of resources/translations."""
    compiler = Path(sys.executable).with_name("pyside6-lrelease")
    if not compiler.exists():
        pytest.skip("pyside6-lrelease is not installed beside this Python")
    (tmp_path / "translations").mkdir()
    (tmp_path / "limner_de.ts").write_text(SOURCE, "utf-8")
    compiled = tmp_path / "translations" / "limner_de.qm"
    subprocess.run([compiler, tmp_path / "limner_de.ts", "-qm", compiled], check=True, capture_output=True)
    monkeypatch.setattr(app.translation, "files", lambda _package: tmp_path)
    yield
    for translator in qapp.findChildren(QTranslator):
        QCoreApplication.removeTranslator(translator)
    shutil.rmtree(tmp_path / "translations")


def test_commands_speak_the_language_of_the_locale(german, window, qapp) -> None:
    assert install_translation(qapp, QLocale("de_DE"))
    bridge = ActionBridge(window.session, window)
    assert bridge.qaction("edit.undo").text() == "Rückgängig"
    assert bridge.qaction("edit.redo").text() == "Redo"


def test_without_a_translation_it_speaks_english(german, qapp) -> None:
    assert not install_translation(qapp, QLocale("fr_FR"))
