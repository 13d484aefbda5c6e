"""``limner models list|add|remove|show|test|fetch|trust``: the models that can be asked for."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.commands.models_text import (
    description_lines,
    info_lines,
    info_record,
    licence_lines,
    list_line,
    size_words,
    store_lines,
    stored_record,
)
from app.commands.output import note, print_json, progress
from imaging.errors import UserError
from inference.catalogue import BUILT_IN, model_info
from inference.client import InferenceClient, InferenceFailed
from inference.packages.store import Candidate, ModelStore
from inference.packages.stored_model import StoredModel
from session.models import installed_programs, known_models, model_store
from session.settings import Settings


def add(parsers: Any) -> None:
    """Declare the command and its parts."""
    parser = parsers.add_parser("models", help="list, add, remove, show, test, fetch and trust models")
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, run, text in (
        ("list", list_, "all models, built in and added"),
        ("add", add_, "take in a model: a folder, a zip, a .ts or .onnx file, or an address of one"),
        ("remove", remove, "remove a model"),
        ("show", show, "what a model says of itself, with its licence and its code"),
        ("test", test, "check a model's files and run it on a small made-up image"),
        ("fetch", fetch, "fetch missing weights from where the model says that they are"),
        ("trust", trust, "allow a model's own code to run"),
    ):
        part = parts.add_parser(name, help=text)
        part.add_argument("--json", action="store_true")
        part.set_defaults(run=run)
        if name == "add":
            part.add_argument("source", metavar="PATH_OR_ADDRESS")
            part.add_argument("--as", dest="wanted_id", default="", metavar="ID", help="a short name of your own")
            part.add_argument("--sha256", default="", help="what the file, here or at the address, must have")
            part.add_argument("--into", type=Path, metavar="FOLDER", help="another store, as for LIMNER_MODELS")
        elif name != "list":
            part.add_argument("name", metavar="ID")
        if name in ("add", "remove"):
            part.add_argument("--yes", action="store_true", help="consent beforehand")
        if name == "fetch":
            part.add_argument("--all", action="store_true", help="files that a run does not need, too")


def list_(arguments: argparse.Namespace) -> int:
    """Print all models."""
    listed = known_models()
    if arguments.json:
        print_json({"models": [info_record(info) for info in listed]})
    else:
        for info in listed:
            print(list_line(info))
    return 0


def add_(arguments: argparse.Namespace) -> int:
    """Take in a model, after showing what it is."""
    store = ModelStore(arguments.into, (), [i.id for i in BUILT_IN]) if arguments.into else model_store()
    checksum = _checksum(arguments.sha256)
    person = Settings()["person.name"]
    source, wanted = arguments.source, arguments.wanted_id
    with store.candidate(source, person, progress, _never, checksum, wanted) as candidate:
        for line in _introduction(candidate):
            note(line)
        model = candidate.known or _accepted(store, candidate, person, is_agreed=arguments.yes)
        if model is None:
            note("Nothing was added.")
            return 0
    if arguments.json:
        print_json(stored_record(model))
    else:
        print(f"{model.id} was in the store already." if candidate.known else f"Added as {model.id}.")
        if model.problem:
            print(f"It cannot be run yet: {model.problem} {model.hint}".rstrip())
    return 0


def remove(arguments: argparse.Namespace) -> int:
    """Remove a model."""
    store = model_store()
    model = store.model(arguments.name)
    size = f" ({size_words(model.record.size_bytes)})" if model.record else ""
    if not arguments.yes and not _agrees(f"Remove {model.id}{size}?"):
        if not _is_terminal():
            raise UserError("Removing a model needs your consent.", "Add --yes.")
        note("Nothing was removed.")
        return 0
    store.remove(model.id)
    if arguments.json:
        print_json({"removed": model.id})
    else:
        print(f"Removed {model.id}.")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print what a model says of itself."""
    unstored = next((info for info in (*BUILT_IN, *installed_programs()) if info.id == arguments.name), None)
    if unstored is not None:
        if arguments.json:
            print_json(info_record(unstored))
        else:
            print("\n".join(info_lines(unstored)))
        return 0
    model = model_store().model(arguments.name)
    if arguments.json:
        print_json(stored_record(model))
        return 0
    if model.description is not None:
        print("\n".join(description_lines(model.description) + licence_lines(model.description, sys.maxsize)))
    print("\n".join(store_lines(model)))
    if model.problem:
        print(f"It cannot be run: {model.problem} {model.hint}".rstrip())
    return 0


def test(arguments: argparse.Namespace) -> int:
    """Compare a model's files with what was added, and run it on a small made-up image."""
    from inference.packages.trial import trial_volumes

    store = model_store()
    listed = known_models()
    info = model_info(arguments.name, listed)
    if info.package is not None:
        store.verify(info.id)
        note("All files are as they were added.")
    stored = store.model(info.id) if info.package is not None else None
    volumes = trial_volumes(None if stored is None else stored.description)
    client = InferenceClient(listed)
    try:
        result = client.segment(volumes[0], info.id, None, progress, others=volumes[1:])
    except InferenceFailed as failure:
        note(f"error: {' '.join(failure.message.split())}")
        note(failure.details)
        return 1
    finally:
        client.close()
    seconds = round(sum(result.seconds.values()), 2)
    if arguments.json:
        found = [label.name for label in result.labels]
        print_json({"id": info.id, "seconds": seconds, "peak_rss_mb": result.peak_rss_mb, "found": found})
    else:
        print(f"{info.id} runs: {seconds} s, {result.peak_rss_mb:.0f} MB, on {volumes[0].geometry.shape} voxels.")
    return 0


def fetch(arguments: argparse.Namespace) -> int:
    """Fetch missing weights."""
    store = model_store()
    fetched = store.fetch(arguments.name, progress, _never, everything=arguments.all)
    for file in fetched:
        if not file.checksum:
            note(f"The model states no checksum for {file.path}: nobody can tell whether it is the right file.")
    if arguments.json:
        print_json({"fetched": [{"path": f.path, "url": f.url, "checksum": f.checksum} for f in fetched]})
    else:
        print(f"Fetched {', '.join(f.path for f in fetched)}." if fetched else "Nothing is missing.")
    return 0


def trust(arguments: argparse.Namespace) -> int:
    """Allow a model's own code to run."""
    model = model_store().trust(arguments.name, Settings()["person.name"])
    if arguments.json:
        print_json(stored_record(model))
    elif model.description is not None and not model.description.code.runs:
        print(f"{model.id} brings no code; it needs no trust.")
    else:
        print(f"The code of {model.id} may run now. It runs in a process of its own; see docs/models.md.")
    return 0


def _introduction(candidate: Candidate) -> list[str]:
    return [*description_lines(candidate.description), *licence_lines(candidate.description)]


def _accepted(store: ModelStore, candidate: Candidate, person: str, *, is_agreed: bool) -> StoredModel | None:
    """Add the candidate when the person agrees; where nobody can be asked, it is added without trust in its code."""
    if not is_agreed and _is_terminal():
        question = "Take it in, and let its code run?" if candidate.description.code.runs else "Take it in?"
        if not _agrees(question):
            return None
        is_agreed = True
    return store.accept(candidate, trusted_by=person if is_agreed else "")


def _agrees(question: str) -> bool:
    if not _is_terminal():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _checksum(sha256: str) -> str:
    if sha256 and (len(sha256) != 64 or any(c not in "0123456789abcdefABCDEF" for c in sha256)):
        raise UserError("--sha256 takes 64 hexadecimal digits.")
    return f"sha256:{sha256.lower()}" if sha256 else ""


def _never() -> bool:
    return False
