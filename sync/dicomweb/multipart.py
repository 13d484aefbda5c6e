"""Multipart bodies (RFC 2046) as streams: parts are read one after the other, each bounded, never all at once.

Own code, because what arrives must be kept bit for bit and looked at by our walker before anything else parses it;
libraries for DICOMweb hand out objects that were already parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from imaging.errors import UserError

MOST_HEADER_BYTES = 16 << 10
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names.

    Raises:
        UserError: it is no multipart, or names none.
    """
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().lstrip().startswith("multipart/") or found is None or len(found[1]) > 200:
        raise UserError("The answer is not in parts, as DICOMweb wants it.")
    return found[1].strip().encode("latin-1")


def parts_of(chunks: Iterable[bytes], boundary: bytes, most_bytes: int) -> Iterator[bytes]:
    """The bodies of the parts, without their headers.

    Raises:
        UserError: a part is larger than allowed, its header does not end, or the body ends within a part.
    """
    delimiter = b"\r\n--" + boundary
    buffer = bytearray(b"\r\n")  # so that the first delimiter looks like the others
    source = iter(chunks)
    _skip_preamble(buffer, source, delimiter)
    while not _is_end(buffer, source):
        _drop_header(buffer, source)
        yield _body(buffer, source, delimiter, most_bytes)


def _more(buffer: bytearray, source: Iterator[bytes]) -> None:
    chunk = next(source, None)
    if chunk is None:
        raise UserError("The answer ends within a part: the connection was cut.")
    buffer += chunk


def _skip_preamble(buffer: bytearray, source: Iterator[bytes], delimiter: bytes) -> None:
    while (at := buffer.find(delimiter)) < 0:
        if len(buffer) > MOST_HEADER_BYTES:
            raise UserError("The answer does not begin with a part.")
        _more(buffer, source)
    del buffer[: at + len(delimiter)]


def _is_end(buffer: bytearray, source: Iterator[bytes]) -> bool:
    while len(buffer) < 2:
        _more(buffer, source)
    return buffer.startswith(b"--")


def _drop_header(buffer: bytearray, source: Iterator[bytes]) -> None:
    """Remove the part's header lines and the empty line behind them."""
    while (at := buffer.find(b"\r\n\r\n")) < 0:
        if len(buffer) > MOST_HEADER_BYTES:
            raise UserError("A part of the answer has a header without end.")
        _more(buffer, source)
    del buffer[: at + 4]


def _body(buffer: bytearray, source: Iterator[bytes], delimiter: bytes, most_bytes: int) -> bytes:
    searched = 0
    while (at := buffer.find(delimiter, searched)) < 0:
        if len(buffer) > most_bytes + len(delimiter):
            raise UserError(f"A part of the answer is larger than {most_bytes >> 20} MB.")
        searched = max(0, len(buffer) - len(delimiter))
        _more(buffer, source)
    body = bytes(memoryview(buffer)[:at])
    del buffer[: at + len(delimiter)]
    return body


def write_parts(bodies: Iterable[Iterable[bytes]], boundary: bytes, content_type: str) -> Iterator[bytes]:
    """A multipart body, chunk by chunk; each part is given as its chunks."""
    for body in bodies:
        yield b"--" + boundary + b"\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n"
        yield from body
        yield b"\r\n"
    yield b"--" + boundary + b"--\r\n"
