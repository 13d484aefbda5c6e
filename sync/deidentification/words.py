"""Texts that people wrote: what of them may stay because it cannot name anybody, and how names are found in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

_SPLIT = re.compile(r"[^\W_]+|[^\w\s]|_|\s+", re.UNICODE)
_SMALL_NUMBER = re.compile(r"\d{1,3}")
_MEASURE = re.compile(r"\d{1,3}(mm|cm|s|ms|min|kv|kvp|ma|mas|hu|d|deg|t|x|st|nd|rd|th|phase)", re.IGNORECASE)
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "md", "phd", "prof", "sir", "jr", "sr", "herr", "frau"}
)  # nobody's
LEAST_NAME_LETTERS, LEAST_NUMBER_DIGITS = 2, 4


@cache
def _harmless() -> frozenset[str]:
    text = files("resources").joinpath("deidentification/harmless_words.txt").read_text("utf-8")
    return frozenset(w.casefold() for line in text.splitlines() if not line.startswith("#") for w in line.split())


def cleaned(text: str) -> str:
    """The text with only words that everybody uses (anatomy, technique), numbers of up to three digits, and signs.

    It keeps too little rather than too much: a rare word may be a name.
    """
    kept = []
    for piece in _SPLIT.findall(text):
        is_word = piece[0].isalnum()
        if (
            not is_word
            or piece.casefold() in _harmless()
            or _SMALL_NUMBER.fullmatch(piece)
            or _MEASURE.fullmatch(piece)
        ):
            kept.append(piece)
    return re.sub(r"\s+", " ", "".join(kept)).strip(" ^-_,;:./\\")


class KnownNames:
    """Names and numbers of one patient, looked for in all texts that stay."""

    def __init__(self, values: Iterable[str]) -> None:
        words: set[str] = set()
        for value in values:
            whole = value.strip()
            parts = re.split(r"[\^=\s,;/]+", whole)
            words.update(part.casefold() for part in (whole, *parts) if self._counts(part))
        self.words = words
        pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE) if words else None
        # long ones also within other words: "Mueller" in "CT_Muellerthorax"
        long_ones = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True) if len(w) >= 5)
        self._within = re.compile(long_ones, re.IGNORECASE) if long_ones else None

    @staticmethod
    def _counts(word: str) -> bool:
        """Single letters and short numbers stand in every report: they are no help in finding names."""
        letters = re.sub(r"\W", "", word)
        if letters.casefold() in _TITLES:
            return False
        return len(letters) >= (LEAST_NUMBER_DIGITS if letters.isdigit() else LEAST_NAME_LETTERS)

    def found_in(self, text: str) -> bool:
        """True when the text holds one of them."""
        return any(p is not None and p.search(text) is not None for p in (self._pattern, self._within))

    def without(self, text: str) -> str:
        """The text without them."""
        for pattern in (self._pattern, self._within):
            text = text if pattern is None else pattern.sub("", text)
        return text
