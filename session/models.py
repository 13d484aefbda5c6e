"""The models of this workspace: built in, added by people, and provided by IT."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from session.settings import Settings

if TYPE_CHECKING:
    from inference.catalogue import ModelInfo
    from inference.packages.store import ModelStore

FOLDER = "models"


def model_store(settings: Settings | None = None) -> ModelStore:
    """The workspace's store, with the read-only ones that ``LIMNER_MODELS`` names behind it."""
    from inference.packages.store import system_stores

    return _store((settings or Settings()).workspace() / FOLDER, system_stores())


def known_models() -> list[ModelInfo]:
    """All models that can be asked for now, the built-in ones first; broken ones, too, with their problem."""
    from inference.catalogue import models

    return models(model_store())


@cache
def _store(folder: Path, system_folders: tuple[Path, ...]) -> ModelStore:
    """One store for each place: it remembers what it has read."""
    from inference.catalogue import BUILT_IN
    from inference.packages.store import ModelStore

    return ModelStore(folder, system_folders, [info.id for info in BUILT_IN])
