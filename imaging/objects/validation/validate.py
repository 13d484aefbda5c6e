"""``limner dicom validate``: the whole check of one file."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.dicom import tags
from imaging.dicom.checks import check_pixels
from imaging.dicom.damage import naming_damage, pydicom_faults
from imaging.dicom.instance import DIRECTORY_CLASS, instance_of
from imaging.dicom.wholeness import require_whole
from imaging.errors import UserError
from imaging.objects.elements import ForeignObject, open_object
from imaging.objects.validation.consistency import check_consistency
from imaging.objects.validation.findings import Finding, Findings
from imaging.objects.validation.modules import KINDS, Module
from imaging.objects.validation.values import check_values

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def validate(path: Path, most_items: int | None = None) -> list[Finding]:
    """Everything that is wrong with a file, errors first; nothing when it is right.

    Only what Limner writes has its required attributes looked at; of other kinds the values alone are.

    Args:
        path: the file.
        most_items: of each sequence so many items have their values looked at; all of them when None.

    Raises:
        UserError: it is no DICOM file, or so damaged that it cannot be read.
    """
    opened = open_object(path)  # our own bounded walker goes first: depth, number of elements, lengths
    is_cut = _is_cut(opened, path)
    data_set = _read(path, without_pixels=is_cut)
    found = Findings()
    with _unreadable_is_found(found):
        if data_set.file_meta.get("MediaStorageSOPClassUID") == DIRECTORY_CLASS:
            raise UserError(f"{path.name} is a directory of other files (DICOMDIR).", "Check the files that it names.")
        _check_needs(data_set, found)
    check_values(data_set.file_meta, found)
    check_values(data_set, found, most_items=most_items)
    with _unreadable_is_found(found):
        check_consistency(data_set, found)
        if is_cut:
            found.error("PixelData", "the file ends within it")
        else:
            _check_pixels(opened, data_set, found)
    return found.all()


@contextlib.contextmanager
def _unreadable_is_found(found: Findings) -> Iterator[None]:
    """An element that cannot be read ends a part of the check: that is an error of the object, too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except pydicom_faults():
        found.error("SOPClassUID", "elements of this object cannot be read, so not all of it could be checked")


def _check_needs(data_set: Dataset, found: Findings) -> None:
    """Whether the elements are there that this kind of object must have."""
    sop_class = str(data_set.get("SOPClassUID", ""))
    if sop_class in KINDS:
        for module in KINDS[sop_class][1]:
            _check_module(data_set, module, found)
        return
    found.warning("SOPClassUID", "Limner has no list of what this kind of object needs")
    for name in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        _needed(data_set, name.split(">"), name, found)


def _is_cut(opened: ForeignObject, path: Path) -> bool:
    """True when compressed frames end before their delimiter: of such a file pydicom would find nothing at all."""
    if not opened.header.is_encapsulated or opened.header.is_odd:
        return False
    try:
        require_whole(path)
    except UserError:
        return True
    return False


def _read(path: Path, *, without_pixels: bool) -> Dataset:
    from pydicom import dcmread

    with naming_damage(f"{path.name} is damaged: pydicom cannot read it."), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is our turn to say what is wrong
        return dcmread(path, defer_size=1 << 20, stop_before_pixels=without_pixels)


def _check_module(data_set: Dataset, module: Module, found: Findings) -> None:
    for place in module.needed:
        _needed(data_set, place.split(">"), place, found)
    for place in module.present:
        _present(data_set, place.split(">"), place, found)


def _needed(data_set: Dataset, names: list[str], place: str, found: Findings) -> None:
    """Type 1."""
    for holder in _holders(data_set, names[:-1]):
        if names[-1] not in holder:
            found.error(place, "it is missing, and the standard wants it with a value")
        elif _is_empty(holder, names[-1]):
            found.error(place, "it is empty, and the standard wants a value")


def _present(data_set: Dataset, names: list[str], place: str, found: Findings) -> None:
    """Type 2."""
    for holder in _holders(data_set, names[:-1]):
        if names[-1] not in holder:
            found.error(place, "it is missing; the standard wants it, though it may be empty")


def _holders(data_set: Dataset, names: list[str]) -> list[Dataset]:
    """The data sets in which an element must be: all items of nested sequences that are there."""
    holders = [data_set]
    for name in names:
        holders = [item for one in holders if name in one for item in (one[name].value or ())]
    return holders


def _is_empty(holder: Dataset, name: str) -> bool:
    raw = holder.get_item(name)
    if getattr(raw, "is_raw", False):
        return not raw.length
    return bool(raw.is_empty)


def _check_pixels(opened: ForeignObject, data_set: Dataset, found: Findings) -> None:
    """Size of the pixels against what the header claims."""
    if not data_set.get("Rows"):
        return
    if opened.header.pixel_offset < 0 and not opened.header.is_odd:
        found.error("PixelData", "it is missing")
        return
    instance = instance_of(opened.header, opened.source)
    if instance.bits_allocated == 1 and not opened.header.is_encapsulated:
        wanted = (instance.rows * instance.columns * instance.frame_count + 7) // 8
        if opened.header.pixel_length not in (wanted, wanted + wanted % 2):
            found.error("PixelData", "it is not as long as rows, columns and frames make it")
        return
    try:
        check_pixels(instance)
    except UserError as error:
        found.error("PixelData" if opened.header.pixel_tag == tags.PIXELS else "FloatPixelData", error.message)
