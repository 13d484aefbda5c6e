"""A model's folder as the worker is given it: out of the store, or anywhere else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from inference.packages.description import ModelDescription
from inference.packages.recognise import describe, find_model
from inference.packages.record import NAME as RECORD
from inference.packages.record import read_record
from inference.packages.stored_model import CONTENT

READ_AT_ONCE = 1 << 20
SHOWN_DIGITS = 8


@dataclass(frozen=True, eq=False)
class Package:
    """A model on disk.

    Attributes:
        id: short name for scripts: the store's, or the folder's own name.
        content: the folder that holds the model itself.
        description: what it says of itself.
    """

    id: str
    content: Path
    description: ModelDescription

    @cached_property
    def weights_hash(self) -> str:
        """First digits of SHA-256 over the weights, in the order of their names: which numbers computed this."""
        digest = hashlib.sha256()
        for file in sorted(self.description.weights, key=lambda file: file.path):
            path = self.content / file.path
            if path.is_file():
                with path.open("rb") as stream:
                    while block := stream.read(READ_AT_ONCE):
                        digest.update(block)
        return digest.hexdigest()[:SHOWN_DIGITS]


def read_package(folder: Path) -> Package:
    """Read a folder of the store (record and content), or a model's folder as it is.

    Raises:
        UserError: there is no model in it.
    """
    if (folder / RECORD).is_file():
        record = read_record(folder)
        content = folder / CONTENT / record.folder
        return Package(record.id, content, describe(content))
    content = find_model(folder)
    return Package(folder.name, content, describe(content))
