"""Text of the DICOM character sets (PS3.3 C.12.1.1.2, PS3.5 chapter 6)."""

from __future__ import annotations

_CODECS = {
    "": "latin-1",  # the default is ASCII; what is beyond it is most often Latin-1
    "ISO_IR 6": "latin-1",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 166": "tis_620",
    "ISO_IR 192": "utf-8",
    "ISO_IR 203": "iso8859_15",
    "GB18030": "gb18030",
    "GBK": "gbk",
}

# PS3.3 table C.12-3 and C.12-4: escape sequence -> codec of what follows it. The G0 sets of two bytes are written
# with the escape sequence in front, which Python's ISO 2022 codecs want to see.
_ESCAPES: dict[bytes, tuple[str, bytes]] = {
    b"\x1b(B": ("ascii", b""),
    b"\x1b(J": ("shift_jis", b""),
    b"\x1b)I": ("shift_jis", b""),
    b"\x1b-A": ("latin-1", b""),
    b"\x1b-B": ("iso8859_2", b""),
    b"\x1b-C": ("iso8859_3", b""),
    b"\x1b-D": ("iso8859_4", b""),
    b"\x1b-F": ("iso8859_7", b""),
    b"\x1b-G": ("iso8859_6", b""),
    b"\x1b-H": ("iso8859_8", b""),
    b"\x1b-L": ("iso8859_5", b""),
    b"\x1b-M": ("iso8859_9", b""),
    b"\x1b-T": ("tis_620", b""),
    b"\x1b-b": ("iso8859_15", b""),
    b"\x1b$B": ("iso2022_jp_2", b"\x1b$B"),
    b"\x1b$(D": ("iso2022_jp_2", b"\x1b$(D"),
    b"\x1b$)C": ("euc_kr", b""),
    b"\x1b$)A": ("gb2312", b""),
}


def decode_text(raw: bytes, character_set: str) -> str:
    """Text of ``raw``, written in the sets that (0008,0005) names; undecodable bytes become U+FFFD."""
    terms = [term.strip().replace("ISO 2022 IR", "ISO_IR") for term in character_set.split("\\")]
    codec = _CODECS.get(terms[0], "latin-1")
    if b"\x1b" not in raw:
        return raw.decode(codec, "replace")
    return "".join(_decoded(part, codec) for part in _runs(raw))


def _runs(raw: bytes) -> list[bytes]:
    """The text cut before each escape sequence and after each delimiter, where the first set applies again."""
    runs, begin = [], 0
    for place, byte in enumerate(raw):
        if byte == 0x1B and place > begin:
            runs.append(raw[begin:place])
            begin = place
        elif byte in b"^=\\\r\n" and not raw[begin:].startswith(b"\x1b$B"):
            runs.append(raw[begin:place])
            runs.append(raw[place : place + 1])
            begin = place + 1
    return [*runs, raw[begin:]]


def _decoded(run: bytes, first_codec: str) -> str:
    for escape, (codec, kept) in _ESCAPES.items():
        if run.startswith(escape):
            return (kept + run[len(escape) :]).decode(codec, "replace")
    return run.lstrip(b"\x1b").decode(first_codec, "replace")
