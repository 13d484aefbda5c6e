"""Files and folders without their patients: written beside, looked through byte by byte, and only then named."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imaging.dicom.damage import naming_damage, pydicom_faults
from imaging.dicom.instance import DIRECTORY_CLASS
from imaging.dicom.sources import FileSource
from imaging.dicom.walker import NotDicom, Odd, walk
from imaging.dicom.wholeness import require_whole
from imaging.errors import UserError
from imaging.formats.replacing import replacing
from sync.deidentification.burned_in import Risk, risk_of
from sync.deidentification.engine import Deidentifier
from sync.deidentification.last_look import look_through
from sync.deidentification.naming import naming_values
from sync.deidentification.pixels import NOTHING, PixelWishes, check_risk, clean_pixels
from sync.deidentification.register import Register
from sync.deidentification.report import Report
from sync.deidentification.table import Action
from sync.deidentification.words import KnownNames

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass
class Outcome:
    """What became of the files: written, passed over (no DICOM), and refused with the reason."""

    written: list[Path] = field(default_factory=list)
    others: int = 0
    refused: list[tuple[Path, str]] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    is_cancelled: bool = False

    def to_json(self) -> dict[str, Any]:
        """A JSON-able record; names of the original files are the caller's matter and not in it."""
        reasons: dict[str, int] = {}
        for _, reason in self.refused:
            reasons[reason] = reasons.get(reason, 0) + 1
        return {"written": len(self.written), "others": self.others, "refused": reasons, **self.report.to_json()}


def deidentify_files(
    paths: Sequence[Path],
    out: Path,
    worker: Deidentifier,
    register: Register,
    *,
    pixels: PixelWishes = NOTHING,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Write each DICOM object of ``paths`` into ``out`` without identifiers, named by running numbers.

    Args:
        pixels: what somebody looked at, what is blacked out, and whether faces go.

    Raises:
        UserError: the folder cannot be written.
    """
    done = Outcome(report=worker.report)
    for sentence in pixels.faces.notes if pixels.faces is not None else ():
        worker.report.note(sentence)
    worker.known_identity = register.identity_in_study
    out.mkdir(parents=True, exist_ok=True)
    number = max((int(path.stem) for path in out.glob("*.dcm") if path.stem.isdecimal()), default=0)
    for count, path in enumerate(paths):
        if is_cancelled():
            done.is_cancelled = True
            break
        try:
            made = deidentify_file(path, worker, pixels)
        except NotDicom:
            done.others += 1
        except UserError as error:
            done.refused.append((path, error.message.replace(path.name, "The file")))  # names may be patients'
        else:
            register.note(worker)
            number += 1
            target = out / f"{number:06}.dcm"
            with replacing(target) as file:
                file.write(made)
            done.written.append(target)
        on_progress(count + 1, len(paths))
    return done


def deidentify_file(path: Path, worker: Deidentifier, pixels: PixelWishes = NOTHING) -> bytes:
    """The bytes of one object without its identifiers, looked through before anybody gets them.

    Raises:
        NotDicom: the file is something else.
        UserError: it cannot be read, its pixels may name the patient, or something of the patient is still in it.
    """
    found = read_object(path)
    with naming_damage("The object is damaged: what is in it cannot be treated."):
        risk = risk_of(found)
        check_risk(risk, str(found.get("SeriesInstanceUID") or ""), pixels)
        if risk is not Risk.NONE:
            worker.report.note("Images that may name the patient were written: somebody answered for their pixels.")
        made = worker.deidentify(found)
        for what in clean_pixels(made, found, path, pixels):
            worker.report.count(what, Action.CLEAN)
    data = _written(made)
    look_through(data, KnownNames(naming_values(found)))
    return data


def read_object(path: Path) -> Dataset:
    """Read an object whose header our own walker could follow, so that pydicom meets nothing endless.

    Raises:
        NotDicom: the file is something else.
        UserError: it cannot be read safely.
    """
    from pydicom import dcmread

    try:
        if walk(FileSource(str(path)))[0].is_encapsulated:
            require_whole(path)  # of compressed frames that are cut off pydicom makes an empty object
        found = dcmread(path, force=True)
        for _ in found.iterall():
            pass  # pydicom understands values when they are asked for: what it cannot understand shows here
        is_directory = found.file_meta.get("MediaStorageSOPClassUID") == DIRECTORY_CLASS
    except Odd as error:
        raise UserError("The object is built in a way that cannot be followed safely.") from error
    except pydicom_faults() as error:
        raise UserError("The object cannot be read.") from error
    if is_directory:
        raise UserError("A disc's directory lists patients; it is left out.")
    return found


def _written(made: Dataset) -> bytes:
    buffer = io.BytesIO()
    try:
        made.save_as(buffer, enforce_file_format=True)
    except pydicom_faults() as error:
        raise UserError("The object cannot be written as the standard asks.") from error
    return buffer.getvalue()
