"""Names and colours of label values inside a NIfTI file: the Caret label table that TotalSegmentator writes and reads.

An XML text in the header's extension, read here with a pattern so that no XML parser meets a foreign file.
"""

from __future__ import annotations

import re
from html import escape, unescape

from imaging.formats.label_file import LabelSegment
from imaging.segment import Color

LABEL = re.compile(r"<Label\b([^<>]{0,400})>(?:<!\[CDATA\[)?([^<>\]]{1,200})(?:\]\]>)?</Label>")
ATTRIBUTE = re.compile(r'(\w{1,10})="([^"]{1,30})"')


def read_label_table(text: str) -> dict[int, tuple[str, Color | None]]:
    """Name and colour of each label value; empty where the text holds no table."""
    table: dict[int, tuple[str, Color | None]] = {}
    for match in LABEL.finditer(text):
        attributes = dict(ATTRIBUTE.findall(match.group(1)))
        if attributes.get("Key", "").isdecimal():
            table[int(attributes["Key"])] = (unescape(match.group(2)).strip(), _color(attributes))
    return table


def _color(attributes: dict[str, str]) -> Color | None:
    try:
        red, green, blue = (float(attributes[name]) for name in ("Red", "Green", "Blue"))
    except (KeyError, ValueError):
        return None
    if not all(0 <= part <= 1 for part in (red, green, blue)):
        return None
    return round(red * 255), round(green * 255), round(blue * 255)


def write_label_table(segments: list[LabelSegment]) -> bytes:
    """The table as the extension's content; empty without segments."""
    if not segments:
        return b""
    lines = "".join(_line(segment) for segment in segments)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><CaretExtension><VolumeInformation Index="0"><LabelTable>\n'
        f"{lines}</LabelTable><StudyMetaDataLinkSet></StudyMetaDataLinkSet><VolumeType><![CDATA[Label]]></VolumeType>"
        "</VolumeInformation></CaretExtension>"
    ).encode()


def _line(segment: LabelSegment) -> str:
    red, green, blue = (part / 255 for part in segment.color or (255, 255, 255))
    name = escape(segment.name.replace("]", ")"), quote=False)
    key = f'Key="{segment.label_value}" Red="{red:.4f}" Green="{green:.4f}" Blue="{blue:.4f}" Alpha="1"'
    return f"<Label {key}>{name}</Label>\n"
