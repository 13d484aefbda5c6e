"""``limner case show|export|import|verify|undo|redo|attribution CASE``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json
from app.object_formats import REPORT_FILE, add_picture_formats, write_report_file
from imaging.case.attribution import describe, source_at
from imaging.case.case import Case
from imaging.case.entry import Entry
from imaging.case.images import geometry_to_json
from imaging.case.records import ChainReport
from imaging.errors import UserError
from imaging.extent import Extent
from imaging.formats.replacing import check_replaces_none_of
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from session.annotation_import import add_annotations, is_annotation_file, keep_beside, read_annotations
from session.case_content import content_of_case
from session.document import Document
from session.exporting import add_masks, export_masks, labels_of, read_masks, twins_of
from session.measured import extent_text
from session.object_export import OBJECT_FORMATS, OBJECT_SUFFIX, object_record, source_of_case, write_object_of
from session.settings import Settings

FORMATS = {"nifti": ".nii.gz", "seg.nrrd": ".seg.nrrd", "mha": ".mha", "nrrd": ".nrrd"}


def add(parsers: Any) -> None:
    """Declare the command and its parts."""
    case = parsers.add_parser("case", help="look into a case, take masks out, put masks in")
    parts = case.add_subparsers(dest="part", required=True, metavar="PART")
    for name, run, text in (
        ("show", show, "segments, history and images"),
        ("verify", verify, "check the journal's hash chain"),
        ("undo", undo, "take the last change back"),
        ("redo", redo, "bring the undone change back"),
        ("export", export, "write the masks"),
        ("import", import_, "add the segments of a mask file, or a report's measurements"),
        ("attribution", attribution, "who made a voxel what it is"),
    ):
        parser = parts.add_parser(name, help=text)
        parser.add_argument("case", type=Path)
        parser.add_argument("--json", action="store_true")
        parser.set_defaults(run=run)
        if name == "export":
            parser.add_argument("-o", "--out", type=Path, required=True)
            add_picture_formats()
            kinds = (*FORMATS, *OBJECT_FORMATS, REPORT_FILE)
            parser.add_argument("--format", choices=kinds, help="by the file's ending where it is left out")
            parser.add_argument(
                "--series",
                type=Path,
                metavar="PATH",
                help="DICOM images that an object shall be about, not the case's own",
            )
            parser.add_argument("--stack", action="store_true", help="let upper segments hide lower ones that overlap")
            parser.add_argument("--segmentation", type=Path, metavar="FILE", help="of sr: the SEG that it refers to")
            parser.add_argument("--map", default="", metavar="NAME", help="of pm: which map, such as uncertainty")
        elif name == "import":
            parser.add_argument("file", type=Path)
            parser.add_argument(
                "--resample", action="store_true", help="consent to a mask on another grid, or contours far apart"
            )
        elif name == "attribution":
            parser.add_argument("--at", required=True, metavar="X,Y,Z", help="LPS position in millimetres")


def show(arguments: argparse.Namespace) -> int:
    """Print what the case holds."""
    case = Case.open(arguments.case, read_only=True)
    try:
        record: dict[str, Any] = {
            "segments": [_segment_record(case.segmentation, s) for s in case.segmentation.segments],
            "entries": [_entry_record(e) for e in case.journal.entries],
            "chain_ok": case.verify().is_ok,
            "images": [image.to_json() for image in case.images],
            "geometry": geometry_to_json(case.segmentation.geometry),
        }
    finally:
        case.close()
    if arguments.json:
        print_json(record)
        return 0
    for s in record["segments"]:
        lock = " locked" if s["locked"] else ""
        size = extent_text(Extent.from_json(s))
        print(f"{s['number']:>4}  {s['name']:<28}{size:>15}  {s['state']}{lock}")
    for e in record["entries"]:
        print(f"{e['sequence']:>4}  {e['utc']}  {e['author']}: {e['title']}")
    print("journal: whole" if record["chain_ok"] else "journal: BROKEN, see `limner case verify`")
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Check the hash chain; a broken one is the file's fault: exit status 2."""
    case = Case.open(arguments.case, read_only=True)
    try:
        report = case.verify()
    finally:
        case.close()
    if arguments.json:
        print_json({"chain_ok": report.is_ok, "entries": report.entry_count, "broken_at": report.broken_at})
    elif report.is_ok:
        print(f"{report.entry_count} entries, the chain is whole")
    if not report.is_ok:
        raise UserError(_broken(report), "Somebody or something changed the file outside Limner.")
    return 0


def undo(arguments: argparse.Namespace) -> int:
    """Take the last change back."""
    return _step(arguments, redo=False)


def redo(arguments: argparse.Namespace) -> int:
    """Bring the last undone change back."""
    return _step(arguments, redo=True)


def export(arguments: argparse.Namespace) -> int:
    """Write the masks."""
    out: Path = arguments.out
    if arguments.format in (*OBJECT_FORMATS, REPORT_FILE):
        return _export_object(arguments)
    if out.suffix == OBJECT_SUFFIX and not arguments.format:
        raise UserError("Which kind of DICOM object?", f"Choose by --format: {', '.join(OBJECT_FORMATS)}.")
    suffix = FORMATS.get(arguments.format or "", "")
    if suffix and not out.name.lower().endswith(suffix) and not (suffix == ".nii.gz" and out.suffix == ".nii"):
        raise UserError(f"The format {arguments.format} needs a file name that ends in {suffix}.")
    case = Case.open(arguments.case, read_only=True)
    try:
        check_replaces_none_of(out, (place for image in case.images for place in image.places))
        written = export_masks(labels_of(case.segmentation), out, stack=arguments.stack)
    finally:
        case.close()
    if arguments.json:
        print_json(
            {"labels": [{"name": s.name, "label_value": s.label_value, "layer": s.layer} for s in written.segments]}
        )
    return 0


