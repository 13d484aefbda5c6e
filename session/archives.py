"""The other machines of a workspace: where they are set up, and fetching from them into the list of studies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.settings import Settings
from sync.destination import Destination, find_destination, read_destinations
from sync.dimse import echo as dimse_echo
from sync.dimse import fetch as dimse_fetch
from sync.dimse import find as dimse_find
from sync.dimse.fetch import Fetched, OnProgress
from sync.incoming import Incoming
from sync.query import Answers, Query

FILE = "destinations.json"


def destinations_file(settings: Settings) -> Path:
    """Where this user's destinations are kept: beside the settings."""
    return settings.path.parent / FILE


def destination_named(settings: Settings, name: str) -> Destination:
    """A destination by its name.

    Raises:
        UserError: there is none, or the file cannot be read.
    """
    return find_destination(read_destinations(destinations_file(settings)), name)


def echo(destination: Destination) -> float:
    """Does the machine answer? The seconds it took.

    Raises:
        UserError: it does not, with the step that failed.
    """
    return dimse_echo.echo(destination)


def find(destination: Destination, query: Query, is_cancelled: Callable[[], bool] = lambda: False) -> Answers:
    """Search a machine.

    Raises:
        UserError: it failed, or is not allowed.
    """
    return dimse_find.find(destination, query, is_cancelled)


def fetch_into(
    workspace: Path,
    destination: Destination,
    query: Query,
    on_progress: OnProgress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Fetched:
    """Fetch studies, series or objects into the workspace and list them; also what came before a failure is listed.

    Raises:
        UserError: it failed, or is not allowed.
    """
    done = Fetched()
    with Incoming(workspace) as incoming:
        try:
            return dimse_fetch.fetch(destination, query, incoming, on_progress, is_cancelled, done)
        finally:
            with StudyIndex(workspace / INDEX_NAME) as index:
                index.note_files(done.paths)
            incoming.settle(done.paths)
