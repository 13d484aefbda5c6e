"""Transfer syntaxes (PS3.5 annex A): how the bytes of a DICOM file are laid out and its pixels compressed."""

from __future__ import annotations

from typing import Final

IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG: Final = "1.2.840.10008.1.2.2"
RLE: Final = "1.2.840.10008.1.2.5"

_JPEG = "1.2.840.10008.1.2.4."
JPEG_BASELINE: Final = frozenset({_JPEG + "50"})
JPEG_DCT: Final = frozenset({_JPEG + "51", _JPEG + "53", _JPEG + "55"})
JPEG_LOSSLESS: Final = frozenset({_JPEG + "57", _JPEG + "70"})
JPEG_LS: Final = frozenset({_JPEG + "80", _JPEG + "81"})
JPEG_2000: Final = frozenset({_JPEG + "90", _JPEG + "91", _JPEG + "92", _JPEG + "93"})
HTJ2K: Final = frozenset({_JPEG + "201", _JPEG + "202", _JPEG + "203"})

# What Limner reads, what costs least first: the order in which a network peer is offered them.
READABLE: Final = (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    *sorted(JPEG_LS | JPEG_LOSSLESS | {RLE}),
    *sorted(JPEG_2000 | HTJ2K),
    *sorted(JPEG_BASELINE | JPEG_DCT),
    DEFLATED,
    EXPLICIT_BIG,
)

UNCOMPRESSED: Final = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG})
ALWAYS_LOSSY: Final = JPEG_BASELINE | JPEG_DCT | frozenset({_JPEG + "81"})
