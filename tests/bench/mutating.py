"""Kinds of damage: to any bytes, and to the values of DICOM files, text headers, binary headers and case files.

Damage to bytes finds parsers that trust lengths; damage to values finds what comes after the parser. Each function
takes the bytes and a seeded ``random.Random``, so that the same seed makes the same file.
"""

from __future__ import annotations

import gzip
import random
import re
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

Bend = Callable[[bytes, random.Random], bytes]


def bent(data: bytes, dice: random.Random) -> bytes:
    """A copy with one to three kinds of damage to its bytes."""
    changed = bytearray(data or b"\0")
    for _ in range(dice.choice((1, 1, 2, 3))):
        dice.choice((_flip_header, _flip_header, _flip_anywhere, _cut_end, _cut_out, _repeat, _insert, _huge_length))(
            changed, dice
        )
    return bytes(changed)


def _flip_header(changed: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 3, 20))):
        changed[dice.randrange(min(128, len(changed) - 1), min(3000, len(changed)))] = dice.randrange(256)


def _flip_anywhere(changed: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 10, 100))):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)


def _cut_end(changed: bytearray, dice: random.Random) -> None:
    del changed[dice.randrange(140, max(141, len(changed))) :]
    changed.extend(b"\0" * max(0, 200 - len(changed)))


def _cut_out(changed: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(changed))
    del changed[at : at + dice.choice((1, 2, 8, 100))]
    changed.extend(b"\0" * max(0, 200 - len(changed)))


def _repeat(changed: bytearray, dice: random.Random) -> None:
    at, count = dice.randrange(len(changed)), dice.choice((4, 50, 500))
    changed[at:at] = changed[at : at + count] * dice.choice((1, 30))


def _insert(changed: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(changed))
    changed[at:at] = dice.randbytes(dice.choice((1, 2, 16, 300)))


