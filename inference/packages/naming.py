"""What models' own words for images and structures mean here."""

from __future__ import annotations

import re
from typing import Any

from inference.model import ModelLabel
from inference.packages.config_files import text_of
from inference.packages.description import Head

MAX_CHANNELS = 1000
MAX_DIGITS = 4
_MODALITIES = {
    "ct": "CT",
    "cect": "CT",
    "cbct": "CT",
    "mr": "MR",
    "mri": "MR",
    "pt": "PT",
    "pet": "PT",
    "nm": "NM",
    "us": "US",
    "ultrasound": "US",
    "mg": "MG",
    "mammogram": "MG",
    "mammography": "MG",
}


def dicom_modality(text: str) -> str:
    """DICOM's word for a modality in anybody's words; empty when it names none or several."""
    words = re.split(r"[^a-z]+", text.lower())
    found = {_MODALITIES[word] for word in words if word in _MODALITIES}
    return found.pop() if len(found) == 1 else ""


def labels_by_channel(names: dict[Any, Any], channel_count: int | None, head: Head | None) -> tuple[ModelLabel, ...]:
    """Labels of a network's channels.

    Args:
        names: name by channel, as a model's metadata says it: keys are numbers, perhaps as texts.
        channel_count: of the network's output; None when it is not known.
        head: what the channels mean.

    Returns:
        Labels without the background. Their values are the channels' indices where channel 0 is the background, else
        the index + 1, as for classes of the whole image.
    """
    numbered = {int(str(k)): v for k, v in names.items() if str(k).isdecimal() and len(str(k)) <= MAX_DIGITS}
    table = {index: text_of(name, f"Label {index}") for index, name in numbered.items()}
    if head is Head.SCORES:  # classes of the whole image: none of them is a background
        return tuple(ModelLabel(index + 1, name) for index, name in sorted(table.items()))
    has_background = is_background(table.get(0, ""))
    if not has_background and 0 in table and head is not Head.SIGMOID:
        # A name for all that is not wanted ("other"), unless one channel is left over that nothing is said about.
        has_background = not (channel_count is not None and len(table) == channel_count - 1)
    shift = 0 if has_background or 0 not in table else 1
    wanted = {index: name for index, name in table.items() if not (index == 0 and has_background)}
    return tuple(ModelLabel(index + shift, name) for index, name in sorted(wanted.items()) if not is_background(name))


def is_background(name: str) -> bool:
    """True for the names of what is no structure."""
    return name.strip().lower() in ("background", "bg", "__background__", "ignore")
