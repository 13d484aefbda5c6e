"""How texts of studies are compared: whatever their case, accents and spelling, as they differ between machines."""

from __future__ import annotations

import re
import unicodedata

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_DATE = re.compile(r"(\d{4})-(\d{2})-?(\d{2})?|(\d{2})\.(\d{2})\.(\d{4})")


def folded_text(*parts: str) -> str:
    """Text in which search finds things whatever their case; DICOM's ``^`` between a name's parts counts as a space."""
    return unicodedata.normalize("NFC", " ".join(parts)).replace("^", " ").casefold()


def spellings(folded: str) -> list[str]:
    """A folded text as it stands, without accents, and as machines without umlauts write it, each once."""
    bare = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    return list(dict.fromkeys((folded, unicodedata.normalize("NFC", bare), folded.translate(_GERMAN))))


def name_parts(name: str) -> set[str]:
    """The parts of a person's name in all its scripts (PS3.5 6.2.1) and spellings."""
    return set(" ".join(spellings(folded_text(name.replace("=", " ")))).split())


def searched_words(text: str) -> list[list[str]]:
    """The words of a search, each with what else it may mean: dates are shown otherwise than they are kept."""
    words = []
    for word in folded_text(text).split():
        found = _DATE.fullmatch(word)
        year, month, day, its_day, its_month, its_year = found.groups("") if found else [""] * 6
        words.append([word, *filter(None, [year + month + day or its_year + its_month + its_day])])
    return words
