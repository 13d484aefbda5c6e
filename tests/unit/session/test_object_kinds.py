"""Which images an object is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from session.object_kinds import LookedAt, ObjectKind


@pytest.mark.parametrize(
    ("uids", "series_id", "is_about"),
    [
        (["1.2.3"], "1.2.3", True),
        (["1.2.3"], "1.2.3.2", True),  # a part of a series that was split
        (["1.2.3"], "1.2.34", False),
        (["1.2.3"], "1.2", False),
        (["9.9", "1.2.3"], "1.2.3", True),
        ([], "1.2.3", True),  # it does not say
    ],
)
def test_a_series_is_known_by_its_whole_uid(uids: list[str], series_id: str, is_about: bool) -> None:
    assert LookedAt(Path("a.dcm"), ObjectKind.MASKS, series_uids=frozenset(uids)).is_about(series_id) == is_about
