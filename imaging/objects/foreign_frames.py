"""Frames of a foreign object as arrays, one after the other in any order (PS3.5 chapter 8, annex A)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import tags
from imaging.dicom.checks import check_pixels
from imaging.dicom.encapsulated import find_fragments
from imaging.dicom.foreign import decoded_frames
from imaging.dicom.instance import Instance, frames_of
from imaging.dicom.sources import Reader
from imaging.errors import UserError

DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"  # Deflated Image Frame Compression
Pixels = NDArray[Any]
_ROOMY = 64 << 20  # bytes that any object may unfold to
_MOST_RATIO = 20_000  # an empty frame of 512 x 512 compresses to some 50 bytes


def frames_in(instance: Instance, order: Sequence[int]) -> Iterator[Pixels]:
    """Stored values of single-sample frames of 1, 8 or 16 bits, each (rows, columns); 1-bit ones as 0 and 1.

    An array is good until the next one is asked for.

    Args:
        order: numbers of the wanted frames, from 0.

    Raises:
        UserError: sizes that do not agree with the bytes that are there, or frames that cannot be decoded.
    """
    header = instance.header
    if header.pixel_tag != tags.PIXELS and not header.is_odd:
        raise UserError("The object has no pixels.")
    if header.is_odd or (header.is_encapsulated and header.transfer_syntax != DEFLATED_FRAMES):
        yield from _decoded(instance, order)
        return
    with instance.source.open() as reader:
        if header.is_encapsulated:
            yield from _inflated(reader, instance, order)
        elif instance.bits_allocated == 1:
            yield from _bits(reader, instance, order)
        else:
            yield from _plain(reader, instance, order)


def _bits(reader: Reader, instance: Instance, order: Sequence[int]) -> Iterator[Pixels]:
    """Frames follow each other without a gap: one may begin within a byte. Some writers pad each to whole bytes."""
    size = instance.rows * instance.columns
    there = instance.header.pixel_length
    packed, padded = (size * instance.frame_count + 7) // 8, (size + 7) // 8 * instance.frame_count
    if there < packed or there > packed + max((size + 7) // 8, 16):
        if there not in (padded, padded + 1):
            raise _wrong_length(packed, there)
        size_in_file = (size + 7) // 8 * 8
    else:
        size_in_file = size
    for number in order:
        begin = number * size_in_file
        raw = reader.read(instance.header.pixel_offset + begin // 8, (begin % 8 + size + 7) // 8)
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), count=begin % 8 + size, bitorder="little")
        yield bits[begin % 8 :].reshape(instance.rows, instance.columns)


def _plain(reader: Reader, instance: Instance, order: Sequence[int]) -> Iterator[Pixels]:
    check_pixels(instance)
    frame = np.empty((instance.rows, instance.columns), instance.stored_type)
    for number in order:
        offset = instance.header.pixel_offset + number * frame.nbytes
        if reader.read_into(offset, frame.reshape(-1).view(np.uint8).data) < frame.nbytes:
            raise UserError("The object is cut short within its pixels.")
        yield frame


def _inflated(reader: Reader, instance: Instance, order: Sequence[int]) -> Iterator[Pixels]:
    """Each frame deflated by itself; bits are packed within the frame."""
    _check_claim(instance)
    fragments = find_fragments(reader, instance.header.pixel_offset, instance.frame_count)
    count = instance.rows * instance.columns
    is_bits = instance.bits_allocated == 1
    wanted = (count + 7) // 8 if is_bits else count * instance.stored_type.itemsize
    for number in order:
        try:
            data = zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(fragments.read(reader, number), wanted + 1)
        except zlib.error as error:
            raise UserError("A frame of the object is damaged.") from error
        if not wanted <= len(data) <= wanted + 1:
            raise _wrong_length(wanted, len(data))
        if is_bits:
            values = np.unpackbits(np.frombuffer(data, np.uint8), count=count, bitorder="little")
        else:
            values = np.frombuffer(data[:wanted], instance.stored_type)
        yield values.reshape(instance.rows, instance.columns)


def _decoded(instance: Instance, order: Sequence[int]) -> Iterator[Pixels]:
    """By the decoders of the sandbox."""
    _check_claim(instance)
    frames = frames_of(instance, None)
    value_type = np.dtype(f"<u{max(1, instance.bits_allocated // 8)}")
    frame = np.empty((instance.rows, instance.columns), value_type)
    for error in decoded_frames([frames[n] for n in order], lambda _: frame.reshape(-1).view(np.uint8).data):
        if error is not None:
            raise error
        yield frame


def _check_claim(instance: Instance) -> None:
    """Masks compress further than images do, but not without end."""
    with instance.source.open() as reader:
        compressed = instance.header.pixel_length if instance.header.is_encapsulated else reader.size
    decoded = instance.frame_bytes * instance.frame_count
    if decoded > _ROOMY and decoded > _MOST_RATIO * compressed:
        raise _wrong_length(decoded, compressed)


def _wrong_length(wanted: int, there: int) -> UserError:
    return UserError(
        f"The object's header and its pixels do not belong together: {wanted} bytes are needed, {there} are there.",
        "Ask for the file again.",
    )
