"""Which images a model with several inputs gets: the open one, other series of the shelf, or files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.opening import Series
from imaging.volume import Volume
from session.document import Document
from session.models import installed_programs, model_store
from session.reading import Report, choose_series, read_volumes_of
from session.session import Session

# what people write for one and the same sequence; the later ones are those of the BraTS challenges
_SAME = (("t1", "t1w", "t1n"), ("t1c", "t1ce", "t1gd"), ("t2", "t2w"), ("flair", "t2f"), ("pet", "pt"))


@dataclass(frozen=True, eq=False)
class ChannelSource:
    """An image that may be a channel.

    Attributes:
        title: what people see.
        path: where it is; None for the open image.
        series: which series there; None for the only one.
    """

    title: str
    path: Path | None = None
    series: Series | None = None


def channel_names(model_id: str) -> tuple[str, ...]:
    """What a model of the store calls its input images; a single name for all others.

    Raises:
        UserError: no such model.
    """
    from inference.catalogue import BUILT_IN

    if any(info.id == model_id for info in (*BUILT_IN, *installed_programs())):
        return ("image",)
    description = model_store().model(model_id).description
    return tuple(channel.name for channel in description.channels) if description is not None else ("image",)


def candidates(session: Session) -> list[ChannelSource]:
    """The open image first, then the other series of the shelf."""
    document = session.open_document
    image = document.case.images[0] if document.case.images else None
    title = (image.description or image.modality) if image is not None else ""
    found = [ChannelSource(title or document.title)]
    for item in session.shelf:
        is_open = image is not None and (str(item.path.resolve()), item.series.id) == (image.path, image.series_id)
        if not is_open and item.series.geometry is not None:
            name = " ".join(part for part in (item.series.modality, item.series.description) if part)
            found.append(ChannelSource(name or item.path.name, item.path, item.series))
    return found


def guessed(names: Sequence[str], sources: Sequence[ChannelSource]) -> list[int | None]:
    """For each channel the place of the source whose title has the channel's name as a word; each source once.

    Where no title tells, the open image is the first channel that is left.
    """
    titles = [source.title for source in sources]
    found = surely(names, titles)
    for channel, name in enumerate(names):
        free = [n for n in _matching(name, titles) if n not in found]
        if found[channel] is None and free:
            found[channel] = free[0]
    if 0 not in found and None in found:
        found[found.index(None)] = 0
    return found


def surely(names: Sequence[str], titles: Sequence[str]) -> list[int | None]:
    """For each channel the place of the only title that has its name as a word; None where there is none or a choice.

    A title that only one channel may have is taken away from the others, so that of “T2 tse” and “T2 FLAIR” the second
    is the FLAIR and the first the T2.
    """
    found: list[int | None] = [None] * len(names)
    candidates = [_matching(name, titles) for name in names]
    while True:
        left = [[n for n in places if n not in found] for places in candidates]
        channel = next((c for c, places in enumerate(left) if found[c] is None and len(places) == 1), None)
        if channel is None:
            return found
        found[channel] = left[channel][0]


def _matching(name: str, titles: Sequence[str]) -> list[int]:
    words = next((same for same in _SAME if name.lower() in same), (name.lower(),))
    pattern = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, words))})(?![a-z0-9])")
    return [n for n, title in enumerate(titles) if pattern.search(title.lower())]


def read_channels(document: Document, sources: Sequence[ChannelSource], report: Report) -> list[Volume]:
    """The volumes in the model's order.

    Args:
        document: whose image is open.
        sources: one for each channel; the open image is one of them.
        report: called with fraction and message.

    Raises:
        UserError: a file cannot be read, or the first image has another grid than the open one, where the result
            would lie.
    """
    volumes = []
    for source in sources:
        if source.path is None:
            volumes.append(document.volume)
            continue
        report(0.0, f"Reading {source.title}")
        series = source.series or choose_series(source.path, None)
        volumes.append(read_volumes_of(series)[0])
    if not _same_grid(volumes[0].geometry, document.volume.geometry):
        raise UserError(
            f"The result would lie on the grid of “{sources[0].title}”, which is not that of the open image.",
            "Open that image, and run the model from there.",
        )
    return volumes


def _same_grid(a: Geometry, b: Geometry) -> bool:
    return a.shape == b.shape and bool(np.allclose(a.affine, b.affine, atol=1e-3))
