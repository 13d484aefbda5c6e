"""Series below some paths as studies, for models that want several images of the same patient."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from imaging.series import Series
from session.batch.item import StudyImage
from session.batch.items import name_of_uid
from session.channels import ChannelSource, surely
from session.reading import image_series

SAME_GRID_MM = 0.1  # as the engine has it
_NUMBERED = re.compile(r"(.+)_(\d{4})")  # nnU-Net's names of files: NAME_0000, NAME_0001, one for each channel


@dataclass(frozen=True)
class Study:
    """Images that belong together.

    Attributes:
        path: below which they were found.
        id: tells it from other studies below that path.
        name: of its result, without an ending.
        images: in the order of their ids.
        numbers: for each image the channel that its file's name says; empty where the names say none.
        series: of the images.
    """

    path: Path
    id: str
    name: str
    images: tuple[StudyImage, ...]
    numbers: tuple[int, ...] = ()
    series: tuple[Series, ...] = ()

    def guessed(self, channels: Sequence[str]) -> tuple[int | None, ...]:
        """For each channel the place of the image that surely is it; None where nobody knows."""
        if self.numbers:
            return tuple(self.numbers.index(n) if n in self.numbers else None for n in range(len(channels)))
        return tuple(surely(channels, [image.title for image in self.images]))

    def are_on_one_grid(self, chosen: Sequence[int | None]) -> bool:
        """Whether a model can look at these images together."""
        first, *others = (self.series[place].geometry for place in chosen if place is not None)
        return all(first and other and first.same_space(other, SAME_GRID_MM) for other in others)

    def sources(self, channels: Sequence[str]) -> tuple[ChannelSource, ...]:
        """The images in the model's order.

        Raises:
            UserError: the names do not tell which is which, or the images lie on different grids.
        """
        chosen = [place for place in self.guessed(channels) if place is not None]
        if len(chosen) < len(channels):
            raise UserError(f"{self.name} does not say which image is which.", f"Wanted: {', '.join(channels)}.")
        if not self.are_on_one_grid(chosen):
            raise UserError(f"The images of {self.name} lie on different grids.")
        return tuple(ChannelSource(self.images[n].title, Path(self.images[n].path), self.series[n]) for n in chosen)


def found_studies(
    paths: Sequence[Path], failed: Callable[[Path, UserError], None], taken: Collection[str] = ()
) -> list[Study]:
    """The studies below the paths, in their order.

    DICOM series belong together by their study, files of other formats by their folder, or by their name where it ends
    in a channel's number as nnU-Net has it. Single files that are given together count as their folder.

    Args:
        paths: files or folders.
        failed: called with a path that holds no images; the others go on.
        taken: names that results must not have.
    """
    groups: dict[tuple[Path, str], list[tuple[Path, Series]]] = {}
    for path in paths:
        try:
            found = image_series(path)
        except UserError as error:
            failed(path, error)
            continue
        for series in sorted(found, key=lambda one: one.id):
            groups.setdefault(_group(path, series), []).append((path, series))
    names = set(taken)
    studies = []
    for (place, key), members in groups.items():
        name = _unique(_name(place, key, [k for p, k in groups if p == place]), names)
        studies.append(_study(place, key, name, members))
    return studies


def _group(path: Path, series: Series) -> tuple[Path, str]:
    if series.study_uid:
        return path, series.study_uid
    file = series.path
    numbered = _NUMBERED.fullmatch(_stem(file))
    return (path.parent if path.is_file() else path), (str(file.parent / numbered[1]) if numbered else str(file.parent))


def _study(place: Path, key: str, name: str, members: Sequence[tuple[Path, Series]]) -> Study:
    images = tuple(StudyImage(_title(series), str(path), series.id) for path, series in members)
    found = [_NUMBERED.fullmatch(_stem(series.path)) for _, series in members if not series.study_uid]
    numbers = tuple(int(match[2]) for match in found if match)
    is_numbered = len(numbers) == len(images) == len(set(numbers))
    return Study(place, key, name, images, numbers if is_numbered else (), tuple(series for _, series in members))


def _name(place: Path, key: str, keys: Sequence[str]) -> str:
    """Of the folder; where it holds several studies, of the files or the folder below, or with a hash of its UID."""
    if len(keys) == 1:
        return _stem(place.resolve()) or "study"
    is_of_files = "/" in key or "\\" in key
    return Path(key).name if is_of_files else name_of_uid(_stem(place.resolve()), key)


def _unique(name: str, names: set[str]) -> str:
    while name in names:
        name += "-again"
    names.add(name)
    return name


def _title(series: Series) -> str:
    return " ".join(part for part in (series.modality, series.description) if part) or series.id


def _stem(path: Path) -> str:
    return path.name.split(".")[0]
