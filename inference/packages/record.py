"""What the store remembers of a model: who added it, when, from where, and the hash of each file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.packages.config_files import read_config
from inference.packages.contents import FileStamp, hash_of_all

NAME = "limner-model.json"
SCHEMA = 1


@dataclass(frozen=True)
class StoreRecord:
    """One model of a store.

    Attributes:
        id: short name for scripts; also the folder's name.
        name, version, format: as the model said when it was added.
        source: what the person typed: a path, or an address without what may be secret in it.
        folder: name of the model's own folder inside ``content``; formats read meaning from it.
        added_by, added_utc: who, and when (ISO 8601).
        sha256: over all files, see ``contents.hash_of_all``.
        files: all files.
        licence: first line of the licence that was shown; empty when there was none.
        licence_sha256: of its whole text; empty when there was none.
        trusted_by, trusted_utc: who said that its code may run, and when; empty when nobody has.
    """

    id: str
    name: str
    version: str
    format: str
    source: str
    folder: str
    added_by: str
    added_utc: str
    sha256: str
    files: tuple[FileStamp, ...]
    licence: str = ""
    licence_sha256: str = ""
    trusted_by: str = ""
    trusted_utc: str = ""

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(stamp.size for stamp in self.files)


def utc_now() -> str:
    """The time as it stands in records."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_record(model_folder: Path, record: StoreRecord) -> None:
    """Write the record in one step; readers see the old one or the new one."""
    table = {"schema": SCHEMA} | asdict(record) | {"size_bytes": record.size_bytes}
    partial = model_folder / (NAME + ".partial")
    partial.write_text(json.dumps(table, indent=1, ensure_ascii=False), "utf-8")
    partial.replace(model_folder / NAME)


def read_record(model_folder: Path) -> StoreRecord:
    """The record of the model in this folder.

    Raises:
        UserError: there is none, or it is broken.
    """
    table = read_config(model_folder / NAME)
    try:
        record = _record(table)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"The record of the model “{model_folder.name}” is broken.", "Remove and add it.") from error
    if record.id != model_folder.name or record.folder in ("", ".", "..") or "/" in record.folder:
        raise UserError(f"The record of the model “{model_folder.name}” belongs to another one.", "Remove and add it.")
    if hash_of_all(record.files) != record.sha256:
        raise UserError(f"The record of the model “{model_folder.name}” was changed.", "Remove and add it.")
    return record


def _record(table: Mapping[str, Any]) -> StoreRecord:
    if table["schema"] != SCHEMA:
        raise ValueError("another schema")
    texts = {field.name: table[field.name] for field in fields(StoreRecord) if field.name != "files"}
    if not all(isinstance(value, str) for value in texts.values()):
        raise TypeError("a field is no text")
    files = tuple(
        FileStamp(str(f["name"]), int(f["size"]), int(f["mtime_ns"]), str(f["sha256"])) for f in table["files"]
    )
    return StoreRecord(**texts, files=files)
