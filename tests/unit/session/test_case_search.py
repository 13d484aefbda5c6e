"""The case of an image is found in the folder of cases, whatever lies beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment
from imaging.geometry import Geometry
from imaging.segment import Segment
from session.case_search import find_case

GEOMETRY = Geometry((3, 4, 5), np.eye(4))


def make_case(path: Path, image: Path) -> Path:
    reference = ImageReference(path=str(image), series_id="1.2", pixel_hash="")
    with closing(Case.create(path, GEOMETRY, [reference])) as case:
        change = case.segmentation.apply(AddSegment(Segment(1, "One")))
        case.journal.append(change, author="a", tool="t", title="One")
        case.journal.flush()
    assert path.exists()
    return path


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("images", "[" * 100_000),
        ("images", "5"),
        ("images", "[3]"),
        ("images", "{"),
        ("images", '[{"series_id": "1.2"}]'),
        ("images", '[{"series_id": "1.2", "path": 7}]'),
        ("geometry", "[" * 100_000),
        ("geometry", "[]"),
        ("geometry", "{}"),
        ("geometry", '{"shape": 3}'),
    ],
)
def test_a_damaged_case_hides_none_beside_it(tmp_path: Path, key: str, text: str) -> None:
    image = tmp_path / "image"
    good, bent = make_case(tmp_path / "good.limner", image), make_case(tmp_path / "newer.limner", image)
    with closing(sqlite3.connect(bent)) as connection, connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = ?", (text, key))
    assert find_case(tmp_path, image, "1.2", GEOMETRY) == good