def _huge_length(changed: bytearray, dice: random.Random) -> None:
    at = dice.randrange(132, max(133, min(3000, len(changed) - 8)))
    changed[at : at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xfe\xff\0\0"))


# ------------------------------------------------------------------------------------------------ DICOM

NUMBERS = (
    b"1e308", b"-1e308", b"1e-320", b"1e400", b"nan", b"inf", b"-inf", b"0", b"-0", b"", b" ", b"1_0", b"0x10", b"-1",
    b"2147483648", b"-2147483649", b"99999999999999999999", b"65536", b"1.5", b"1e5", b"1,5", b"\xff", b"1\\2", b"\\",
    b"1\\2\\3\\4\\5\\6\\7", b"9" * 64, b"0\\0\\0\\0\\0\\0", b"1\\0\\0\\0\\0\\0", b"\0\0", b"1e9", b"-1e9", b"1e-9",
)  # fmt: skip
TEXTS = (
    b"", b"\0", b"\x1b$B", b"\x1b(J\x1b$B\x1b", b"\xff\xfe\xfd", b"\xc3\x28", b"\xed\xa0\x80", b"A" * 5000, b"=^^^===",
    b"^" * 40, b"\\" * 40, b"<b>x</b>&amp;", b"../../x", b"\n\r\t\x08", b"\x1b]0;x\x07", b"\xd8\x00", b"%s%n{0}",
)  # fmt: skip
_BY_KIND: dict[bytes, tuple[bytes, ...]] = {
    b"DS": NUMBERS,
    b"IS": NUMBERS,
    b"UI": (b"", b"../../etc/passwd", b"1" * 200, b"1..2", b"a.b", b"1.2.3\0\0", b".", b"1.2.840.10008.1.2.1.99",
            b"1.2.840.10008.1.3.10", b"1.2.840.10008.5.1.4.1.1.66.4", b"1.2.840.10008.5.1.4.1.1.88.33", b"\xff.1"),
    b"CS": (*TEXTS, b"ISO_IR 192", b"GB18030", b"\\ISO 2022 IR 87", b"ISO 2022 IR 149\\ISO 2022 IR 13", b"NONSENSE",
            b"SEG", b"SR", b"RTSTRUCT", b"PALETTE COLOR", b"YBR_FULL_422", b"RGB", b"FRACTIONAL", b"LABELMAP",
            b"CLOSED_PLANAR", b"POLYLINE", b"ELLIPSE", b"MONOCHROME1", b"CONTAINER", b"NUM"),
    b"DA": (b"", b"20269999", b"2026.01.01", b"00000000", b"20260101-20270101", b"\xff", b"1"),
    b"TM": (b"", b"999999.999999", b"25", b"-1", b"\xff", b"12:00:00"),
    b"DT": (b"", b"20269999", b"20260101120000.0+9999", b"\xff"),
    b"AS": (b"", b"999Y", b"Y", b"-01Y", b"\xff"),
}  # fmt: skip
_KINDS = b"AE|AS|AT|CS|DA|DS|DT|FL|FD|IS|LO|LT|PN|SH|SL|SS|ST|TM|UI|UL|US|OB|OW|OF|OD|OL|SQ|UC|UN|UR|UT"
_ELEMENT = re.compile(rb"([\x00-\x88].[\x00-\xff].)(" + _KINDS + rb")(..)", re.DOTALL)
_LONG_KINDS = (b"OB", b"OW", b"OF", b"OD", b"OL", b"SQ", b"UC", b"UN", b"UR", b"UT")


def bent_dicom(data: bytes, dice: random.Random) -> bytes:
    """Damage to bytes, or to the values of one to four elements, wherever in the sequences they stand."""
    if dice.random() < 0.4:
        return bent(data, dice)
    changed = data
    for _ in range(dice.choice((1, 1, 2, 4))):
        found = list(_ELEMENT.finditer(changed, 128, min(len(changed), 1 << 17)))
        if len(found) < 8:
            return bent_numbers(data, dice)  # implicit: nothing says which values are what
        changed = _bent_element(changed, dice.choice(found), dice)
    return changed


def _bent_element(data: bytes, found: re.Match[bytes], dice: random.Random) -> bytes:
    """One element with another value, kind or tag, or without, or twice."""
    kind, is_long = found[2], found[2] in _LONG_KINDS
    begin = found.end() + (4 if is_long else 0)
    length = (
        struct.unpack("<I", data[begin - 4 : begin].ljust(4, b"\0"))[0] if is_long else struct.unpack("<H", found[3])[0]
    )
    end = begin + (0 if length == 0xFFFFFFFF else min(length, len(data) - begin))
    how = dice.random()
    if how < 0.06:
        return data[: found.start()] + data[end:]
    if how < 0.12:
        return data[:end] + data[found.start() : end] * dice.choice((1, 1, 20)) + data[end:]
    if how < 0.16:
        return data[: found.start(2)] + dice.choice(_KINDS.split(b"|")) + data[found.end(2) :]
    if how < 0.20:
        return data[: found.start()] + dice.randbytes(4) + data[found.end(1) :]
    value = _hostile_value(kind, data[begin:end], dice)
    if dice.random() < 0.5 and end > begin:  # of the old length: lengths around it stay right
        value = value[: end - begin].ljust(end - begin, b"\0" if kind in (b"UI", b"UN") else b" ")
    value += b" " * (len(value) % 2)
    value = value[: 0xFFFE if not is_long else 1 << 20]
    if is_long:
        told = 0xFFFFFFFF if length == 0xFFFFFFFF else len(value)
        return data[: begin - 4] + struct.pack("<I", told) + value + data[end:]
    return data[: found.start(3)] + struct.pack("<H", len(value)) + value + data[end:]


def _hostile_value(kind: bytes, old: bytes, dice: random.Random) -> bytes:
    if kind in _BY_KIND:
        return _one_of_several(old, dice.choice(_BY_KIND[kind]), dice)
    if kind in (b"US", b"SS"):
        return struct.pack("<H", dice.choice((0, 1, 2, 3, 8, 32, 64, 255, 0x7FFF, 0x8000, 0xFFFF)))
    if kind in (b"UL", b"SL", b"AT"):
        return struct.pack("<I", dice.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1000)))
    if kind in (b"FL", b"FD"):
        number = dice.choice((0.0, -1.0, 1e30, -1e30, float("nan"), float("inf"), 1e-30))
        return struct.pack("<f" if kind == b"FL" else "<d", number)
    if kind in _LONG_KINDS:
        return dice.choice((b"", old[: len(old) // 2], old * 2, old[::-1], dice.randbytes(min(len(old), 64))))
    return _one_of_several(old, dice.choice(TEXTS), dice)


def _one_of_several(old: bytes, new: bytes, dice: random.Random) -> bytes:
    """Often only one of an element's several values is another."""
    values = old.split(b"\\")
    if len(values) == 1 or dice.random() < 0.3:
        return new
    values[dice.randrange(len(values))] = new
    return b"\\".join(values)


# ------------------------------------------------------------------------------------------------ other formats


def bent_numbers(data: bytes, dice: random.Random) -> bytes:
    """Hostile numbers at even places of the first kilobytes, of a binary header such as NIfTI's."""
    if dice.random() < 0.3:
        return bent(data, dice)
    changed = bytearray(data)
    for _ in range(dice.choice((1, 2, 4))):
        kind = dice.choice(("<h", "<i", "<f", "<q", "<d"))
        if kind in ("<f", "<d"):
            number: float = dice.choice((0.0, -1.0, 1e30, -1e30, float("nan"), float("inf"), 1e-30, 1e10))
        else:
            number = dice.choice((0, 1, -1, 2, 3, 7, 16, 1000, 32767, -32768))
        at = 2 * dice.randrange(0, max(1, min(len(data), 1500) // 2 - 4))
        changed[at : at + struct.calcsize(kind)] = struct.pack(kind, number)
    return bytes(changed)


def bent_text(data: bytes, dice: random.Random) -> bytes:
    """Words of a text header replaced by hostile ones, lines left out, repeated or made up (NRRD, MetaImage)."""
    if dice.random() < 0.25:
        return bent(data, dice)
    end = data.find(b"\n\n") + 1 or data.find(b"ElementDataFile")
    end = end if end > 0 else len(data)
    lines = data[:end].split(b"\n")
    for _ in range(dice.choice((1, 1, 2, 4))):
        at = dice.randrange(len(lines))
        how = dice.random()
        if how < 0.1 and len(lines) > 2:
            del lines[at]
        elif how < 0.2:
            lines[at:at] = [lines[at]] * dice.choice((1, 1, 50))
        elif how < 0.3:
            lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)]
        else:
            words = re.split(rb"([ =(),:]+)", lines[at])
            words[2 * dice.randrange((len(words) + 1) // 2)] = dice.choice((*NUMBERS, *TEXTS, b"none", b"list", b"%d"))
            lines[at] = b"".join(words)
    return b"\n".join(lines) + data[end:]


def inside_gzip(bend: Bend) -> Bend:
    """Damage inside a gzip file, or sometimes to the packed bytes."""

    def changed(data: bytes, dice: random.Random) -> bytes:
        if dice.random() < 0.2:
            return bent(data, dice)
        return gzip.compress(bend(gzip.decompress(data), dice), 1, mtime=0)

    return changed


def inside_zip(data: bytes, dice: random.Random) -> bytes:
    """Damage to an archive's bytes, to its members, or to their names."""
    how = dice.random()
    if how < 0.35:
        return bent(data, dice)
    if how < 0.55:  # its directory stands at the end
        changed = bytearray(data)
        for _ in range(dice.choice((1, 3, 10))):
            changed[dice.randrange(max(0, len(data) - 400), len(data))] = dice.randrange(256)
        return bytes(changed)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    name = dice.choice(list(members))
    members[name] = bent_dicom(members[name], dice)
    if dice.random() < 0.2:
        members[
            dice.choice(("../x", "/x", "C:x", "NUL", "a\\b", "x" * 300, "ü\ud83d".encode("utf-8", "replace").decode()))
        ] = b"x"
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return buffer.getvalue()


_TABLES = {
    "meta": ("value",),
    "entries": ("utc", "author", "title", "parameters", "kind", "target", "records", "segment_order", "hash"),
    "deltas": ("layer", "k", "j", "i", "itemsize", "data"),
    "checkpoints": ("content",),
    "checkpoint_blocks": ("layer", "k", "j", "i", "itemsize", "data"),
    "state": ("value",),
}


def bent_case(data: bytes, dice: random.Random) -> bytes:
    """Damage to a case file's bytes or pages, or to the values in its tables."""
    if dice.random() < 0.35:
        changed = bytearray(data)
        for _ in range(dice.choice((1, 3, 20))):
            changed[dice.randrange(len(data) if dice.random() < 0.7 else 100)] = dice.randrange(256)
        return bytes(changed[: dice.randrange(len(data))]) if dice.random() < 0.15 else bytes(changed)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(data)
        connection = sqlite3.connect(path, isolation_level=None)
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for _ in range(dice.choice((1, 1, 2))):
            _bend_table(connection, dice)
        connection.close()
        return path.read_bytes()


def _bend_table(connection: sqlite3.Connection, dice: random.Random) -> None:
    table = dice.choice(list(_TABLES))
    keys = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5]]
    rows = connection.execute(f"SELECT {', '.join(keys)} FROM {table}").fetchall()
    if not rows:
        return
    where, row = " AND ".join(f"{key} = ?" for key in keys), dice.choice(rows)
    if dice.random() < 0.1:
        connection.execute(f"DELETE FROM {table} WHERE {where}", row)
        return
    column = dice.choice(_TABLES[table])
    (old,) = connection.execute(f"SELECT {column} FROM {table} WHERE {where}", row).fetchone()
    connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {where}", (_hostile_cell(old, dice), *row))


def _hostile_cell(old: object, dice: random.Random) -> object:
    if isinstance(old, bytes):
        return dice.choice((b"", zlib.compress(b"\0" * 5_000_000), bent(old, dice), old[::-1], zlib.compress(old)))
    if isinstance(old, int) or old is None:
        return dice.choice((-1, 0, 3, 1000, 1 << 40, "x", 2.5))
    text = str(old)
    how = dice.random()
    if how < 0.2:
        return dice.choice(("", "null", "[]", "{}", "5", '"x"', "[" * 100_000, "nan", "[[[1]]]", b"\xff\xfe"))
    numbers = list(re.finditer(r"-?\d+(\.\d+)?", text))
    if how < 0.6 and numbers:
        found = dice.choice(numbers)
        new = dice.choice(("-1", "0", "1e308", "NaN", "Infinity", "1.5", "null", '"x"', "[]", "99999999999", "65536"))
        return text[: found.start()] + new + text[found.end() :]
    words = list(re.finditer(r'"[^"]*"', text))
    if how < 0.9 and words:
        found = dice.choice(words)
        new = dice.choice(('""', "null", "5", '"x"', "{}", "[null]", '"\\ud800"', "true"))
        return text[: found.start()] + new + text[found.end() :]
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(("", "}", "]", ",", '"', text)) + text[at + 1 :]
