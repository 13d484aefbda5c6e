"""What the window says goes through Qt's translation: a compiled file of another language changes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QLabel

import app.translation
from app.translation import install_translation
from imaging.edit import RemoveSegment
from imaging.errors import UserError
from session.look.preset import MINE
from session.look.presets import preset_named
from widgets.action_bridge import ActionBridge
from widgets.look_3d.preset_tile import PresetTile
from widgets.sentences import translated

ROOT = Path(__file__).parents[2]
SOURCE = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE TS>
<TS version="2.1" language="de"><context><name>Actions</name>
<message><source>Undo</source><translation>Rückgängig</translation></message></context>
<context><name>Presets</name>
<message><source>CT bone</source><translation>CT Knochen</translation></message></context>
<context><name>Sentences</name>
<message><source>The segment “{0}” is locked.</source><translation>„{0}“ ist gesperrt.</translation></message>
<message><source>Unlock it in the Segments panel to change it.</source><translation>Erst entsperren.</translation>
</message></context></TS>"""


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
    real = app.translation.files("resources") / "translations" / "sentences.json"
    shutil.copy(str(real), tmp_path / "translations")
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


def test_errors_of_the_lower_layers_are_shown_in_the_language_with_their_own_words(german, case_window, qapp) -> None:
    assert install_translation(qapp, QLocale("de_DE"))
    session = case_window.session
    session.actions["segment.toggle_lock"].run(session, number=1)
    with pytest.raises(UserError) as raised:
        session.open_document.apply(RemoveSegment(1), title="remove", tool="t")
    session.messages.error(raised.value)
    texts = {label.text() for label in case_window.centre.findChildren(QLabel)}
    assert {"„liver“ ist gesperrt.", "Erst entsperren."} <= texts


def test_a_sentence_that_nobody_translated_stays_as_it_is(german, qapp) -> None:
    assert install_translation(qapp, QLocale("de_DE"))
    assert translated("There is no such segment.") == "There is no such segment."
    assert translated("Something that is not in the code at all.") == "Something that is not in the code at all."


def test_presets_that_ship_with_the_program_are_named_in_the_language(german, qapp) -> None:
    assert install_translation(qapp, QLocale("de_DE"))
    bone = preset_named("ct-bone")
    tile = PresetTile(bone, fits=True)
    assert tile.text() == "Knochen"
    assert tile.accessibleName() == "CT Knochen"
    assert tile.toolTip() == f"CT Knochen\n{bone.description}"
    assert PresetTile(bone, fits=False).text() == "CT Knochen"
    assert PresetTile(replace(bone, group=MINE), fits=True).text() == "CT bone"


def test_words_of_presets_are_collected_for_translators() -> None:
    folder = str(ROOT / "docs")
    code = "import collect_strings; print('\\n'.join(collect_strings.preset_words()))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, str(ROOT)])}
    found = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    bone = preset_named("ct-bone")
    assert {bone.name, bone.description} <= set(found.stdout.splitlines())
