"""Decoding compressed, coloured and odd pixels. Everything here runs in the sandbox's child.

Three decoders in turn: imagecodecs (fastest), pydicom with its plugins, SimpleITK (GDCM). They fail on different files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import syntax
from imaging.dicom.encapsulated import Fragments, find_fragments
from imaging.dicom.odd import read_with_pydicom
from imaging.dicom.sources import Reader, source_from_json
from imaging.errors import UserError
from imaging.slots import WriteSlots

Pixels = NDArray[Any]
Room = NDArray[np.uint8] | None
Answer = tuple[dict[str, Any], Any]
FAULTS = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
THREADS = 4


@dataclass(frozen=True)
class Picture:
    """The pixel description of one object, as the parent sent it."""

    source: dict[str, Any]
    transfer_syntax: str
    offset: int
    rows: int
    columns: int
    frame_count: int
    bits_allocated: int
    bits_stored: int
    is_signed: bool
    photometric: str
    is_colour: bool
    is_encapsulated: bool
    is_odd: bool

    @property
    def stored_type(self) -> np.dtype[Any]:
        """Type of the answers: little-endian stored values, or bytes for colour."""
        if self.is_colour:
            return np.dtype("u1")
        width = {16: 2, 32: 4, 64: 8}.get(self.bits_allocated, 1)
        return np.dtype(f"<{'i' if self.is_signed else 'u'}{width}")


def frames(argument: dict[str, Any], slots: WriteSlots | None = None) -> Iterator[Answer]:
    """Decode frames in the order asked for.

    Args:
        argument: ``pictures`` (see `Picture`), ``wanted``: pairs (picture, frame), and ``threads``: 0 for as many as
            are good, 1 to decode nothing ahead.
        slots: where the frames go; None sends them through the pipe.

    Yields:
        ``{"error": ""}`` and where the frame lies (or with its bytes), or ``{"error": why}`` without.
    """
    pictures = [Picture(**fields) for fields in argument["pictures"]]
    threads = int(argument.get("threads") or THREADS)
    wanted = [(pictures[p], frame) for p, frame in argument["wanted"]]
    ahead = 2 * threads if threads > 1 else 1
    if slots is not None:
        ahead = min(ahead, slots.count // 2)  # the other half is with the parent

    def decoded(number: int) -> Answer:
        try:
            if slots is not None:
                return _into_slot(*wanted[number], slots, number)
            return {"error": ""}, decode_frame(*wanted[number])
        except UserError as error:
            return {"error": error.message}, None

    with ThreadPoolExecutor(threads) as pool:
        running: deque[Future[Answer]] = deque()
        for number in range(len(wanted)):
            while len(running) < min(ahead, len(wanted) - number):
                following = number + len(running)
                if slots is not None:
                    slots.wait_for(following)
                running.append(pool.submit(decoded, following))
            yield running.popleft().result()


def _into_slot(picture: Picture, index: int, slots: WriteSlots, number: int) -> Answer:
    memory = slots.memory(number)
    pixels = decode_frame(picture, index, memory)
    there = memory[: pixels.nbytes]
    if not np.shares_memory(pixels, there):
        there[:] = pixels.reshape(-1).view(np.uint8)
    return {"error": "", "slot": slots.slot(number), "bytes": pixels.nbytes}, None


def decode_frame(picture: Picture, index: int, room: Room = None) -> Pixels:
    """One frame: (rows, columns) stored values or (rows, columns, 3) bytes.

    Args:
        room: bytes at whose beginning a decoder may put the frame; not all do.

    Raises:
        UserError: no decoder can read it.
    """
    fastest = partial(_by_imagecodecs, room=room)
    decoders: list[Callable[[Picture, int], Pixels]]
    if picture.is_colour:
        decoders = [_colour_by_pydicom, fastest]
    elif picture.is_encapsulated and not picture.is_odd:
        decoders = [fastest, _by_pydicom, _by_simpleitk]
    else:
        decoders = [_by_pydicom]
    reasons = []
    for decoder in decoders:
        try:
            return _checked(picture, decoder(picture, index))
        except UserError as error:
            reasons.append(error.message)
        except FAULTS as error:
            reasons.append(type(error).__name__)
    said = next((reason for reason in reasons if " " in reason), "The compressed pixels are damaged.")
    raise UserError(said)


def _checked(picture: Picture, pixels: Pixels) -> Pixels:
    shape = (picture.rows, picture.columns, 3) if picture.is_colour else (picture.rows, picture.columns)
    if pixels.shape != shape:
        raise UserError("The compressed image does not have the size that the header claims.")
    if picture.is_colour and pixels.dtype != np.uint8:
        shift = max(0, (picture.bits_stored if pixels.max(initial=0) < 1 << picture.bits_stored else 16) - 8)
        pixels = (pixels >> shift).astype(np.uint8)
    if pixels.dtype.kind not in "iu":
        raise UserError("The compressed image does not hold whole numbers.")
    return np.ascontiguousarray(pixels.astype(picture.stored_type, copy=False))


# ------------------------------------------------------------------------------------------------ imagecodecs


def _compressed(picture: Picture, index: int) -> bytes:
    source = source_from_json(picture.source)
    with source.open() as reader:
        return _fragments_of(reader, picture).read(reader, index)


def _fragments_of(reader: Reader, picture: Picture) -> Fragments:
    if picture.frame_count == 1:
        return find_fragments(reader, picture.offset, 1)
    key = repr(picture)
    if key not in _known_fragments:
        _known_fragments.clear()
        _known_fragments[key] = find_fragments(reader, picture.offset, picture.frame_count)
    return _known_fragments[key]


_known_fragments: dict[str, Fragments] = {}


_CODECS = (
    (syntax.JPEG_LS, "jpegls_decode"),
    (syntax.JPEG_2000 | syntax.HTJ2K, "jpeg2k_decode"),
    (syntax.JPEG_LOSSLESS, "ljpeg_decode"),
    (syntax.JPEG_BASELINE | syntax.JPEG_DCT, "jpeg8_decode"),
)


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(rows, columns) that a JPEG or JPEG-LS codestream claims; None where it does not say, or is something else.

    Asked before decoding: a bent size makes a decoder fill millions of pixels that are not there.
    """
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):  # start of frame
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _by_imagecodecs(picture: Picture, index: int, room: Room = None) -> Pixels:
    import imagecodecs

    data = _compressed(picture, index)
    uid = picture.transfer_syntax
    if uid == syntax.RLE:
        out: Any = room  # the library's types do not know that it takes an array
        decoded = np.frombuffer(imagecodecs.dicomrle_decode(data, picture.stored_type, out=out), picture.stored_type)
        return decoded[: picture.rows * picture.columns].reshape(picture.rows, picture.columns)
    if jpeg_size(data) not in (None, (picture.rows, picture.columns)):
        raise UserError("The compressed image does not have the size that the header claims.")
    for syntaxes, codec in _CODECS:
        if uid in syntaxes:
            return np.asarray(getattr(imagecodecs, codec)(data))
    raise UserError("The file uses a compression that Limner does not know.")


