"""The models that people added: a folder of the workspace, and read-only folders that IT provides.

Each model has a folder ``<id>`` with ``limner-model.json`` (the record) and ``content``. A model appears and goes by
one renaming, so other programs that use the store at the same time see it whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from filelock import FileLock, Timeout

from imaging.errors import UserError
from inference.packages.contents import (
    Cancelled,
    FileStamp,
    Report,
    hash_of_all,
    stamp_of,
    stamps_of,
)
from inference.packages.description import ModelDescription, WeightsFile
from inference.packages.gathering import gather, model_id
from inference.packages.in_use import users_of
from inference.packages.kept_networks import forget_networks
from inference.packages.recognise import describe
from inference.packages.record import NAME as RECORD
from inference.packages.record import StoreRecord, utc_now, write_record
from inference.packages.stored_model import CONTENT, StoredModel, compare, quick_stamp, read_stored

SYSTEM_VARIABLE = "LIMNER_MODELS"
LOCK_TIMEOUT_S = 30.0
LEFT_OVER_S = 24 * 3600.0
_READ_ONLY = "It belongs to a store that is only read here; ask whoever looks after it."


@dataclass(frozen=True)
class Candidate:
    """A model that was gathered and read, but not added yet.

    Attributes:
        id: that it will have.
        content: its own folder.
        description: what it says of itself.
        record: as it will be kept.
        known: the same model, when it is in the store already.
        completes: it is a model of the store, with weights that are missing there.
    """

    id: str
    content: Path
    description: ModelDescription
    record: StoreRecord
    known: StoredModel | None = None
    completes: bool = False


class ModelStore:
    """A store that can be written, and others that are only read.

    Args:
        folder: made when the first model is added.
        system_folders: other stores; a model of theirs hides behind one of ``folder`` with the same id.
        taken: ids that no model can have, those of the built-in ones.
    """

    def __init__(self, folder: Path, system_folders: Sequence[Path] = (), taken: Sequence[str] = ()) -> None:
        self.folder = folder
        self._system_folders = tuple(system_folders)
        self._taken = frozenset(taken)
        self._known: dict[Path, tuple[object, StoredModel]] = {}

    def models(self) -> list[StoredModel]:
        """All models by id; broken ones, too. Quick: nothing is hashed, and what has not changed is not read again."""
        found: dict[str, StoredModel] = {}
        for store in (self.folder, *self._system_folders):
            for folder in _model_folders(store):
                if folder.name not in found:
                    model = self._read(folder, is_system=store != self.folder)
                    if not model.problem or (folder / RECORD).is_file():  # else another program just removed it
                        found[folder.name] = model
        return [found[key] for key in sorted(found)]

    def model(self, model_id: str) -> StoredModel:
        """The model of this id.

        Raises:
            UserError: there is none.
        """
        for store in (self.folder, *self._system_folders):
            if model_id and (store / model_id / RECORD).is_file() and (store / model_id).parent == store:
                return self._read(store / model_id, is_system=store != self.folder)
        known = ", ".join(model.id for model in self.models())
        raise UserError(f"The store holds no model “{model_id}”.", f"It holds: {known or 'none'}.")

    @contextmanager
    def candidate(
        self,
        source: str,
        person: str,
        report: Report,
        cancelled: Cancelled,
        checksum: str = "",
        wanted_id: str = "",
    ) -> Iterator[Candidate]:
        """Gather and read a model; it is gone after the ``with`` unless it was given to ``accept``.

        Args:
            source: see ``gather``.
            person: who adds it.
            report, cancelled: as everywhere.
            checksum: of the file at an address.
            wanted_id: another id than its name gives.

        Raises:
            UserError: it is no model, or one that can never run here, or its id is taken by another one.
            Stopped: ``cancelled()`` was true.
        """
        if wanted_id and model_id(wanted_id) != wanted_id:
            raise UserError(f"“{wanted_id}” is no name for a model.", "Use small letters, digits and hyphens.")
        staging = self._staging()
        try:
            content = staging / CONTENT
            content.mkdir()
            model = _gathered(source, content, self.folder / ".downloads", checksum, report, cancelled)
            description = describe(model)
            _must_be_useful(description)
            key = wanted_id or model_id(description.name)
            record = _record(key, source, person, model, description, stamps_of(model, report, cancelled))
            known, completes = self._known_as(key, record)
            yield Candidate(key, model, description, record, known, completes)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def accept(self, candidate: Candidate, trusted_by: str = "") -> StoredModel:
        """Add a candidate; one that completes a model of the store takes its place.

        Args:
            candidate: of this store.
            trusted_by: who says that its code may run; empty when nobody does.

        Raises:
            UserError: its id was taken meanwhile, or the disk refuses.
        """
        record = candidate.record
        if trusted_by:
            record = replace(record, trusted_by=trusted_by, trusted_utc=utc_now())
        staging = candidate.content.parent.parent
        target = self.folder / candidate.id
        try:
            write_record(staging, record)
            with self._lock():
                if target.exists() and candidate.completes:
                    self._take_away(target)
                if target.exists():
                    raise UserError(f"A model “{candidate.id}” was added meanwhile.")
                staging.rename(target)
        except OSError as error:
            raise UserError("The model could not be stored.", str(error)) from error
        return self.model(candidate.id)

    def remove(self, model_id: str) -> None:
        """Remove a model.

        Raises:
            UserError: there is none, it is only read here, or some program runs it just now.
        """
        model = self._own(model_id)
        users = users_of(model.folder)
        if users:
            raise UserError(
                f"“{model_id}” is being run by process {', '.join(map(str, users))}.", "Wait for it, or stop it."
            )
        try:
            with self._lock():
                self._take_away(model.folder)
            forget_networks(self.folder, model_id)
        except OSError as error:
            raise UserError(f"“{model_id}” could not be removed.", str(error)) from error

    def _take_away(self, folder: Path) -> None:
        """Remove a model's folder at once for all who look, whatever its size."""
        gone = Path(tempfile.mkdtemp(prefix=".removed-", dir=self.folder))
        folder.rename(gone / folder.name)
        shutil.rmtree(gone)

    def trust(self, model_id: str, person: str) -> StoredModel:
        """Note that the model's code may run.

        Raises:
            UserError: there is no such model, it is only read here, or its files are not those that were added.
        """
        model = self._own(model_id)
        self.verify(model_id)
        assert model.record is not None
        try:
            with self._lock():
                write_record(model.folder, replace(model.record, trusted_by=person, trusted_utc=utc_now()))
        except OSError as error:
            raise UserError(f"The record of “{model_id}” could not be written.", str(error)) from error
        return self.model(model_id)

    def verify(self, model_id: str) -> None:
        """Read all bytes of a model and compare them with what was added.

        Raises:
            UserError: it is broken, or a file is not what it was.
        """
        model = self.model(model_id)
        if model.record is None:
            raise UserError(model.problem, model.hint)
        compare(model.record, model.folder, thorough=True)

    def fetch(
        self, model_id: str, report: Report, cancelled: Cancelled, *, everything: bool = False
    ) -> list[WeightsFile]:
        """Fetch the files of weights that the model names and lacks; returns those fetched.

        Args:
            model_id: of a model of the own store.
            report, cancelled: as everywhere.
            everything: files that a run does not need, too.

        Raises:
            UserError: no such model, it does not say from where, or a file cannot be had or is another one.
            Stopped: ``cancelled()`` was true.
        """
        model = self._own(model_id)
        if model.record is None or model.description is None:
            raise UserError(model.problem, model.hint)
        missing = [f for f in model.description.weights if not f.is_present and (f.is_needed or everything)]
        for file in missing:
            if not file.url:
                raise UserError(f"{file.path} is missing, and the model does not say from where it can be had.")
        from inference.packages.download import download  # loads TLS, which listing models never needs

        downloads = self.folder / ".downloads"
        downloads.mkdir(parents=True, exist_ok=True)
        for file in missing:
            fetched = downloads / f"{model_id}-{Path(file.path).name}"
            try:
                download(file.url, fetched, file.checksum, report, cancelled)
                self._put(model_id, file.path, fetched)
            except OSError as error:
                raise UserError(f"{file.path} could not be stored.", str(error)) from error
        return missing

    def _put(self, model_id: str, name: str, fetched: Path) -> None:
        """Move a fetched file to its place and note it."""
        with self._lock():
            model = self._own(model_id)
            if model.record is None:
                raise UserError(model.problem, model.hint)
            target = model.content / name
            target.parent.mkdir(parents=True, exist_ok=True)
            fetched.replace(target)
            others = tuple(stamp for stamp in model.record.files if stamp.name != name)
            files = tuple(sorted((*others, stamp_of(model.content, name)), key=lambda stamp: stamp.name))
            write_record(model.folder, replace(model.record, files=files, sha256=hash_of_all(files)))

    def _own(self, model_id: str) -> StoredModel:
        model = self.model(model_id)
        if model.is_system:
            raise UserError(f"“{model_id}” cannot be changed.", _READ_ONLY)
        return model

    def _known_as(self, key: str, record: StoreRecord) -> tuple[StoredModel | None, bool]:
        """The model of this id, when it is the very same, and whether ``record`` has weights that it lacks.

        Raises:
            UserError: the id belongs to another one.
        """
        if key in self._taken:
            raise UserError(f"“{key}” is a built-in model.", "Give another name with --as.")
        if not (self.folder / key).exists():
            return None, False
        model = self.model(key)
        if model.record is not None and model.record.sha256 == record.sha256:
            return model, False
        if model.record is not None and model.description is not None and model.description.missing_weights:
            before, now = ({(f.name, f.sha256) for f in each.files} for each in (model.record, record))
            wanted = {file.path for file in model.description.weights}
            if before <= now and {name for name, _ in now - before} <= wanted:
                return None, True
        raise UserError(
            f"There is another model “{key}” already.", "Remove it first, or give this one another name with --as."
        )

    def _read(self, folder: Path, *, is_system: bool) -> StoredModel:
        """A model, out of memory while nothing of it has changed."""
        stamp = quick_stamp(folder)
        known = self._known.get(folder)
        if known is None or known[0] != stamp:
            known = self._known[folder] = stamp, read_stored(folder, is_system)
        return known[1]

    def _staging(self) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _sweep(self.folder)
            staging = Path(tempfile.mkdtemp(prefix=".adding-", dir=self.folder))
            staging.chmod(self.folder.stat().st_mode & 0o777)  # a store for others must be readable by them
            return staging
        except OSError as error:
            raise UserError(f"The folder of models {self.folder} cannot be written.", str(error)) from error

    @contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            with FileLock(self.folder / ".lock", timeout=LOCK_TIMEOUT_S):
                yield
        except Timeout as error:
            raise UserError("Another program is changing the models.", "Try again in a moment.") from error


