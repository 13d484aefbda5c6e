"""Finding names by the letters that begin their words, or by any part of them."""

from __future__ import annotations

from functools import cache

WORD_START, IN_A_ROW = 2.0, 2.5
INSIDE = -5.0  # found in the middle of a word only


def score(typed: str, text: str) -> float | None:
    """How well ``text`` fits what was typed; higher is better, None when it does not.

    Each letter must begin a word or follow the letter found before: ``lw`` and ``luwi`` find “Lung window”, and
    ``win`` does too. A part from the middle of a word fits as well, but worse. Short texts come before long ones.
    """
    wanted, letters = typed.casefold().replace(" ", ""), text.casefold()
    if not wanted:
        return 0.0
    points = _by_words(wanted, letters)
    if points is None and wanted in letters.replace(" ", ""):
        points = INSIDE + len(wanted) * IN_A_ROW
    return None if points is None else points - 0.01 * len(letters)


def _by_words(wanted: str, letters: str) -> float | None:
    """The best way of taking the letters from word starts and runs; None when there is none."""
    starts = [n for n, c in enumerate(letters) if c.isalnum() and (n == 0 or not letters[n - 1].isalnum())]

    @cache
    def best(done: int, last: int) -> float | None:
        if done == len(wanted):
            return 0.0
        found = []
        following = last + 1
        if last >= 0 and following < len(letters) and letters[following] == wanted[done]:
            found.append((IN_A_ROW, best(done + 1, following)))
        jumps = (place for place in starts if place > last and letters[place] == wanted[done])
        found += [(WORD_START + (place == 0), best(done + 1, place)) for place in jumps]  # the first word counts more
        return max((1.0 + bonus + rest for bonus, rest in found if rest is not None), default=None)

    return best(0, -1)
