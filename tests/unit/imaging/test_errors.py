"""Messages may quote what a file says, and can be printed all the same."""

from __future__ import annotations

import pytest

from imaging.errors import UserError


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\x9b", "\ud800", "\u202e", "\r"])
def test_what_a_terminal_would_obey_is_replaced(sign: str) -> None:
    error = UserError(f"a{sign}b", f"c{sign}d")
    assert (error.message, error.hint, str(error)) == ("a\ufffdb", "c\ufffdd", "a\ufffdb")
    error.message.encode()


def test_writing_of_all_kinds_stays() -> None:
    text = "200\u00a0%, “ä” 山田 שרון\nsecond line: …"
    assert UserError(text).message == text