def system_stores() -> tuple[Path, ...]:
    """The read-only stores that ``LIMNER_MODELS`` names, separated as in ``PATH``."""
    return tuple(Path(part) for part in os.environ.get(SYSTEM_VARIABLE, "").split(os.pathsep) if part)


def _gathered(source: str, content: Path, downloads: Path, checksum: str, report: Report, cancelled: Cancelled) -> Path:
    try:
        return gather(source, content, downloads, checksum, report, cancelled)
    except OSError as error:
        raise UserError("The model could not be stored.", str(error)) from error


def _record(
    key: str,
    source: str,
    person: str,
    model: Path,
    description: ModelDescription,
    stamps: tuple[FileStamp, ...],
) -> StoreRecord:
    licence = description.licence
    return StoreRecord(
        id=key,
        name=description.name,
        version=description.version,
        format=description.format.value,
        source=without_secrets(source),
        folder=model.name,
        added_by=person,
        added_utc=utc_now(),
        sha256=hash_of_all(stamps),
        files=stamps,
        licence=next((line.strip() for line in licence.splitlines() if line.strip()), "")[:200],
        licence_sha256=hashlib.sha256(licence.encode()).hexdigest() if licence else "",
    )


def without_secrets(source: str) -> str:
    """A path or an address as it may be kept: without the user's name, password or token, which addresses can hold."""
    if "://" not in source:
        return source
    parts = urlsplit(source)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _sweep(store: Path) -> None:
    """Clear away what a program left that was killed while it added or removed a model."""
    for path in (*store.glob(".adding-*"), *store.glob(".removed-*")):
        with suppress(OSError):  # it went away, or belongs to somebody else
            if time.time() - path.stat().st_mtime > LEFT_OVER_S:
                shutil.rmtree(path, ignore_errors=True)


def _must_be_useful(description: ModelDescription) -> None:
    """Refuse what can never run here, however long it lies in the store."""
    if description.problem:
        raise UserError(description.problem, description.hint)
    for file in description.missing_weights:
        if not file.url:
            hint = "The model does not say from where it can be had. Put it there and add the folder again."
            raise UserError(f"“{description.name}” lacks its weights: {file.path} is missing.", hint)


def _model_folders(store: Path) -> list[Path]:
    with suppress(OSError):  # a store that is not there holds no models
        return sorted(path for path in store.iterdir() if not path.name.startswith(".") and (path / RECORD).is_file())
    return []
