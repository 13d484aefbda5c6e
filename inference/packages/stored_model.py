"""One model of the store: what was remembered of it, what it says of itself, and why it cannot be run now, if so."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from imaging.errors import UserError
from inference.packages.contents import changed_files, looks_changed
from inference.packages.description import ModelDescription
from inference.packages.recognise import describe
from inference.packages.record import NAME as RECORD
from inference.packages.record import StoreRecord, read_record

CONTENT = "content"


@dataclass(frozen=True)
class StoredModel:
    """One model of a store, as it is now.

    Attributes:
        id: short name for scripts.
        folder: the model's folder in the store.
        record: what was remembered; None when that is broken.
        description: what the model says of itself; None when it is broken.
        problem, hint: why it cannot be run now; empty when it can.
        is_system: it belongs to a store that is only read.
    """

    id: str
    folder: Path
    record: StoreRecord | None
    description: ModelDescription | None
    problem: str = ""
    hint: str = ""
    is_system: bool = False

    @property
    def content(self) -> Path:
        """The model's own files."""
        return self.folder / CONTENT / (self.record.folder if self.record else "")

    @property
    def is_trusted(self) -> bool:
        """True when somebody said that its code may run, or when it has none."""
        has_code = self.description is None or self.description.code.runs
        return not has_code or (self.record is not None and bool(self.record.trusted_by))


def must_be_unchanged(folder: Path) -> None:
    """Before a run: a stored model's files are those that were added. Folders outside a store are let pass.

    Files whose size and time of change are as noted are not read again.

    Args:
        folder: the model's folder in the store.

    Raises:
        UserError: the record is broken, or a file was changed.
    """
    if (folder / RECORD).is_file():
        compare(read_record(folder), folder, thorough=False)


def compare(record: StoreRecord, folder: Path, *, thorough: bool) -> None:
    """Raise UserError when the files in the store's ``folder`` of a model are not those of the record."""
    changed = changed_files(folder / CONTENT / record.folder, record.files, thorough=thorough)
    if changed:
        names = ", ".join(changed[:5]) + (" …" if changed[5:] else "")
        raise UserError(f"“{record.id}” is not what was added any more: {names}.", "Remove it and add it again.")


def quick_stamp(folder: Path) -> object:
    """Changes whenever anything in the folder that matters for reading it does."""
    found = []
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            with suppress(OSError):  # it went away between two looks; the next stamp differs
                state = os.stat(os.path.join(where, name))
                found.append((where, name, state.st_size, state.st_mtime_ns))
    return tuple(found)


def read_stored(folder: Path, is_system: bool) -> StoredModel:
    """The model in this folder of a store; a broken one, too: then ``problem`` says what is wrong."""
    model = StoredModel(folder.name, folder, None, None, is_system=is_system)
    try:
        model = replace(model, record=read_record(folder))
        model = replace(model, description=describe(model.content))
    except UserError as error:
        return replace(model, problem=error.message, hint=error.hint)
    problem, hint = _problem(model)
    return replace(model, problem=problem, hint=hint)


def _problem(model: StoredModel) -> tuple[str, str]:
    assert model.record is not None
    assert model.description is not None
    if looks_changed(model.content, model.record.files):
        return f"“{model.id}” is not what was added any more.", "Remove it and add it again."
    if model.description.problem:
        return model.description.problem, model.description.hint
    if model.description.missing_weights:
        file = model.description.missing_weights[0]
        return f"“{model.id}” lacks its weights: {file.path} is missing.", _fetch_hint(model.id, file.url)
    if not model.is_trusted:
        return f"“{model.id}” brings code of its own, and nobody has said that it may run.", _trust_hint(model.id)
    return "", ""


def _fetch_hint(model_id: str, url: str) -> str:
    return f"`limner models fetch {model_id}` fetches it from where the model says that it is: {url}"


def _trust_hint(model_id: str) -> str:
    return f"`limner models show {model_id}` lists the code; `limner models trust {model_id}` allows it."
