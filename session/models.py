"""The models of this workspace: built in, added by people, and provided by IT."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from session.settings import Settings

if TYPE_CHECKING:
    from inference.catalogue import ModelInfo
    from inference.packages.kept_networks import KeptNetworks
    from inference.packages.store import ModelStore

FOLDER = "models"
PROGRAMS = "programs.json"  # what programs that are installed on their own said of themselves
PROGRAM = "totalsegmentator"


def model_store(settings: Settings | None = None) -> ModelStore:
    """The workspace's store, with the read-only ones that ``LIMNER_MODELS`` names behind it."""
    from inference.packages.store import system_stores

    return _store((settings or Settings()).workspace() / FOLDER, system_stores())


def kept_networks() -> KeptNetworks:
    """Where the workspace keeps networks that were converted for this computer."""
    from inference.packages.kept_networks import FOLDER as NETWORKS
    from inference.packages.kept_networks import KeptNetworks

    return KeptNetworks(Settings().workspace() / FOLDER / NETWORKS)


def known_models() -> list[ModelInfo]:
    """All models that can be asked for now, the built-in ones first; broken ones, too, with their problem."""
    from inference.catalogue import models

    return [*models(model_store()), *installed_programs()]


def installed_programs() -> list[ModelInfo]:
    """The tasks of programs that are installed on their own; one that is new here is asked, which takes a moment."""
    from inference.external.listing import external_models

    settings = Settings()
    return external_models(settings.workspace() / PROGRAMS, {PROGRAM: settings[f"external.{PROGRAM}"]})


@cache
def _store(folder: Path, system_folders: tuple[Path, ...]) -> ModelStore:
    """One store for each place: it remembers what it has read."""
    from inference.catalogue import BUILT_IN
    from inference.packages.store import ModelStore

    return ModelStore(folder, system_folders, [info.id for info in BUILT_IN])
