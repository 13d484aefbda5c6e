"""Texts that people wrote: what of them may stay because it cannot name anybody, and how names are found in them."""

from __future__ import annotations

import re
import unicodedata
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
LEAST_BYTES = 5  # shorter words occur by chance in what is no text
_DATE = re.compile(r"(?<!\d)\d{1,4}\s?([./-])\s?\d{1,2}\s?\1\s?\d{2,4}(?!\d)")
_NUMBERS = re.compile(r"\+?\d+(?:[\s./:()–-]{1,3}\d+)+")
_MOST_DIGITS = 4  # of numbers in a row: more are a telephone number, a date, or somebody's number


@cache
def _harmless() -> frozenset[str]:
    text = files("resources").joinpath("deidentification/harmless_words.txt").read_text("utf-8")
    return frozenset(w.casefold() for line in text.splitlines() if not line.startswith("#") for w in line.split())


def cleaned(text: str) -> str:
    """The text with only words that everybody uses (anatomy, technique), numbers of up to three digits, and signs.

    It keeps too little rather than too much: a rare word may be a name, and numbers in a row a telephone's.
    """
    text = _DATE.sub(" ", _NUMBERS.sub(_few_digits, text))
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


def _few_digits(found: re.Match[str]) -> str:
    return found.group() if sum(map(str.isdigit, found.group())) <= _MOST_DIGITS else " "


class KnownNames:
    """Names and numbers of one patient, looked for in all texts that stay.

    They are found in any case, with and without accents, with umlauts written as one letter or as two, a birth date in
    the usual ways of writing dates, and names in writing without spaces also within other words.

    Attributes:
        words: what is looked for, in small letters.
        numbers: those of them that are digits only.
    """

    def __init__(self, values: Iterable[str]) -> None:
        words: set[str] = set()
        dates: set[str] = set()
        for value in values:
            whole = _plain_form(value.strip())
            words.update(part for part in _parts_of(whole) if self._counts(part))
            dates.update(_date_patterns(whole))
        self.words = words
        self.numbers = frozenset(word for word in words if word.isdigit())
        bounded = [_loose(word) for word in sorted(words, key=len, reverse=True)]
        # long ones also within other words: "Mueller" in "CT_Muellerthorax"
        within = [_loose(w) for w in sorted(words, key=len, reverse=True) if len(w) >= 5 or _is_unspaced(w)]
        self._patterns = [
            re.compile(pattern, re.IGNORECASE)
            for pattern in (
                rf"(?<!\w)(?:{'|'.join(bounded)})(?!\w)" if bounded else "",
                "|".join(within),
                rf"(?<!\d)(?:{'|'.join(sorted(dates))})(?!\d)" if dates else "",
            )
            if pattern
        ]

    @staticmethod
    def _counts(word: str) -> bool:
        """Single letters and short numbers stand in every report: they are no help in finding names."""
        letters = re.sub(r"\W", "", word)
        if letters in _TITLES:
            return False
        return len(letters) >= (LEAST_NUMBER_DIGITS if letters.isdigit() else LEAST_NAME_LETTERS)

    def found_in(self, text: str) -> bool:
        """True when the text holds one of them."""
        text = unicodedata.normalize("NFKC", text)
        return any(pattern.search(text) is not None for pattern in self._patterns)

    def without(self, text: str) -> str:
        """The text without them."""
        text = unicodedata.normalize("NFKC", text)
        for pattern in self._patterns:
            text = pattern.sub("", text)
        return text

    def found_in_bytes(self, data: bytes) -> bool:
        """True when bytes that are no text hold one of the longer ones, in letters of one byte or of two."""
        lowered = data.lower()
        long_ones = (word for word in self.words if len(word.encode()) >= LEAST_BYTES and not word.isdigit())
        return any(word.encode() in lowered or word.encode("utf-16-le") in lowered for word in long_ones)


def _plain_form(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _parts_of(whole: str) -> set[str]:
    """The words of a name or number: also the halves of double names, and numbers within IDs."""
    parts = set(re.split(r"[\^=\s,;/]+", whole))
    for group in whole.split("="):
        if _is_unspaced(group):
            parts.add(re.sub(r"[\^\s]", "", group))  # written without a space between family and given name
    for part in list(parts):
        pieces = re.split(r"[-–_.]", part)
        is_name = all(piece.isalpha() for piece in pieces)
        parts.update(p for p in pieces if len(p) >= LEAST_NUMBER_DIGITS and (p.isdigit() or is_name))
    return {whole, *parts}


def _is_unspaced(text: str) -> bool:
    """True for writing that puts no spaces between words (Chinese, Japanese) or adds endings to names (Korean)."""
    return len(text) > 1 and all(ord(letter) >= 0x1100 for letter in text if letter.isalpha()) and text[0].isalpha()


@cache
def _accented() -> dict[str, str]:
    """Letter -> the same with all accents of the Latin alphabets."""
    made = {"o": "ø", "l": "ł", "d": "đð", "i": "ı"}
    for letter in map(chr, range(0xC0, 0x250)):
        base = unicodedata.normalize("NFKD", letter)[0].casefold()
        if base.isascii() and base.isalpha() and len(letter.casefold()) == 1:
            made[base] = made.get(base, "") + letter.casefold()
    return made


def _loose(word: str) -> str:
    """A pattern for a word in whatever way its umlauts, accents, and apostrophes are written."""
    for letter, two in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ø", "oe"), ("æ", "ae"), ("œ", "oe")):
        word = word.replace(letter, two)
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c) or ord(c) > 0x2FF)
    plain = unicodedata.normalize("NFKC", "".join(c for c in plain if not 0x300 <= ord(c) < 0x370))
    pieces, is_long = [], len(plain) >= 5
    for two, one in re.findall(r"(ae|oe|ue|ss)|(.)", plain, re.DOTALL):
        if two and is_long:
            pieces.append(f"(?:{two}|ß)" if two == "ss" else f"(?:{two}|[{two[0]}{_accented()[two[0]]}])")
        elif one in "'’`´":
            pieces.append("['’`´]?")
        else:
            pieces += [f"[{c}{_accented()[c]}]" if c in _accented() else re.escape(c) for c in two or one]
    return "".join(pieces)


def _date_patterns(value: str) -> list[str]:
    """Patterns for a date (YYYYMMDD) in the ways in which people write it."""
    found = re.fullmatch(r"(19|20)(\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", value)
    if found is None:
        return []
    century, short, month, day = found.groups()
    year, m, d = f"(?:{century})?{short}", f"0?{int(month)}", f"0?{int(day)}"
    gap, name = r"\W{1,3}", r"[^\W\d_]{3,9}"
    return [
        f"{d}{gap}{m}{gap}{year}",
        f"{m}{gap}{d}{gap}{year}",
        f"{year}{gap}{m}{gap}{d}",
        f"{d}{gap}{name}{gap}{year}",
        f"{name}{gap}{d}{gap}{year}",
        f"{day}{month}{century}{short}",
    ]
