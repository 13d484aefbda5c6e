"""``limner pacs list|add|remove|echo|find|get|move|send NAME``: archives and other machines that speak DICOM."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from dataclasses import asdict, replace
from getpass import getpass
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json, progress
from app.object_formats import add_picture_formats
from imaging.errors import UserError
from session import archives
from session.sending import written_kinds
from session.settings import Settings
from sync.destination import Destination, Login, Network, ObjectKind, Tls, read_destinations, write_destinations
from sync.diagnose import diagnose, failed_step
from sync.incoming import Fetched
from sync.outbox import ItemState, Outbox
from sync.query import Level, Query, several_kinds
from sync.query_dates import date_range
from sync.secrets import keep_secret, secret_names, variable_name

SHOWN = {
    Level.PATIENT: ("PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    Level.STUDY: ("StudyDate", "PatientID", "PatientName", "ModalitiesInStudy", "StudyDescription", "StudyInstanceUID"),
    Level.SERIES: (
        "SeriesNumber",
        "Modality",
        "SeriesDescription",
        "NumberOfSeriesRelatedInstances",
        "SeriesInstanceUID",
    ),
    Level.IMAGE: ("InstanceNumber", "SOPClassUID", "SOPInstanceUID"),
}


def add(parsers: Any) -> None:
    """Declare the command and its parts."""
    parser = parsers.add_parser(
        "pacs",
        help="ask archives, fetch from them, send to them",
        description="What names a patient goes only to machines marked as inside the hospital, and only encrypted.",
    )
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, run, text in (
        ("list", list_, "the machines that are set up"),
        ("add", add_, "set one up, or change it"),
        ("remove", remove, "forget one"),
        ("echo", echo, "does it answer?"),
        ("diagnose", diagnose_, "try every step of the connection, and name the one that fails"),
        ("find", find, "search for patients, studies, series, images"),
        ("get", get, "fetch studies or series into the workspace, on our own association (C-GET)"),
        ("move", move, "the same, sent to a receiver of ours (C-MOVE)"),
        ("send", send, "send files or folders, or what a case holds"),
        ("outbox", outbox, "what is not confirmed by the other side yet; sends it again"),
    ):
        part = parts.add_parser(name, help=text)
        part.set_defaults(run=run)
        part.add_argument("--json", action="store_true")
        if name != "list":
            part.add_argument("name", metavar="NAME", help="as listed by `limner pacs list`")
        if name == "add":
            _add_options(part)
        elif name == "find":
            _find_options(part)
        elif name in ("get", "move"):
            part.add_argument("study", metavar="STUDY_UID")
            part.add_argument("--series", action="append", default=[], metavar="UID", help="only these series")
        elif name == "send":
            part.add_argument("paths", nargs="*", type=Path, metavar="PATH")
            part.add_argument("--case", type=Path, metavar="CASE", help="write, prove and send its masks instead")
            add_picture_formats()
            kinds = [kind.value for kind in written_kinds()]
            part.add_argument(
                "--kind", action="append", choices=kinds, metavar="KIND", help=f"any of {', '.join(kinds)}"
            )
            part.add_argument("--series", type=Path, metavar="PATH", help="the DICOM images that the case belongs to")


def _add_options(part: argparse.ArgumentParser) -> None:
    where = part.add_mutually_exclusive_group(required=True)
    where.add_argument("--dimse", metavar="AE@HOST:PORT", help="a machine that speaks DIMSE")
    where.add_argument("--web", metavar="URL", help="the root of a DICOMweb service")
    part.add_argument("--own-title", default="LIMNER", metavar="AE", help="what we call ourselves")
    part.add_argument("--own-port", type=int, default=0, metavar="PORT", help="of our receiver for C-MOVE")
    part.add_argument("--tls", action="store_true", help="encrypt DIMSE")
    part.add_argument("--ca", default="", metavar="FILE", help="trusted certificates instead of the system's")
    part.add_argument("--certificate", default="", metavar="FILE", help="our own")
    part.add_argument("--key", default="", metavar="FILE", help="of our certificate")
    part.add_argument("--user", default="", metavar="NAME", help="log in by password, asked for and kept safely")
    part.add_argument("--token", action="store_true", help="log in by a token, asked for and kept safely")
    part.add_argument("--proxy", default="", metavar="URL", help="http://host:port, or http://user@host:port")
    part.add_argument("--inside", action="store_true", help="it belongs to the hospital: patients' names may go there")


def _find_options(part: argparse.ArgumentParser) -> None:
    part.add_argument("--level", choices=[level.value.lower() for level in Level], default="study")
    for option, keyword in (
        ("--patient-id", "PatientID"),
        ("--patient-name", "PatientName"),
        ("--date", "StudyDate"),
        ("--accession", "AccessionNumber"),
        ("--description", "StudyDescription"),
        ("--modality", "ModalitiesInStudy"),
        ("--study", "StudyInstanceUID"),
        ("--series", "SeriesInstanceUID"),
    ):
        text = (
            "2026, 2026-05-31 or 20260531, or a range of two"
            if keyword == "StudyDate"
            else f"{keyword}; * and ? are wild"
        )
        part.add_argument(option, dest=keyword, default="", metavar="VALUE", help=text)
    part.add_argument("--limit", type=int, default=200, metavar="N", help="the most that are shown (200)")


def list_(arguments: argparse.Namespace) -> int:
    """Print the machines."""
    found = read_destinations(archives.destinations_file(Settings()))
    if arguments.json:
        print_json({"destinations": [{**d.to_json(), "is_fixed": d.is_fixed} for d in found]})
        return 0
    for d in found:
        where = d.url if d.network is Network.DICOMWEB else f"{d.ae_title}@{d.host}:{d.port}"
        safe = "encrypted" if d.is_encrypted else "plain"
        print(f"{d.name:<24}{where:<48}{safe:<11}{'inside' if d.is_inside else 'outside'}{'  by IT' * d.is_fixed}")
    return 0


def add_(arguments: argparse.Namespace) -> int:
    """Set up a machine, or change it."""
    made = _destination(arguments)
    path = archives.destinations_file(Settings())
    known = read_destinations(path)
    others = [d for d in known if d.name.casefold() != made.name.casefold()]
    for old in known:
        if old not in others:
            if old.is_fixed:
                raise UserError(f"“{made.name}” is set up by IT and cannot be changed here.")
            # what this command has no option for, as the window set it
            made = replace(made, kinds=old.kinds, quarantine=old.quarantine, timeout_s=old.timeout_s)
    for name in secret_names(made):
        if os.environ.get(variable_name(name)):
            continue  # where there is no key store, it is there
        what = "Password of the proxy" if name != made.name else made.login.value.capitalize()
        keep_secret(name, getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n"))
    write_destinations(path, [*others, made])
    return 0


def _destination(arguments: argparse.Namespace) -> Destination:
    login = Login.TOKEN if arguments.token else Login.PASSWORD if arguments.user else Login.NONE
    base = Destination(
        arguments.name,
        own_ae_title=arguments.own_title,
        own_port=arguments.own_port,
        login=login,
        user=arguments.user,
        tls=Tls(arguments.tls, arguments.ca, arguments.certificate, arguments.key),
        proxy=arguments.proxy,
        is_inside=arguments.inside,
    )
    if arguments.web:
        return replace(base, network=Network.DICOMWEB, url=arguments.web).checked()
    title, _, rest = arguments.dimse.partition("@")
    host, _, port = rest.rpartition(":")
    if not host or not port.isdigit():
        raise UserError("A machine is given as AE@HOST:PORT.")
    return replace(base, ae_title=title, host=host.strip("[]"), port=int(port)).checked()


def remove(arguments: argparse.Namespace) -> int:
    """Forget a machine and its secret."""
    settings = Settings()
    gone = archives.destination_named(settings, arguments.name)
    if gone.is_fixed:
        raise UserError(f"“{gone.name}” is set up by IT and cannot be removed here.")
    path = archives.destinations_file(settings)
    for name in secret_names(gone):
        keep_secret(name, "")
    write_destinations(path, [d for d in read_destinations(path) if d.name != gone.name])
    return 0


def echo(arguments: argparse.Namespace) -> int:
    """Ask for an answer."""
    destination = archives.destination_named(Settings(), arguments.name)
    seconds = archives.echo(destination)
    if arguments.json:
        print_json({"answers": True, "seconds": round(seconds, 4)})
    else:
        print(f"{destination.name} answers ({1000 * seconds:.0f} ms)")
    return 0


def diagnose_(arguments: argparse.Namespace) -> int:
    """Try every step of the connection."""
    steps = diagnose(archives.destination_named(Settings(), arguments.name))
    if arguments.json:
        print_json({"steps": [asdict(step) for step in steps]})
    else:
        for step in steps:
            mark = "-" if step.is_ok is None else "ok" if step.is_ok else "FAILED"
            print(f"{step.name:<14}{mark:<8}{step.message} {step.hint}".rstrip())
    return 1 if failed_step(steps) else 0


def find(arguments: argparse.Namespace) -> int:
    """Search."""
    level = Level(arguments.level.upper())
    keywords = (
        "PatientID",
        "PatientName",
        "StudyDate",
        "AccessionNumber",
        "StudyDescription",
        "ModalitiesInStudy",
        "StudyInstanceUID",
        "SeriesInstanceUID",
    )
    matches = {keyword: getattr(arguments, keyword) for keyword in keywords if getattr(arguments, keyword)}
    if "StudyDate" in matches:
        matches["StudyDate"] = date_range(matches["StudyDate"])
    if "ModalitiesInStudy" in matches:
        key = "Modality" if level in (Level.SERIES, Level.IMAGE) else "ModalitiesInStudy"
        matches[key] = several_kinds(matches.pop("ModalitiesInStudy"))
    if arguments.limit < 1:
        raise UserError("--limit is at least 1.")
    if not matches:
        raise UserError("Say what to search for.", "For example --patient-id 4711 or --date 20260101-20260131.")
    destination = archives.destination_named(Settings(), arguments.name)
    answers = archives.find(destination, Query(level, matches, arguments.limit))
    if arguments.json:
        print_json({"level": level.value.lower(), "is_cut": answers.is_cut, "records": list(answers.records)})
        return 0
    for record in answers.records:
        print("  ".join(record.get(keyword, "") or "-" for keyword in SHOWN[level]))
    if not answers.records:
        note("Nothing was found.")
    if answers.is_cut:
        note(f"There are more than {arguments.limit}; narrow the search or raise --limit.")
    return 0


def get(arguments: argparse.Namespace) -> int:
    """Fetch on our own association."""
    return _fetch(arguments, replace(archives.destination_named(Settings(), arguments.name), own_port=0))


def move(arguments: argparse.Namespace) -> int:
    """Fetch by having it sent to us."""
    destination = archives.destination_named(Settings(), arguments.name)
    if not destination.own_port:
        raise UserError(f"“{destination.name}” has no port for a receiver of ours.", "Add it again with --own-port.")
    return _fetch(arguments, destination)


def _fetch(arguments: argparse.Namespace, destination: Destination) -> int:
    study = {"StudyInstanceUID": arguments.study}
    queries = [Query(Level.SERIES, {**study, "SeriesInstanceUID": uid}) for uid in arguments.series]
    workspace = Settings().workspace()
    done = Fetched()
    for query in queries or [Query(Level.STUDY, study)]:
        archives.fetch_into(
            workspace, destination, query, lambda d, n: progress(d / max(1, n), f"{d} of {n}"), done=done
        )
    if arguments.json:
        counts = {"new": done.new, "same": done.same, "different": done.different, "failed": done.failed}
        print_json({**counts, "reason": done.reason})
    else:
        print(f"{done.new + done.different} new, {done.same} were here already, {done.failed} failed")
    if done.failed:
        note(f"warning: {done.reason or 'some objects could not be fetched.'}")
    return 1 if done.failed else 0


def send(arguments: argparse.Namespace) -> int:
    """Send files."""
    from imaging.dicom.scan import files_below
    from session.image_sending import send_images
    from session.images_to_send import look_at_files, way_to

    if arguments.case is not None:
        return _send_case(arguments)
    if not arguments.paths:
        raise UserError("Say what to send.", "Files, folders, or --case CASE.")
    settings = Settings()
    destination = archives.destination_named(settings, arguments.name)
    paths = [p for path in arguments.paths for p in (map(Path, files_below(path)) if path.is_dir() else [path])]
    found = look_at_files(paths)
    way = way_to(found, destination)
    problems = [problem for one in found.series for problem in one.problems]
    warned = Counter[str]()
    for reason, count in problems:
        warned[reason] += count
    for reason in way.left_out.values():
        warned.setdefault(reason, 1)
    for reason, count in warned.items():
        note(f"warning: {reason} ({count})")
    if way.refusal is not None:
        raise way.refusal
    sending = send_images(
        way.files,
        destination,
        settings.workspace(),
        on_progress=lambda done, total: progress(done / max(1, total), f"{done} of {total}"),
    )
    if arguments.json:
        print_json({**sending.to_json(), "left_out": len(paths) - len(way.files)})
    else:
        states = sending.states
        print(", ".join(f"{states[state]} {state.value}" for state in ItemState if states[state]))
    for reason, count in sending.reasons.items():
        note(f"warning: {count}: {reason}")
    is_there = not (sending.states[ItemState.WAITING] or sending.states[ItemState.REFUSED])
    return 0 if is_there and not problems and not way.left_out else 1


def _send_case(arguments: argparse.Namespace) -> int:
    """Write, prove, send and confirm what a case holds; its journal says so."""
    from imaging.case.case import Case
    from session.case_content import content_of_case
    from session.document import Document
    from session.exporting import labels_of
    from session.sending import resolved, send_case

    settings = Settings()
    kinds = [ObjectKind(kind) for kind in arguments.kind or ["seg"]]
    sending = resolved(read_destinations(archives.destinations_file(settings)), arguments.name, kinds)
    document = Document([], Case.open(arguments.case), author=settings["person.name"])
    try:
        labels, image = labels_of(document.segmentation), document.case.images[0]
        place = str(arguments.case.resolve())
        content = content_of_case(document.case)
        send_case(sending, labels, image, settings.workspace(), place, arguments.series, on_step=note, case=content)
        document.note(f"Sent to {sending.destination.name}", "send", sending.to_json())
        document.case.journal.flush()
    finally:
        document.close()
    if arguments.json:
        print_json(sending.to_json())
    for one in sending.objects:
        if not arguments.json:
            worst = min(one.proven.agreement.values(), default=1.0) if one.proven else 0.0
            print(f"{one.kind.value:<14}{one.state.value:<11}agreement {worst:.4f}  {one.reason}".rstrip())
        for text in (*one.filled_in, *one.notes):
            note(f"note: {text}")
    return 0 if sending.is_complete else 1


def outbox(arguments: argparse.Namespace) -> int:
    """Send again what is not confirmed, and print what is left."""
    from session.delivery import deliver

    settings = Settings()
    destination = archives.destination_named(settings, arguments.name)
    with Outbox(settings.workspace()) as box:
        items = deliver(box, destination, box.open_items(destination.name)) if box.open_items(destination.name) else []
        left = box.items(destination.name)
    if arguments.json:
        print_json(
            {
                "confirmed": len(items) - len(left),
                "left": [{"kind": i.kind, "state": i.state.value, "reason": i.reason} for i in left],
            }
        )
    else:
        for item in left:
            print(f"{item.kind:<14}{item.state.value:<11}{item.reason}")
        print(f"{len(left)} objects are left")
    return 1 if left else 0
