"""Finding names by a few of their letters."""

from __future__ import annotations


def score(typed: str, text: str) -> float | None:
    """How well ``text`` fits what was typed; higher is better, None when a typed letter is missing.

    All letters must occur in their order. Letters that begin a word and letters in a row count more; short texts
    count more than long ones.
    """
    wanted, letters = typed.casefold().replace(" ", ""), text.casefold()
    if not wanted:
        return 0.0
    best = max((_from(wanted, letters, n) for n, c in enumerate(letters) if c == wanted[0]), default=None)
    return None if best is None or best < 0 else best - 0.01 * len(letters)


def _from(wanted: str, letters: str, start: int) -> float:
    """The score of matching greedily from ``start`` on; -1 when that fails."""
    points, place, last = 0.0, start, -2
    for letter in wanted:
        place = letters.find(letter, max(place, last + 1))
        if place < 0:
            return -1.0
        points += 1.0
        if place == 0 or not letters[place - 1].isalnum():
            points += 2.0
        if place == last + 1:
            points += 1.5
        last = place
    return points
