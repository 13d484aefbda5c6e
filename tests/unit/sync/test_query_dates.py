"""What people type as a date becomes what archives understand, or is refused."""

from __future__ import annotations

import pytest

from imaging.errors import UserError
from sync.query_dates import date_range


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("2019", "20190101-20191231"),
        ("2020-02", "20200201-20200229"),
        ("2019-05-31", "20190531"),
        (" 31.05.2019 ", "20190531"),
        ("20190531", "20190531"),
        ("20190101-20190131", "20190101-20190131"),
        ("20190101-", "20190101-"),
        ("-20190131", "-20190131"),
        ("2019-", "20190101-"),
        ("2019-05-01 - 2019-06", "20190501-20190630"),
        ("01.05.2019 – 31.05.2019", "20190501-20190531"),
    ],
)
def test_what_is_meant(typed: str, asked: str) -> None:
    assert date_range(typed) == asked


@pytest.mark.parametrize("typed", ["", "-", "yesterday", "20190230", "2019-13", "19", "1.5.2019", "2019 2020", "*"])
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(UserError, match="no date"):
        date_range(typed)
