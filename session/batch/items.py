"""What is to be segmented in a batch: one item for each image series below some paths."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from imaging.opening import Series
from session.reading import image_series

MASK_SUFFIX = ".nii.gz"


@dataclass(frozen=True, eq=False)
class Found:
    """One series of a batch.

    Attributes:
        path: below which it was found.
        series: it.
        name: of its result, without an ending: the path's own, with a number where a path holds several series.
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
        for number, series in enumerate(sorted(found, key=lambda one: one.id), 1):
            stem = path.resolve().name.split(".")[0] or "image"
            name = stem if len(found) == 1 else f"{stem}-{number}"
            while name in names:
                name += "-again"
            names.add(name)
            yield Found(path, series, name)