def _export_object(arguments: argparse.Namespace) -> int:
    """Write the masks as a DICOM object, and say what had to be filled in."""
    case = Case.open(arguments.case, read_only=True)
    try:
        labels = labels_of(case.segmentation)
        content = replace(
            source_of_case(case.images[0], labels, arguments.series),
            case=content_of_case(case, arguments.segmentation, arguments.map),
        )
        if arguments.format == REPORT_FILE:
            write_report_file(content, arguments.out)
            return 0
        written = write_object_of(content, arguments.out, arguments.format, stack=arguments.stack)
    finally:
        case.close()
    if arguments.json:
        print_json(object_record(written))
        return 0
    for line in (*written.notes, *(f"filled in: {one}" for one in written.filled_in)):
        note(line)
    return 0


def import_(arguments: argparse.Namespace) -> int:
    """Add the segments of a mask file, or what a DICOM object says of measurements, window or maps."""
    if is_annotation_file(arguments.file):
        return _import_annotations(arguments)
    document = _document(arguments.case)
    try:
        geometry = document.segmentation.geometry
        series_id = document.case.images[0].series_id if document.case.images else ""
        masks = read_masks(arguments.file, geometry, consent_to_resample=arguments.resample, series_id=series_id)
        notes = [*masks.notes, *filter(None, (twins_of(document, masks),))]
        add_masks(document, masks)
        _settle(document)
        segments = [_segment_record(document.segmentation, s) for s in document.segmentation.segments]
        entry = _entry_record(document.entries[-1])
    finally:
        document.close()
    if arguments.json:
        print_json({"entry": entry, "segments": segments, "notes": notes})
        return 0
    for line in notes:
        note(line)
    return 0


def _import_annotations(arguments: argparse.Namespace) -> int:
    """Add measurements, a window or a map, and list the values that have no place."""
    document = _document(arguments.case)
    try:
        found = read_annotations(arguments.file, document.case, consent=arguments.resample)
        measurements = add_annotations(document, found)
        keep_beside(document.case, found)
        _settle(document)
        record = {
            "entry": _entry_record(document.entries[-1]),
            "measurements": [m.to_json() for m in measurements],
            "values": list(found.values),
            "notes": list(found.notes),
        }
    finally:
        document.close()
    if arguments.json:
        print_json(record)
        return 0
    for line in found.values:
        print(line)
    for line in found.notes:
        note(line)
    return 0


def attribution(arguments: argparse.Namespace) -> int:
    """Say which entry made a voxel what it is, on each layer."""
    case = Case.open(arguments.case, read_only=True)
    try:
        geometry = case.segmentation.geometry
        i, j, k = (round(v) for v in geometry.to_index(_position(arguments.at)))
        if not all(0 <= v < n for v, n in zip((k, j, i), geometry.shape, strict=True)):
            raise UserError("This position lies outside the image.")
        layers: list[dict[str, Any]] = [
            {"layer": n, "entry": describe(source_at(case.journal, n, (k, j, i)))}
            for n in range(len(case.segmentation.layers))
        ]
        segments = [s.name for s in case.segmentation.segments_at(k, j, i)]
    finally:
        case.close()
    if arguments.json:
        print_json({"index": [i, j, k], "segments": segments, "layers": layers})
    else:
        print(", ".join(segments) or "no segment")
        for layer in layers:
            entry = layer["entry"]
            print(
                f"layer {layer['layer']}: " + ("untouched" if entry is None else f"{entry['author']}: {entry['title']}")
            )
    return 0


def _document(path: Path) -> Document:
    """A case without its images, for what needs none."""
    return Document([], Case.open(path), author=Settings()["person.name"])


def _settle(document: Document) -> None:
    journal = document.case.journal
    if not journal.flush():
        raise journal.failure or UserError("The case could not be written.")


def _step(arguments: argparse.Namespace, *, redo: bool) -> int:
    document = _document(arguments.case)
    try:
        if not (document.can_redo if redo else document.can_undo):
            raise UserError("There is nothing to redo." if redo else "There is nothing to undo.")
        (document.redo if redo else document.undo)()
        _settle(document)
        record = _entry_record(document.entries[-1])
    finally:
        document.close()
    if arguments.json:
        print_json({"entry": record})
    else:
        print(record["title"])
    return 0


def _segment_record(segmentation: Segmentation, segment: Segment) -> dict[str, Any]:
    return {
        "number": segment.number,
        "name": segment.name,
        "label_value": segment.label_value,
        "layer": segment.layer,
        "state": segment.state.value,
        "locked": segment.locked,
        **segmentation.extent(segment.number).to_json(),
        "color": list(segment.color),
        "origin": segment.origin,
        "type": None if segment.type is None else [segment.type.value, segment.type.scheme, segment.type.meaning],
    }


def _entry_record(entry: Entry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "utc": entry.utc,
        "author": entry.author,
        "tool": entry.tool,
        "title": entry.title,
        "kind": entry.kind.value,
        "target": entry.target,
        "parameters": entry.parameters,
    }


def _broken(report: ChainReport) -> str:
    return f"The journal is broken at entry {report.broken_at} of {report.entry_count}."


def _position(text: str) -> list[float]:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"“{text}” is no position.", "Write it as X,Y,Z in LPS millimetres.") from None
    return [x, y, z]
