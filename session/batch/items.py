"""What is to be segmented in a batch: one item for each image series below some paths."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from imaging.opening import Series
from session.reading import image_series

MASK_SUFFIX = ".nii.gz"
HASH_DIGITS = 8


@dataclass(frozen=True, eq=False)
class Found:
    """One series of a batch.

    Attributes:
        path: below which it was found.
        series: it.
        name: of its result, without an ending: the path's own. Where a path holds several series, a file has its own
            name (with those of the folders between), and a DICOM series the path's with the first digits of a hash of
            its UID: what is found there later must not change the names of what is done.
    """

    path: Path
    series: Series
    name: str


def found_series(
    paths: Sequence[Path], failed: Callable[[Path, UserError], None], taken: Collection[str] = ()
) -> Iterator[Found]:
    """Each series below the paths, in their order.

    Args:
        paths: files or folders.
        failed: called with a path that holds no images; the others go on.
        taken: names that results must not have.
    """
    names = set(taken)
    for path in paths:
        try:
            found = image_series(path)
        except UserError as error:
            failed(path, error)
            continue
        for series in sorted(found, key=lambda one: one.id):
            name = _name(path, series, is_alone=len(found) == 1)
            while name in names:
                name += "-again"
            names.add(name)
            yield Found(path, series, name)


def _name(path: Path, series: Series, *, is_alone: bool) -> str:
    stem = path.resolve().name.split(".")[0] or "image"
    if is_alone:
        return stem
    if series.stack is None:  # its id is where it lies below the path
        *folders, file = Path(series.id).parts
        return "-".join([*folders, file.split(".")[0] or "image"])
    return name_of_uid(stem, series.id)


def name_of_uid(stem: str, uid: str) -> str:
    """A name that tells one of several series or studies of a folder, the same whatever else is found there."""
    return f"{stem}-{hashlib.sha256(uid.encode()).hexdigest()[:HASH_DIGITS]}"


def is_name_of_uid(name: str, stem: str) -> bool:
    """Whether ``name_of_uid`` may have made a name of this stem."""
    return re.fullmatch(rf"{re.escape(stem)}-[0-9a-f]{{{HASH_DIGITS}}}", name) is not None
