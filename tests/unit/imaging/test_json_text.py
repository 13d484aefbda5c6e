"""JSON from elsewhere is read, or refused by one kind of exception."""

from __future__ import annotations

import pytest

from imaging.json_text import read_json


def test_what_is_json_is_read() -> None:
    assert read_json('{"a": [1, null]}') == {"a": [1, None]}
    assert read_json(b"3") == 3


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "", "{", "nothing", b"\xff"])
def test_what_is_not_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_json(text)
