"""Compressed frames in their fragments (PS3.5 annex A.4)."""

from __future__ import annotations

from dataclasses import dataclass

from imaging.dicom.sources import Reader
from imaging.errors import UserError

_ITEM = b"\xfe\xff\x00\xe0"
_END = b"\xfe\xff\xdd\xe0"
_STARTS = (b"\xff\xd8", b"\xff\x4f\xff\x51")  # JPEG and JPEG-LS; JPEG 2000
_MAX_FRAGMENTS = 1_000_000


@dataclass(frozen=True)
class Fragments:
    """Places of the compressed frames: ``frames[n]`` is a list of (offset, length) in the source."""

    frames: list[list[tuple[int, int]]]

    def read(self, reader: Reader, index: int) -> bytes:
        """The compressed bytes of one frame.

        Raises:
            UserError: the file ends before the frame does.
        """
        if index >= len(self.frames):
            raise UserError("The file ends before its last frame.")
        parts = [reader.read(offset, length) for offset, length in self.frames[index]]
        if any(len(part) < length for part, (_, length) in zip(parts, self.frames[index], strict=True)):
            raise UserError("The file is cut short within its pixels.")
        return b"".join(parts)


def find_fragments(reader: Reader, offset: int, frame_count: int) -> Fragments:
    """Walk the items of encapsulated pixel data and tell which fragments make up which frame."""
    places: list[tuple[int, int]] = []
    place = offset
    for _ in range(_MAX_FRAGMENTS):
        head = reader.read(place, 8)
        if head[:4] != _ITEM:
            break
        length = int.from_bytes(head[4:8], "little")
        places.append((place + 8, length))
        place += 8 + length
    if not places:
        raise UserError("The compressed pixels have no readable fragments.")
    table, fragments = places[0], places[1:]
    if frame_count == 1:
        return Fragments([fragments])
    if len(fragments) <= frame_count:
        return Fragments([[fragment] for fragment in fragments])
    return Fragments(_by_table(reader, table, fragments, frame_count) or _by_marker(reader, fragments, frame_count))


def _by_table(
    reader: Reader, table: tuple[int, int], fragments: list[tuple[int, int]], frame_count: int
) -> list[list[tuple[int, int]]] | None:
    """Frames by the basic offset table, None where it is empty or wrong."""
    if table[1] != 4 * frame_count:
        return None
    raw = reader.read(*table)
    starts = {int.from_bytes(raw[n : n + 4], "little") for n in range(0, len(raw), 4)}
    return _cut([offset - 8 - (fragments[0][0] - 8) in starts for offset, _ in fragments], fragments, frame_count)


def _by_marker(reader: Reader, fragments: list[tuple[int, int]], frame_count: int) -> list[list[tuple[int, int]]]:
    """Frames begin where a fragment begins with a start-of-image marker."""
    starts = [reader.read(offset, 4).startswith(_STARTS) for offset, _ in fragments]
    frames = _cut(starts, fragments, frame_count)
    if frames is None:
        raise UserError("The compressed pixels do not hold as many frames as the header claims.")
    return frames


def _cut(starts: list[bool], fragments: list[tuple[int, int]], frame_count: int) -> list[list[tuple[int, int]]] | None:
    frames: list[list[tuple[int, int]]] = []
    for is_start, fragment in zip(starts, fragments, strict=True):
        if is_start:
            frames.append([])
        if not frames:
            return None
        frames[-1].append(fragment)
    return frames if len(frames) == frame_count else None
