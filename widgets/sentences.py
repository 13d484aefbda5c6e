"""Sentences of the layers below the window, in the window's language.

Those layers know no Qt: they say things in English. `docs/collect_strings.py` collects the templates of what they say;
here the template of a sentence is found again, translated, and filled with the sentence's own words.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from PySide6.QtCore import QCoreApplication

CONTEXT = "Sentences"
PLACE = re.compile(r"\{\d\}")


def translated(sentence: str) -> str:
    """The sentence in the window's language; as it is where nobody translated it."""
    whole = QCoreApplication.translate(CONTEXT, sentence)
    if whole != sentence:
        return whole
    for template, pattern in _patterns():
        match = pattern.fullmatch(sentence)
        if match is not None:
            other = QCoreApplication.translate(CONTEXT, template)
            return sentence if other == template else _filled(other, match.groups())
    return sentence


def _filled(template: str, words: tuple[str, ...]) -> str:
    return PLACE.sub(lambda place: words[int(place.group()[1])], template)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Templates with places for words, those with the most fixed text first."""
    text = (files("resources") / "translations" / "sentences.json").read_text("utf-8")
    templates = [t for t in json.loads(text) if PLACE.search(t)]
    templates.sort(key=lambda t: -len(PLACE.sub("", t)))
    return tuple((t, re.compile("(.+?)".join(map(re.escape, PLACE.split(t))), re.DOTALL)) for t in templates)
