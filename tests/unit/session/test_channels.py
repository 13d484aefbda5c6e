"""Which images a model with several inputs gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.errors import UserError
from imaging.formats.registry import write_volumes
from imaging.geometry import Geometry
from imaging.opening import list_series
from imaging.volume import Quantity, SourceSeries, Volume
from session.channels import ChannelSource, candidates, channel_names, guessed, read_channels
from session.document import Document
from session.session import Session, ShelfItem

SHAPE = (4, 6, 8)


def volume(value: int, spacing: float = 1.0) -> Volume:
    geometry = Geometry(SHAPE, np.diag([spacing, 1.0, 2.0, 1.0]))
    return Volume(geometry, np.full(SHAPE, value, np.int16), Quantity.SIGNAL, SourceSeries(modality="MR"))


def document(tmp_path: Path, description: str = "T2 axial") -> Document:
    case = Case.create(tmp_path / "a.limner", volume(2).geometry, [ImageReference("/a", "1", "MR", description)])
    return Document([volume(2)], case, author="tester")


def titles(*texts: str) -> list[ChannelSource]:
    return [ChannelSource(text, Path(text) if n else None) for n, text in enumerate(texts)]


def test_names_are_found_as_words_and_the_open_image_gets_what_is_left() -> None:
    sources = titles("something", "MR T1c axial", "ax T1", "FLAIR_sag")
    assert guessed(["T1c", "T1", "T2", "FLAIR"], sources) == [1, 2, 0, 3]
    assert guessed(["T1", "T2"], titles("T2 tse", "T1 tse")) == [1, 0]
    assert guessed(["a", "b"], titles("one", "two")) == [0, None]
    assert guessed(["PET", "PET"], titles("CT", "PET 1", "PET 2")) == [1, 2]


def test_candidates_are_the_open_image_and_the_rest_of_the_shelf(tmp_path: Path) -> None:
    session = Session()
    session.set_document(document(tmp_path))
    write_volumes([volume(1)], tmp_path / "t1.nii.gz")
    session.put_on_shelf([ShelfItem(tmp_path / "t1.nii.gz", list_series(tmp_path / "t1.nii.gz")[0])])
    found = candidates(session)
    assert found[0].title == "T2 axial"
    assert found[0].path is None
    assert [source.path for source in found[1:]] == [tmp_path / "t1.nii.gz"]
    session.set_document(None)


def test_channels_are_read_in_the_models_order(tmp_path: Path) -> None:
    opened = document(tmp_path)
    write_volumes([volume(1)], tmp_path / "t1.nii.gz")
    said: list[str] = []
    sources = [ChannelSource("t1", tmp_path / "t1.nii.gz"), ChannelSource("open")]
    first, second = read_channels(opened, sources, lambda _fraction, message: said.append(message))
    assert (int(first.voxels.max()), second) == (1, opened.volume)
    assert said == ["Reading t1"]
    opened.close()


def test_the_first_image_must_lie_on_the_open_ones_grid(tmp_path: Path) -> None:
    opened = document(tmp_path)
    write_volumes([volume(1, spacing=1.5)], tmp_path / "t1.nii.gz")
    sources = [ChannelSource("t1", tmp_path / "t1.nii.gz"), ChannelSource("open")]
    with pytest.raises(UserError, match="not that of the open image"):
        read_channels(opened, sources, lambda *_: None)
    assert read_channels(opened, sources[::-1], lambda *_: None)[0] is opened.volume  # resampled by the engine
    opened.close()


def test_built_in_models_want_one_image() -> None:
    assert channel_names("ct-anatomy-rules") == ("image",)
