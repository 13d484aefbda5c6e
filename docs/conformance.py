"""Write docs/conformance.md, the DICOM conformance statement (PS3.2), from the program itself.

    python docs/conformance.py            write it
    python docs/conformance.py --check    exit status 1 where the committed file is not what the program says

Tables come from the code that does the work; attributes are those of objects that are made here, from a small made
series.
"""

from __future__ import annotations

import sys
import tempfile
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.uid import UID

from app.object_formats import add_picture_formats
from imaging.dicom import character_sets, syntax
from imaging.dicom.secondary_capture import write_secondary_capture
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.objects.attributes import OPTIONAL, REQUIRED
from imaging.objects.document_write import write_document
from imaging.objects.header import IMPLEMENTATION_UID
from imaging.objects.map_write import PROBABILITY, UNCERTAINTY, WantedMap, write_map
from imaging.objects.presentation_write import Drawn, Shown, write_presentation
from imaging.objects.report_codes import VALUE_CODES
from imaging.objects.report_write import Measured, write_report
from imaging.objects.segmentation_dataset import SegmentationKind
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import source_of
from imaging.objects.structure_set_write import write_structure_set
from imaging.objects.validation.modules import KINDS
from imaging.phantom.series import write_dicom_series
from imaging.region_statistics import ellipse_statistics
from imaging.volume import Quantity, SourceSeries, Volume
from session.annotation_import import READERS
from session.object_export import OBJECT_FORMATS
from session.object_import import MASK_READERS
from sync.deidentification.options import BASIC_CODE, CLEAN_FACES_CODE, CLEAN_PIXELS_CODE, CODES
from sync.deidentification.table import row_count
from sync.dicomweb.fetch import ACCEPT
from sync.dimse.association import MAX_PDU
from sync.dimse.classes import storage_classes
from sync.dimse.find import model_of
from sync.incoming import Limits
from sync.listener.config import ListenerConfig
from sync.query import KEYS, Level

OUT = Path(__file__).with_name("conformance.md")
WIDTH = 120
SHAPE = (4, 16, 18)
GRID = Geometry(SHAPE, np.diag([0.8, 0.8, 2.0, 1.0]))
_STORAGE = "1.2.840.10008.5.1.4.1.1."
NEWER = {  # than pydicom's dictionary
    _STORAGE + "66.7": "Label Map Segmentation Storage",
    _STORAGE + "66.8": "Height Map Segmentation Storage",
    _STORAGE + "9.100.1": "Waveform Presentation State Storage",
    _STORAGE + "9.100.2": "Waveform Acquisition Presentation State Storage",
}

HEAD = """# DICOM conformance statement

Made by `python docs/conformance.py` from the program itself; do not edit. It follows PS3.2 in content, not in every
heading. Limner is no medical device: what it writes is not for diagnosis.

Limner opens images of any study, lets people and models mark structures in them, and gives the result back as objects
of the same study. It fetches and receives objects, sends them, and removes what tells who a patient is. Everything that
it writes is read back and compared before it gets its name.
"""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in line) + " |" for line in lines) + "\n"


def named(uid: str) -> str:
    """What the standard calls a UID."""
    return NEWER.get(uid) or str(UID(uid).name)


def wrapped(words: Iterable[str]) -> str:
    """A list as a paragraph."""
    return textwrap.fill(", ".join(words) + ".", WIDTH)


