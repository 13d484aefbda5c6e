"""A stop is obeyed also where the other machine says nothing any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
)

from sync.destination import Destination
from sync.dimse import association
from sync.dimse.fetch import fetch
from sync.dimse.find import find
from sync.incoming import Incoming
from sync.query import Level, Query

QUERY = Query(Level.STUDY, {"StudyInstanceUID": "1.2.3"})


@pytest.fixture
def asked() -> threading.Event:
    return threading.Event()


@pytest.fixture
def silent(asked, monkeypatch) -> Iterator[Destination]:
    """A machine that takes every question and answers none."""
    monkeypatch.setattr(association, "PATIENCE_S", 0.2)
    is_over = threading.Event()

    def answer(_event: evt.Event) -> Iterator[int]:
        asked.set()
        is_over.wait(60)
        yield 0

    entity = AE(ae_title="SILENT")
    for model in (StudyRootQueryRetrieveInformationModelGet, StudyRootQueryRetrieveInformationModelFind):
        entity.add_supported_context(model)
    handlers = [(evt.EVT_C_GET, answer), (evt.EVT_C_FIND, answer)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    port = server.socket.getsockname()[1]
    yield Destination("silent", host="127.0.0.1", port=port, ae_title="SILENT", is_inside=True, timeout_s=600)
    is_over.set()
    server.shutdown()


def test_a_fetch_from_a_machine_that_hangs_can_be_stopped(silent, asked, tmp_path) -> None:
    with Incoming(tmp_path / "w") as incoming:
        done = fetch(silent, QUERY, incoming, is_cancelled=asked.is_set)
    assert done.is_cancelled
    assert done.count == 0


def test_a_search_at_a_machine_that_hangs_can_be_stopped(silent, asked) -> None:
    assert find(silent, QUERY, asked.is_set).records == ()
