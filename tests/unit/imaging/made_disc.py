"""Discs made by code: series in folders as on a CD, and a DICOMDIR whose bytes a test can bend."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from made_series import SeriesMaker
from pydicom import dcmread
from pydicom.uid import generate_uid

DIRECTORY_CLASS = b"1.2.840.10008.1.3.10\0"[:20]
EXPLICIT = b"1.2.840.10008.1.2.1\0"
NEXT, IN_USE, LOWER, KIND, FILE_ID = 0x00041400, 0x00041410, 0x00041420, 0x00041430, 0x00041500
FIRST = 0x00041200


@dataclass
class Node:
    """A record and those below it. ``values``: element number -> (VR, value); links are set when it is written."""

    kind: str
    values: dict[int, tuple[str, bytes]]
    below: list[Node] = field(default_factory=list)

    def all(self) -> Iterator[Node]:
        """This one and those below it, depth first."""
        yield self
        for node in self.below:
            yield from node.all()


Bend = Callable[[list[Node]], None]


def make_disc(folder: Path, counts: tuple[int, ...] = (3, 4), name: str = "Disc^Donna") -> Path:
    """A disc of one study with a series for each count, in folders as CDs have them; returns its DICOMDIR."""
    study = generate_uid()[:50]
    for number, count in enumerate(counts, 1):
        below = folder / "DICOM" / f"SER{number:05d}"
        below.mkdir(parents=True)
        make = SeriesMaker(below)
        make.study = study

        def bend(_k: int, ds, number: int = number) -> None:
            ds.PatientName, ds.PatientID, ds.StudyDate, ds.StudyDescription = name, "disc-1", "20240506", "on a disc"
            ds.PatientBirthDate, ds.PatientSex, ds.BodyPartExamined = "19601231", "F", "CHEST"
            ds.SeriesNumber, ds.SeriesDescription = number, f"series {number}"

        make(count, bend)
        for file in below.glob("*.dcm"):
            file.rename(below / f"IM{int(file.stem[1:]):05d}")
    return write_directory(folder)


def write_directory(folder: Path, bend: Bend | None = None) -> Path:
    """Write a DICOMDIR that names all files below a folder's DICOM folder, after ``bend(patients)``."""
    patients = nodes_of(folder)
    if bend is not None:
        bend(patients)
    path = folder / "DICOMDIR"
    path.write_bytes(directory_bytes(patients))
    return path


def nodes_of(folder: Path) -> list[Node]:
    """The records that the files below a folder's DICOM folder need."""
    found: dict[tuple[str, ...], Node] = {}
    roots: list[Node] = []
    for file in sorted(path for path in (folder / "DICOM").rglob("*") if path.is_file()):
        ds = dcmread(file, stop_before_pixels=True)
        levels = (
            ("PATIENT", str(ds.PatientID), {0x00100010: ("PN", str(ds.PatientName)), 0x00100020: ("LO", ds.PatientID)}),
            ("STUDY", ds.StudyInstanceUID, {0x00080020: ("DA", ds.get("StudyDate", "")),
                                            0x0020000D: ("UI", ds.StudyInstanceUID)}),
            ("SERIES", ds.SeriesInstanceUID, {0x00080060: ("CS", ds.Modality),
                                              0x0020000E: ("UI", ds.SeriesInstanceUID)}),
        )  # fmt: skip
        key: tuple[str, ...] = ()
        siblings = roots
        for kind, value, said in levels:
            key = (*key, value)
            if key not in found:
                found[key] = Node(kind, {tag: (vr, _padded(vr, text.encode())) for tag, (vr, text) in said.items()})
                siblings.append(found[key])
            siblings = found[key].below
        siblings.append(image_node(file.relative_to(folder), ds))
    return roots


def image_node(place: Path, ds) -> Node:
    """The record of one image."""
    said = {
        FILE_ID: ("CS", "\\".join(place.parts)),
        0x00041510: ("UI", ds.SOPClassUID),
        0x00041511: ("UI", ds.SOPInstanceUID),
        0x00200013: ("IS", str(ds.InstanceNumber)),
    }
    return Node("IMAGE", {tag: (vr, _padded(vr, text.encode())) for tag, (vr, text) in said.items()})


def directory_bytes(roots: list[Node]) -> bytes:
    """A DICOMDIR in Explicit VR Little Endian, with links as PS3.3 annex F has them."""
    meta = element(0x00020002, "UI", DIRECTORY_CLASS) + element(0x00020010, "UI", EXPLICIT)
    head = bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta
    nodes = [node for root in roots for node in root.all()]
    top = 14 + 12 + 12 + 10 + 12  # file-set id, first, last, flag, head of the sequence
    place, offsets = len(head) + top, dict[int, int]()
    for node in nodes:
        offsets[id(node)] = place
        place += len(_item(node, 0, 0))
    items = b"".join(_item(node, *links) for node, links in zip(nodes, _links(roots, offsets), strict=True))
    first, last = (struct.pack("<I", offsets[id(root)]) for root in (roots[0], roots[-1]))
    return (
        head
        + element(0x00041130, "CS", b"DISC12")
        + element(FIRST, "UL", first)
        + element(0x00041202, "UL", last)
        + element(0x00041212, "US", b"\0\0")
        + struct.pack("<HH2sHI", 0x0004, 0x1220, b"SQ", 0, len(items))
        + items
    )


def element(tag: int, vr: str, value: bytes) -> bytes:
    """A short element."""
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def _links(siblings: list[Node], offsets: dict[int, int]) -> Iterator[tuple[int, int]]:
    """(next, lower) of all records, depth first."""
    for n, node in enumerate(siblings):
        beside = offsets[id(siblings[n + 1])] if n + 1 < len(siblings) else 0
        yield beside, offsets[id(node.below[0])] if node.below else 0
        yield from _links(node.below, offsets)


def _item(node: Node, beside: int, below: int) -> bytes:
    kind = node.kind.encode()
    values = {
        NEXT: ("UL", struct.pack("<I", beside)),
        IN_USE: ("US", b"\xff\xff"),
        LOWER: ("UL", struct.pack("<I", below)),
        KIND: ("CS", kind + b" " * (len(kind) % 2)),
    }
    values |= node.values
    inside = b"".join(element(tag, vr, value) for tag, (vr, value) in sorted(values.items()))
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(inside)) + inside


def _padded(vr: str, value: bytes) -> bytes:
    return value + (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