def written_objects() -> dict[str, Dataset]:
    """One object of each kind that Limner writes, made from a small series; key: what ``--format`` calls it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        voxels = np.random.default_rng(1).integers(-100, 100, SHAPE).astype(np.int16)
        volume = Volume(GRID, voxels, Quantity.HU)
        write_dicom_series(volume, folder / "ct")
        source = source_of(folder / "ct")
        layer = np.zeros(SHAPE, np.uint8)
        layer[1:3, 4:9, 5:9] = 1
        labels = LabelFile(source.geometry, [layer], [LabelSegment("Liver", (200, 90, 60), 1, number=1)])
        ellipse = Measurement(1, MeasurementKind.ELLIPSE, ((6.0, 6.0, 2.0), (9.0, 6.0, 2.0), (6.0, 8.0, 2.0)), (0.0, 0.0, 1.0), "Region")  # fmt: skip  # noqa: E501
        wanted = WantedMap("probability", "Model", PROBABILITY, layer, source.geometry, 1 / 255)
        shown = Shown((40.0, 400.0), False, [Drawn(ellipse, "Region: 5 HU")])
        measured = [Measured(ellipse, ellipse_statistics(volume, ellipse))]
        series = SourceSeries(modality="CT", study_instance_uid=source.study_instance_uid)
        writers: dict[str, Any] = {
            "seg": lambda path: write_segmentation(labels, source, path),
            "seg-labelmap": lambda path: write_segmentation(
                labels, source, path, SegmentationKind.LABELMAP, compress=True
            ),
            "seg-labelmap-plain": lambda path: write_segmentation(labels, source, path, SegmentationKind.LABELMAP),
            "seg-fractional": lambda path: write_segmentation(labels, source, path, SegmentationKind.FRACTIONAL),
            "rtstruct": lambda path: write_structure_set(labels, source, path),
            "sr": lambda path: write_report(labels, source, path, measured, Quantity.HU),
            "gsps": lambda path: write_presentation(shown, source, path),
            "pm": lambda path: write_map(wanted, source, path),
            "sc": lambda path: write_secondary_capture(np.zeros((8, 8, 3), np.uint8), path, series),
            "pdf": lambda path: write_document(b"%PDF-1.4\n%%EOF\n", "Report", source, path),
        }
        add_picture_formats()
        missing = set(OBJECT_FORMATS) ^ set(writers)
        assert not missing, f"kinds of object that this statement does not know: {missing}"
        for kind, write in writers.items():
            write(folder / f"{kind}.dcm")
        return {kind: dcmread(folder / f"{kind}.dcm") for kind in writers}


def written_section(objects: dict[str, Dataset]) -> str:
    """SOP Classes and transfer syntaxes of what is written."""
    rows = [
        (f"`{kind}`", named(made.SOPClassUID), made.SOPClassUID, named(made.file_meta.TransferSyntaxUID), made.Modality)
        for kind, made in objects.items()
    ]
    return (
        "## What Limner writes\n\nBy `limner case export --format KIND`, by `limner segment`, and by sending.\n\n"
        + table(("kind", "SOP Class", "UID", "transfer syntax", "Modality"), rows)
        + "\nThe modality of a secondary capture is that of the images it shows. Structure sets have closed planar "
        "contours\nalong the edges of pixels; holes are keyholes. Reports follow TID 1500 of PS3.16, with TID 1410, "
        "1411 and 1501.\n"
    )


def read_section() -> str:
    """What is read beside images."""
    rows = [(named(uid), uid, "masks") for uid in MASK_READERS]
    rows += [(named(uid), uid, "measurements, window or map") for uid in READERS]
    syntaxes = [(named(uid), uid) for uid in syntax.READABLE]
    return (
        "## What Limner reads\n\nEvery image with one or three samples per pixel, single-frame or multi-frame, "
        "whatever its SOP Class. By\n`limner case import` also:\n\n"
        + table(("SOP Class", "UID", "as"), rows)
        + "\nTransfer syntaxes that are read, proposed when fetching and accepted when receiving, the most wanted "
        "first:\n\n" + table(("transfer syntax", "UID"), syntaxes)
    )


def network_section() -> str:
    """DIMSE and DICOMweb, both roles."""
    services = [("C-ECHO", "Verification", "1.2.840.10008.1.1")]
    for service in ("FIND", "MOVE", "GET"):
        for level in (Level.PATIENT, Level.STUDY):
            uid = model_of(level, service)
            services.append((f"C-{service}", named(uid), uid))
    services.append(("C-STORE", "whatever the object is, in its own transfer syntax", ""))
    keys = [(level.value, ", ".join(KEYS[level])) for level in Level]
    config, limits = ListenerConfig(), Limits()
    return (
        "## Network: DIMSE\n\n### As a user (SCU)\n\n"
        + table(("service", "SOP Class", "UID"), services)
        + "\nThe Patient Root model is asked for patients, the Study Root model for everything else. Keys that come "
        "back from a\nquery:\n\n"
        + table(("level", "keys"), keys)
        + f"\nOne association at a time for each task; PDUs of at most {MAX_PDU} bytes are taken. Objects are sent "
        "as they are, never\ncompressed anew. After sending, the destination is asked for the object.\n"
        "\n### As a provider (SCP): `limner listen`\n\nVerification and the Storage SOP Classes below.\n\n"
        + table(
            ("property", "value where nothing else is set"),
            [
                ("AE title", config.ae_title),
                ("address, port", f"{config.address}, {config.port}"),
                ("who may call", "AE titles on a list, each from its own addresses; others are rejected"),
                ("called AE title", "must be ours"),
                ("associations at the same time", config.most_associations),
                ("objects per second of one association", config.most_per_second or "no limit"),
                ("idle time-out", f"{config.idle_s:g} s"),
                ("largest object", f"{limits.object_bytes >> 30} GB"),
                ("stays free on the disk", f"{limits.free_bytes >> 30} GB; below, objects are refused with A700"),
                ("encryption", "TLS, with the caller's certificate demanded where an authority is named"),
            ],
        )
        + "\nAn object is answered with success only when it is on the disk. The same object again is accepted and not "
        "kept twice;\nanother object under a known UID is kept beside the first.\n\n"
        + received_table()
        + "\n## Network: DICOMweb\n\nAs a user only.\n\n"
        + table(
            ("service", "resources", "media types"),
            [
                ("QIDO-RS", "studies, series, instances", "application/dicom+json"),
                ("WADO-RS", "studies, series, instances", ACCEPT),
                ("STOW-RS", "studies", 'multipart/related; type="application/dicom", application/dicom+json'),
            ],
        )
        + "\nWith a password or a bearer token, a proxy, and an authority of one's own. What names a patient goes over "
        "TLS only, or\nstays on this computer, and only to destinations that are marked as inside the hospital.\n"
    )


def received_table() -> str:
    """Storage SOP Classes of the receiver."""
    uids = sorted(storage_classes(), key=named)
    return table(("Storage SOP Class that is received", "UID"), [(named(uid), uid) for uid in uids])


def deidentification_section() -> str:
    """Profile and options."""
    codes = [BASIC_CODE, *CODES.values(), CLEAN_PIXELS_CODE, CLEAN_FACES_CODE]
    return (
        f"## De-identification\n\nBy table E.1-1 of PS3.15 ({row_count()} lines), in every sequence, private elements "
        "included. Pseudonyms, UIDs and\nshifts of dates follow from a key that stays in the hospital. What was "
        "applied stands in the object:\n\n" + table(("code (DCM)", "meaning"), codes)
    )


def attributes_section(objects: dict[str, Dataset]) -> str:
    """What stands in each kind of object."""
    passed_on = wrapped(keyword for keyword, _ in (*REQUIRED, *OPTIONAL))
    parts = [
        "## Attributes\n\nTaken from the images, where they have them and they are well formed (those of type 2 are "
        f"added without a value where\nthey lack):\n\n{passed_on}\n\nMissing or invalid UIDs of the images are "
        "replaced, the same ones each time, and what was filled in is told to whoever\nexports.\n"
    ]
    from_images = {keyword for keyword, _ in (*REQUIRED, *OPTIONAL)}
    own = {kind: {element.keyword for element in made} - from_images for kind, made in objects.items()}
    common = set[str].intersection(*own.values())
    parts.append(f"\n### Set in every object\n\n{wrapped(sorted(common))}\n")
    for kind, keywords in own.items():
        title = named(objects[kind].SOPClassUID)
        parts.append(f"\n### Further in `{kind}`: {title}\n\n{wrapped(sorted(keywords - common))}\n")
    checked = ", ".join(sorted({title for title, _ in KINDS.values()}))
    parts.append("\n" + wrapped([f"`limner dicom validate` checks the required attributes of: {checked}"]) + "\n")
    return "".join(parts)


def texts_section() -> str:
    """Character sets, private codes, identification."""
    sets = ", ".join(sorted(name for name in character_sets._CODECS if name))
    read = wrapped([f"Read: {sets}, and their code extensions (ISO 2022). Written: ISO_IR 192"])
    terms = {term for pair in VALUE_CODES.values() for term in pair} | {PROBABILITY, UNCERTAINTY}
    private = sorted((t.value, t.scheme, t.meaning) for t in terms if t.scheme.startswith("99"))
    return (
        f"## Character sets\n\n{read}\n\n"
        "## Private codes\n\nNo private attributes and no private SOP Classes are written. Codes of Limner's own:\n\n"
        + table(("code", "scheme", "meaning"), private)
        + f"\n## Identification\n\nImplementation Class UID: {IMPLEMENTATION_UID}. Implementation Version Name: LIMNER "
        "and the version.\n"
    )


def statement() -> str:
    """The whole page."""
    objects = written_objects()
    parts = (
        HEAD,
        written_section(objects),
        read_section(),
        network_section(),
        deidentification_section(),
        attributes_section(objects),
        texts_section(),
    )
    return "\n".join(parts)


def main() -> int:
    """Write the page, or compare it."""
    text = statement()
    if "--check" not in sys.argv[1:]:
        OUT.write_text(text, "utf-8")
        return 0
    if OUT.exists() and OUT.read_text("utf-8") == text:
        return 0
    print(f"{OUT.name} is not what the program says: run `python docs/conformance.py`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
