"""Names and descriptions of presets in the window's language.

Those that ship with the program stand in files, in English; `docs/collect_strings.py` collects them for translators.
What people named themselves is shown as they typed it.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from session.look.preset import MINE, Preset

CONTEXT = "Presets"


def name_of(preset: Preset) -> str:
    """For lists."""
    return _shown(preset, preset.name)


def description_of(preset: Preset) -> str:
    """For tooltips; empty when there is none."""
    return _shown(preset, preset.description)


def short_name(preset: Preset, *, fits: bool) -> str:
    """Without the kind of image where that is clear, because it fits the open one."""
    name = name_of(preset)
    short = name.removeprefix(f"{preset.group} ")
    return short[:1].upper() + short[1:] if fits else name


def _shown(preset: Preset, text: str) -> str:
    return text if preset.group == MINE or not text else QCoreApplication.translate(CONTEXT, text)