# ------------------------------------------------------------------------------------------------ pydicom

_known_data_sets: dict[str, Any] = {}
_PYDICOM = Lock()  # a data set converts its elements when they are first asked for: one thread at a time


def _data_set(picture: Picture) -> Any:
    """The whole data set, kept for the next frame of the same file."""
    key = repr(picture.source)
    found = _known_data_sets.get(key)
    if found is None:
        found = read_with_pydicom(picture.source, with_pixels=True)
        _known_data_sets.clear()
        _known_data_sets[key] = found
    return found


def _by_pydicom(picture: Picture, index: int) -> Pixels:
    from pydicom.pixels import pixel_array

    with _PYDICOM:
        return np.asarray(pixel_array(_data_set(picture), index=index if picture.frame_count > 1 else 0, raw=True))


def _colour_by_pydicom(picture: Picture, index: int) -> Pixels:
    """RGB of any colour space, palettes included (16-bit palettes lose their lower half)."""
    from pydicom.pixels import apply_color_lut, pixel_array

    with _PYDICOM:
        data_set = _data_set(picture)
        pixels = pixel_array(data_set, index=index if picture.frame_count > 1 else 0)
        if picture.photometric != "PALETTE COLOR":
            return np.asarray(pixels)
        coloured = np.asarray(apply_color_lut(pixels, data_set))[..., :3]
    return coloured if coloured.dtype == np.uint8 else (coloured >> 8).astype(np.uint8)


# ------------------------------------------------------------------------------------------------ SimpleITK


def _by_simpleitk(picture: Picture, index: int) -> Pixels:
    """GDCM sees only the compressed frame in a bare file: it would apply rescale and invert MONOCHROME1."""
    from tempfile import TemporaryDirectory  # not needed by most, and the child starts sooner without

    import SimpleITK as sitk

    with TemporaryDirectory() as folder:
        path = Path(folder) / "frame.dcm"
        _bare_file(picture, _compressed(picture, index), path)
        image = sitk.ReadImage(str(path))
        return np.asarray(sitk.GetArrayFromImage(image)).reshape(picture.rows, picture.columns)


def _bare_file(picture: Picture, data: bytes, path: Path) -> None:
    """A DICOM file with one compressed frame and nothing about a patient."""
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import SecondaryCaptureImageStorage, generate_uid

    bare = Dataset()
    bare.file_meta = FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = picture.transfer_syntax
    bare.file_meta.MediaStorageSOPClassUID = bare.SOPClassUID = SecondaryCaptureImageStorage
    bare.file_meta.MediaStorageSOPInstanceUID = bare.SOPInstanceUID = generate_uid()
    bare.Rows, bare.Columns, bare.SamplesPerPixel = picture.rows, picture.columns, 1
    bare.PhotometricInterpretation = "MONOCHROME2"
    bare.BitsAllocated, bare.BitsStored = picture.bits_allocated, picture.bits_stored
    bare.HighBit, bare.PixelRepresentation = picture.bits_stored - 1, int(picture.is_signed)
    bare.PixelData = encapsulate([data])
    bare["PixelData"].is_undefined_length = True
    bare.save_as(path, enforce_file_format=True)
