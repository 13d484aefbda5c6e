"""Programs that are installed on this computer, and their tasks: found at every call, asked once for each version."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imaging.json_text import read_json
from inference.answers import ResultInvalid
from inference.catalogue import ModelInfo
from inference.external.kinds import Kind, kinds
from inference.external.task import ExternalTask

FACTORY = "inference.external.model:ExternalModel"
SCHEMA = 1
OFF = "off"  # in place of a place: it is not wanted
_told: dict[tuple[Any, ...], tuple[ExternalTask, ...]] = {}  # what programs said to this process
_lock = threading.Lock()  # the window lists models from several threads, and one question is enough

logger = logging.getLogger("limner.external")


@dataclass(frozen=True)
class _Found:
    """A program that is there: what it said, or why it said nothing."""

    kind: Kind
    command: Path
    tasks: tuple[ExternalTask, ...] = ()
    problem: str = ""


def external_models(cache: Path, places: Mapping[str, str] | None = None) -> list[ModelInfo]:
    """One model for each task of each program that is found; one with a problem for a program that does not answer.

    Args:
        cache: a JSON file that keeps what programs said. It is asked anew when the program's file has changed; a cache
            that cannot be read or written costs time only.
        places: where a person says that programs are, by their keys; the variable of IT goes first, the search path
            last. ``off`` in place of a place hides a program.
    """
    with _lock:
        found = [one for kind in kinds().values() if (one := _found(kind, cache, places or {})) is not None]
    return [info for one in found for info in _infos(one)]


def _found(kind: Kind, cache: Path, places: Mapping[str, str]) -> _Found | None:
    typed = os.environ.get(kind.variable, "") or places.get(kind.key, "")
    if typed == OFF:
        return None
    command = kind.find(typed)
    if command is None:
        return _Found(kind, Path(typed), problem="it is not where the settings say") if typed else None
    command = command.absolute()
    stamp = _stamp(command)
    known = _told.get((kind.key, *stamp))
    if known is None:
        try:
            known = _told[kind.key, *stamp] = _kept_or_asked(kind, command, stamp, cache)
        except (OSError, ValueError) as error:
            return _Found(kind, command, problem=str(error) or type(error).__name__)
    return _Found(kind, command, known)


def _kept_or_asked(kind: Kind, command: Path, stamp: list[Any], cache: Path) -> tuple[ExternalTask, ...]:
    kept = _read(cache).get(kind.key)
    if isinstance(kept, dict) and kept.get("stamp") == stamp:
        try:
            return tuple(ExternalTask.from_json(task) for task in kept["tasks"])
        except (KeyError, TypeError, ValueError, ResultInvalid):
            logger.info("what %s said is not readable any more; it is asked again", kind.name)
    tasks = tuple(kind.ask(command))
    _write(cache, _read(cache) | {kind.key: {"stamp": stamp, "tasks": [task.to_json() for task in tasks]}})
    return tasks


def _infos(found: _Found) -> list[ModelInfo]:
    kind = found.kind
    if found.problem:
        hint = f"The settings or {kind.variable} say where it is: the command, or its Python environment's folder."
        problem = f"{kind.name} cannot be used: {found.problem}."
        return [ModelInfo(kind.key, kind.name, "0", (), kind.about, FACTORY, problem=problem, hint=hint)]
    return [_info(kind, task) for task in found.tasks]


def _info(kind: Kind, task: ExternalTask) -> ModelInfo:
    problem, hint = kind.licence_problem(task)
    return ModelInfo(
        id=task.id,
        name=task.title(kind.name),
        version=task.version,
        structures=tuple(name.replace("_", " ") for _, name in task.labels),
        about=kind.about,
        factory=FACTORY,
        package_hash=task.hash,
        modalities=(task.modality,) if task.modality else (),
        problem=problem,
        hint=hint,
        external=task,
    )


def network_question(task: ExternalTask, fast: bool = False) -> tuple[str, bool]:
    """What a person is asked before a run: whether the program may fetch its weights; empty when they are here.

    Returns:
        The question, and whether the run is in vain without.
    """
    kind = kinds()[task.program]
    missing = kind.missing_weights(task, fast)
    if missing is not None and not missing:
        return "", False
    what = "It is not known whether its weights are" if missing is None else "Its weights are not"
    return f"{what} on this computer. May {kind.name} use the network to fetch them?", bool(missing)


def unplanned(task: ExternalTask, *, may_connect: bool) -> str:
    """What is to be said before a run: nobody plans its memory, and whether it has the network."""
    name = kinds()[task.program].name
    network = "may use the network for this run" if may_connect else "runs without network"
    return f"{name} is a program of its own: its memory is not planned. It {network}."


def _stamp(command: Path) -> list[Any]:
    """Changes when the program is installed anew: pip writes its script again."""
    state = command.resolve().stat()
    return [SCHEMA, str(command), state.st_mtime_ns, state.st_size]


def _read(cache: Path) -> dict[str, Any]:
    try:
        kept = read_json(cache.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(cache: Path, content: dict[str, Any]) -> None:
    partial = cache.with_name(f"{cache.name}.{os.getpid()}.partial")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(content), "utf-8")
        partial.replace(cache)
    except OSError as error:
        logger.info("what programs said cannot be kept: %s", type(error).__name__)
