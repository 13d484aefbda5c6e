"""Fetching into the workspace: what came before a cut is listed, and the error says that it is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_series import SeriesMaker

from imaging.workspace import listing
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session import archives
from sync.destination import Destination
from sync.dimse.association import ConnectionFailed
from sync.incoming import Fetched, Incoming
from sync.query import Query


@pytest.mark.parametrize("count", [0, 3])
def test_after_a_cut_it_is_said_what_is_here(monkeypatch, tmp_path: Path, count: int) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    SeriesMaker(folder)(3)

    def fetch(_d, _q, incoming: Incoming, _p, _c, done: Fetched) -> Fetched:
        for number, path in enumerate(sorted(folder.iterdir())[:count]):
            uids = {"study_uid": "1.2", "series_uid": "1.2.3", "sop_uid": f"1.2.3.{number}"}
            done.count_in(incoming.store(path.read_bytes(), **uids, sender="a"))
        raise ConnectionFailed("answer", "It went away.", "It may have been restarted.")

    monkeypatch.setattr(archives.dimse_fetch, "fetch", fetch)
    with pytest.raises(ConnectionFailed, match="It went away") as failure:
        archives.fetch_into(tmp_path / "workspace", Destination("a"), Query())
    assert ("3 images" in failure.value.hint) == (count == 3)
    assert failure.value.step == "answer"
    with StudyIndex(tmp_path / "workspace" / INDEX_NAME) as index:
        assert sum(row.instance_count for row in listing.studies(index)) == count
