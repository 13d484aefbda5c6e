"""What the window says of models: their licence and code, and what a run is expected to take."""

from __future__ import annotations

import textwrap

from PySide6.QtCore import QCoreApplication

from session.model_listing import MIB_PER_GIB, Code
from session.model_plans import Expectation
from widgets.model_offer import ModelOffer
from widgets.sentences import translated

TIP_WIDTH = 70
TIP_LINES = 5
LICENCE_LENGTH = 60


def code_words(code: Code) -> str:
    """Such as ``code: trusted``."""
    words = {
        Code.BUILT_IN: _tr("part of Limner"),
        Code.NONE: _tr("code: none"),
        Code.TRUSTED: _tr("code: trusted"),
        Code.UNTRUSTED: _tr("code: untrusted"),
        Code.EXTERNAL: _tr("a program of its own"),
    }
    return words[code]


def licence_words(licence: str) -> str:
    """A licence in one line."""
    return textwrap.shorten(licence, LICENCE_LENGTH, placeholder=" …") if licence else _tr("no licence stated")


def expectation_words(expected: Expectation) -> str:
    """Such as ``fits: about 40 s, 3.1 GB``."""
    if expected.problem:
        return _tr("cannot be planned")
    size = memory_words(expected)
    if not expected.fits:
        return _tr("does not fit: needs {0}").format(size)
    if expected.seconds is None:
        return _tr("fits: {0}; not timed yet").format(size) if size else _tr("not timed on this computer yet")
    time = time_words(expected.seconds)
    return _tr("fits: {0}, {1}").format(time, size) if size else time


def time_words(seconds: float) -> str:
    """Such as ``about 40 s``."""
    if seconds < 90:
        return _tr("about {0:.0f} s").format(max(seconds, 1))
    if seconds < 5400:
        return _tr("about {0:.0f} min").format(seconds / 60)
    return _tr("about {0:.1f} h").format(seconds / 3600)


def memory_words(expected: Expectation) -> str:
    """Memory of the computer, and of the graphics card where one is used; empty where nobody knows."""
    if expected.memory_mb is None:
        return ""
    size = _tr("{0:.1f} GB").format(expected.memory_mb / MIB_PER_GIB)
    if expected.gpu_memory_mb:
        return _tr("{0} and {1:.1f} GB of graphics memory").format(size, expected.gpu_memory_mb / MIB_PER_GIB)
    return size


def tooltip_of(offer: ModelOffer, expected: Expectation | None) -> str:
    """Everything worth knowing before a run, as plain text."""
    lines = [offer.name if offer.fits else _tr("{0} cannot be run on this image").format(offer.name)]
    if not offer.fits:
        lines += [translated(offer.reason), translated(offer.hint)]
    if offer.about:
        lines += _wrapped(offer.about)
    if len(offer.channels) > 1:
        lines += _wrapped(_tr("Wants {0} images: {1}").format(len(offer.channels), ", ".join(offer.channels)))
    lines += _wrapped(_tr("Finds: {0}").format(", ".join(offer.labels) or _tr("not stated")))
    if offer.is_foreign:
        lines += _wrapped(_tr("Licence: {0}").format(licence_words(offer.licence)))
    lines.append(code_words(offer.code))
    if expected is not None and offer.fits:
        lines += _expected_lines(expected)
    return "\n".join(line for line in lines if line)


def _expected_lines(expected: Expectation) -> list[str]:
    if expected.problem:
        return _wrapped(translated(expected.problem))
    lines = [expectation_words(expected)]
    if expected.free_mb:
        lines[0] += _tr("; {0:.1f} GB are free").format(expected.free_mb / MIB_PER_GIB)
    if expected.seconds is None:
        lines.append(_tr("Not timed on this computer yet: the first run measures it."))
    where = ", ".join(part for part in (expected.device, expected.backend) if part)
    lines.append(_tr("Computes on: {0}").format(where) if where else "")
    return lines + _wrapped(confinement_words(expected.confinement))


def confinement_words(sentences: str) -> str:
    """What a foreign model cannot do here, in the window's language."""
    parts = [part if part.endswith(".") else f"{part}." for part in sentences.split(". ") if part]
    return " ".join(translated(part) for part in parts)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, TIP_WIDTH, max_lines=TIP_LINES, placeholder=" …")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Models", text)
