"""The other machines of a workspace: where they are set up, and fetching from them into the list of studies."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.settings import Settings
from sync.destination import Destination, Network, find_destination, read_destinations
from sync.diagnose import NOBODY
from sync.dicomweb import fetch as web_fetch
from sync.dicomweb import find as web_find
from sync.dicomweb import send as web_send
from sync.dimse import echo as dimse_echo
from sync.dimse import fetch as dimse_fetch
from sync.dimse import find as dimse_find
from sync.dimse import send as dimse_send
from sync.dimse.association import ConnectionFailed
from sync.dimse.fetch import OnProgress
from sync.dimse.send import Outgoing, Sent
from sync.incoming import Fetched, Incoming
from sync.query import Answers, Level, Query

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
    if destination.network is Network.DIMSE:
        return dimse_echo.echo(destination)
    began = time.perf_counter()
    web_find.find(destination, Query(Level.STUDY, {"PatientID": NOBODY}, limit=1))
    return time.perf_counter() - began


def find(destination: Destination, query: Query, is_cancelled: Callable[[], bool] = lambda: False) -> Answers:
    """Search a machine.

    Raises:
        UserError: it failed, or is not allowed.
    """
    search = dimse_find.find if destination.network is Network.DIMSE else web_find.find
    return search(destination, query, is_cancelled)


def fetch_into(
    workspace: Path,
    destination: Destination,
    query: Query,
    on_progress: OnProgress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    done: Fetched | None = None,
) -> Fetched:
    """Fetch studies, series or objects into the workspace and list them; also what came before a failure is listed.

    Args:
        done: is added to instead of a new one.

    Raises:
        UserError: it failed, or is not allowed.
    """
    done = Fetched() if done is None else done
    known = len(done.paths)
    with Incoming(workspace) as incoming:
        try:
            bring = dimse_fetch.fetch if destination.network is Network.DIMSE else web_fetch.fetch
            return bring(destination, query, incoming, on_progress, is_cancelled, done)
        except ConnectionFailed as error:
            if not done.count:
                raise
            hint = f"{done.count} images are here. Fetch again to get the rest."
            raise ConnectionFailed(error.step, error.message, hint) from error
        finally:
            with StudyIndex(workspace / INDEX_NAME) as index:
                index.note_files(done.paths[known:])
            incoming.settle(done.paths[known:])


def send(
    destination: Destination,
    files: Sequence[Outgoing],
    on_progress: OnProgress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    done: Sent | None = None,
) -> Sent:
    """Send files as they are.

    Args:
        done: is filled instead of a new one, so that ``on_progress`` can look at it.

    Raises:
        UserError: nothing could be stored, or it is not allowed.
    """
    deliver = dimse_send.send if destination.network is Network.DIMSE else web_send.send
    return deliver(destination, files, on_progress, is_cancelled, done)
