"""The columns of the table of models."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from session.model_listing import Code, ListedModel
from widgets.counted import counted
from widgets.model_words import licence_words
from widgets.runs.rows import Column
from widgets.sentences import translated


def model_columns() -> list[Column[ListedModel]]:
    """Name, what it finds, its licence, its code, and whether it can run."""
    return [
        Column(
            _tr("Model"), lambda m: f"{m.info.name} {m.info.version}", lambda m: m.info.name.lower(), is_number=False
        ),
        Column(_tr("Finds"), finds, lambda m: len(m.info.structures), _all_labels),
        Column(_tr("Licence"), _licence, _licence, _licence, is_number=False),
        Column(_tr("Code"), _code, _code, is_number=False),
        Column(_tr("State"), state, state, lambda m: translated(m.info.problem), is_number=False),
    ]


def finds(model: ListedModel) -> str:
    """How many structures."""
    return counted(len(model.info.structures), "structure") if model.info.structures else _tr("not stated")


def state(model: ListedModel) -> str:
    """Whether it can run, and whether it can be changed."""
    stored = model.stored
    if stored is None:
        return _tr("cannot run") if model.info.problem else _tr("ready")
    if stored.description is not None and stored.description.missing_weights:
        text = _tr("weights missing")
    elif not stored.is_trusted:
        text = _tr("not trusted")
    else:
        text = _tr("broken") if stored.problem else _tr("ready")
    return _tr("{0}, read only").format(text) if stored.is_system else text


def _licence(model: ListedModel) -> str:
    if model.code is Code.EXTERNAL:
        return _tr("its makers'")
    return _tr("Limner's own") if model.code is Code.BUILT_IN else licence_words(model.licence)


def _code(model: ListedModel) -> str:
    words = {
        Code.BUILT_IN: _tr("part of Limner"),
        Code.NONE: _tr("none"),
        Code.TRUSTED: _tr("trusted"),
        Code.UNTRUSTED: _tr("untrusted"),
        Code.EXTERNAL: _tr("a program of its own"),
    }
    return words[model.code]


def _all_labels(model: ListedModel) -> str:
    return ", ".join(model.info.structures)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelsWindow", text)
