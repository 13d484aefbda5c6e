"""MP4 files of AV1 pictures (ISO/IEC 14496-12 and the AV1 ISOBMFF binding of the Alliance for Open Media).

Pillow's AVIF encoder (libavif with libaom, both BSD) compresses a sequence of pictures as a video track; that track's
samples are put into a file that video players know. See docs/decisions/0014-movies.md.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

QUALITY = 82  # of 100; noise that is left in a picture costs bytes
SPEED = 8  # of 10: as fast as frames are traced on a processor
TIMESCALE = 90_000  # ticks a second, divisible by the usual frame rates
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True)
class _Track:
    """Compressed samples, which of them stand alone (from 1), and how to decode and show them."""

    samples: list[bytes]
    sync: tuple[int, ...]
    configuration: bytes  # the box av1C
    color: bytes  # the box colr


class _Sequence(Image.Image):
    """Pictures that come one by one, as Pillow's encoder takes an animation."""

    def __init__(self, frames: Iterator[NDArray[np.uint8]], count: int) -> None:
        super().__init__()
        self._first: NDArray[np.uint8] | None = next(frames)
        self._frames = frames
        self._mode = "RGB"
        self._size = (self._first.shape[1], self._first.shape[0])
        self.n_frames = count
        self.is_animated = count > 1
        self._at = 0

    def tell(self) -> int:
        """The number of the present frame."""
        return self._at

    def seek(self, frame: int) -> None:
        """Go to a frame; its pixels are only made when they are asked for."""
        if frame >= self.n_frames:
            raise EOFError
        self._at = frame

    def tobytes(self, *_: Any) -> bytes:
        """The pixels of the next frame; each is asked for once, in order."""
        frame, self._first = self._first if self._first is not None else next(self._frames), None
        if frame.shape != (self._size[1], self._size[0], 3) or frame.dtype != np.uint8:
            raise ValueError("the frames of a movie are of one size, RGB with 8 bits")
        return frame.tobytes()


def encode_mp4(frames: Iterator[NDArray[np.uint8]], count: int, fps: float) -> bytes:
    """A movie.

    Args:
        frames: (height, width, 3) uint8, sRGB, all of one even size; taken one by one.
        count: how many there are, at least 2.
        fps: frames a second.
    """
    if count < 2:
        raise ValueError("one picture is no movie")
    found = io.BytesIO()
    sequence = _Sequence(frames, count)
    sequence.save(found, "AVIF", save_all=True, quality=QUALITY, speed=SPEED, range="limited", duration=40)
    return _mp4(_track(found.getvalue()), sequence.size, fps)


def _mp4(track: _Track, size: tuple[int, int], fps: float) -> bytes:
    """The file: its index first, so that playing can begin before all of it has arrived."""
    kind = _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2av01mp41")
    length = len(kind) + len(_moov(track, size, fps, 0)) + 8
    return kind + _moov(track, size, fps, length) + _box(b"mdat", *track.samples)


def _moov(track: _Track, size: tuple[int, int], fps: float, first: int) -> bytes:
    """The index; ``first`` is where the first sample's bytes begin."""
    step = round(TIMESCALE / fps)
    duration = step * len(track.samples)
    width, height = size
    mvhd = struct.pack(">6IH10x", 0, 0, 0, TIMESCALE, duration, 0x10000, 0x100) + _UNITY + struct.pack(">24xI", 2)
    tkhd = struct.pack(">6I8x4H", 3, 0, 0, 1, 0, duration, 0, 0, 0, 0) + _UNITY
    tkhd += struct.pack(">2I", width << 16, height << 16)
    mdhd = struct.pack(">5IHH", 0, 0, 0, TIMESCALE, duration, 0x55C4, 0)  # language: undetermined
    handler = struct.pack(">2I4s12x", 0, 0, b"vide") + b"Limner\0"
    dinf = _box(b"dinf", _box(b"dref", struct.pack(">2I", 0, 1), _box(b"url ", struct.pack(">I", 1))))
    media = _box(b"minf", _box(b"vmhd", struct.pack(">I8x", 1)), dinf, _sample_table(track, size, step, first))
    mdia = _box(b"mdia", _box(b"mdhd", mdhd), _box(b"hdlr", handler), media)
    return _box(b"moov", _box(b"mvhd", mvhd), _box(b"trak", _box(b"tkhd", tkhd), mdia))


def _sample_table(track: _Track, size: tuple[int, int], step: int, first: int) -> bytes:
    count = len(track.samples)
    entry = struct.pack(">6xH16x2H2I4xH", 1, *size, 0x480000, 0x480000, 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    described = _box(b"av01", entry, track.configuration, track.color)
    sizes = [len(sample) for sample in track.samples]
    return _box(
        b"stbl",
        _box(b"stsd", struct.pack(">2I", 0, 1), described),
        _box(b"stts", struct.pack(">4I", 0, 1, count, step)),
        _box(b"stsc", struct.pack(">5I", 0, 1, 1, count, 1)),
        _box(b"stsz", struct.pack(f">{3 + count}I", 0, 0, count, *sizes)),
        _box(b"stco", struct.pack(">3I", 0, 1, first)),
        _box(b"stss", struct.pack(f">{2 + len(track.sync)}I", 0, len(track.sync), *track.sync)),
    )


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _track(data: bytes) -> _Track:
    """The video track of an AVIF sequence."""
    boxes = dict(_boxes(data, 0, len(data)))
    sizes = _numbers(data, boxes[b"stsz"], 2)
    chunks = _numbers(data, boxes[b"stco"], 1)
    in_chunk = _numbers(data, boxes[b"stsc"], 1)
    if len(chunks) != 1 or in_chunk[1] != len(sizes):
        raise ValueError("the encoder's samples do not lie in one piece")
    ends = np.cumsum([chunks[0], *sizes]).tolist()
    samples = [data[a:b] for a, b in pairwise(ends)]
    sync = _numbers(data, boxes[b"stss"], 1) if b"stss" in boxes else range(1, len(samples) + 1)
    start, end = boxes[b"stsd"]
    inner = dict(_boxes(data, start + 8 + 8 + 78, end))  # past the list's head, and the sample entry's and its fields
    return _Track(
        samples, tuple(sync), _box(b"av1C", data[slice(*inner[b"av1C"])]), _box(b"colr", data[slice(*inner[b"colr"])])
    )


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """All boxes from a place on, with those in containers: kind, and where their content begins and ends."""
    while start + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if length == 1:
            length, head = struct.unpack_from(">Q", data, start + 8)[0], 16
        stop = start + length if length else end
        yield kind, (start + head, stop)
        if kind in _CONTAINERS:
            yield from _boxes(data, start + head, stop)
        start = stop


def _numbers(data: bytes, place: tuple[int, int], skipped: int) -> tuple[int, ...]:
    """The 32-bit numbers of a table; ``skipped``: which of the words from the version on says how many follow."""
    words = struct.unpack_from(f">{(place[1] - place[0]) // 4}I", data, place[0])
    return words[skipped + 1 :]
