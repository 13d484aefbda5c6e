"""Where a model was unsure: places in order, the way through them, and what the case keeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.formats.registry import read_volumes
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from session.acceptance import accept
from session.document import Document
from session.doubt import LEAST_VALUE, find_places, threshold_of
from session.doubt_export import export_map
from session.map_keeping import STATE_KEY
from session.preview import Preview, ProposedSegment
from session.session import Session
from session.settings import Settings

SHAPE = (40, 60, 80)
GEOMETRY = Geometry(SHAPE, np.diag([-1.0, 1.0, 2.0, 1.0]))


def new_map() -> np.ndarray:
    values = np.zeros(SHAPE, np.uint8)
    values[2:6, 4:10, 4:10] = 200  # 144 voxels of 2 µl, 0.784 weighted: the worst
    values[30:33, 50:54, 70:74] = 250  # 48 voxels
    values[30:33, 40:44, 20:24] = 140  # as large, but surer
    values[20, 30, 40] = 255  # too small to be worth a look
    return values


def new_session(path: Path, tmp_path: Path) -> Session:
    case = Case.open(path) if path.exists() else Case.create(path, GEOMETRY, [])
    document = Document([Volume(GEOMETRY, np.zeros(SHAPE, np.int16), Quantity.HU)], case)
    session = Session(Settings(tmp_path / "settings.json"))
    session.set_document(document)
    return session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = new_session(tmp_path / "a.limner", tmp_path)
    yield made
    made.set_document(None)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.002)


def propose(session: Session, values: np.ndarray) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:8, 4:12, 4:12] = 1
    found = [ProposedSegment(0, 1, "Liver", (9, 9, 9), 384)]
    preview = Preview("Net", "model net@1", "segment.run", {}, [labels], found, maps={"uncertainty": values})
    session.open_document.set_preview(preview)
    wait_for(lambda: bool(session.doubting.state.places))


def test_places_are_ordered_by_size_times_doubt() -> None:
    places = find_places(new_map(), GEOMETRY)
    assert [round(p.weight, 3) for p in places] == [round(144 * 2e-3 * 200 / 255, 3), 0.094, 0.053]
    assert [round(p.size.amount, 3) for p in places] == [0.288, 0.096, 0.096]
    lows, highs = [(2, 4, 4), (30, 50, 70), (30, 40, 20)], [(6, 10, 10), (33, 54, 74), (33, 44, 24)]
    for place, low, high in zip(places, lows, highs, strict=True):
        i, j, k = (round(n) for n in GEOMETRY.to_index(place.position_mm).tolist())
        assert all(a <= n < b for a, n, b in zip(low, (k, j, i), high, strict=True))


def test_near_pieces_are_one_place_and_a_long_border_is_several() -> None:
    values = np.zeros(SHAPE, np.uint8)
    values[10:12, 10:14, 10:14] = values[10:12, 10:14, 15:19] = 255  # a gap of 1 mm
    assert len(find_places(values, GEOMETRY)) == 1
    values[:] = 0
    values[10:14, 20:24, :] = 255  # 80 mm long
    assert 3 <= len(find_places(values, GEOMETRY)) <= 5


def test_only_the_worst_of_a_foggy_map_counts() -> None:
    values = np.full(SHAPE, 40, np.uint8)
    values[5:8, 5:15, 5:15] = 220
    assert threshold_of(values) == 40
    values[:20] = 60
    values[:5] = 100
    assert threshold_of(values) == 60
    values[:30] = 200
    assert threshold_of(values) == 128
    assert threshold_of(np.zeros(SHAPE, np.uint8)) == threshold_of(np.full(SHAPE, 3, np.uint8)) == LEAST_VALUE
    assert find_places(np.full(SHAPE, 3, np.uint8), GEOMETRY) == ()


def test_the_way_is_a_ring_and_marks_what_was_visited(session: Session) -> None:
    propose(session, new_map())
    doubting = session.doubting
    places = doubting.state.places
    assert [doubting.step() for _ in range(4)] == [*places, places[0]]
    assert doubting.state.visited == {0, 1, 2}
    assert doubting.step(-1) == places[2]
    assert doubting.state.current == 2


def test_no_places_is_no_way(session: Session) -> None:
    assert session.doubting.step() is None


def test_accepted_map_is_kept_with_the_case(session: Session, tmp_path: Path) -> None:
    values = new_map()
    propose(session, values)
    accept(session.open_document)
    session.doubting.keep()
    wait_for(lambda: session.open_document.case.journal.pending_count == 0)
    wait_for(lambda: session.open_document.case.journal.read_state(STATE_KEY) is not None)
    session.set_document(None)
    again = new_session(tmp_path / "a.limner", tmp_path)
    wait_for(lambda: bool(again.doubting.state.places))
    assert again.open_document.model_maps is not None
    np.testing.assert_array_equal(again.open_document.model_maps.maps[0].values, values)
    assert again.doubting.state.title == "Net"
    again.doubting.end()
    assert again.open_document.model_maps is None
    again.set_document(None)
    empty = new_session(tmp_path / "a.limner", tmp_path)
    time.sleep(0.05)
    assert empty.open_document.model_maps is None
    empty.set_document(None)


def test_damaged_map_costs_a_message(session: Session, tmp_path: Path) -> None:
    propose(session, new_map())
    accept(session.open_document)
    session.open_document.case.journal.save_state(STATE_KEY, '{"title": "x", "zlib": "eJw="}')
    session.set_document(None)
    again = Session(Settings(tmp_path / "settings.json"))
    said = []
    again.messages.shown.connect(lambda message: said.append(message.text))
    case = Case.open(tmp_path / "a.limner")
    again.set_document(Document([Volume(GEOMETRY, np.zeros(SHAPE, np.int16), Quantity.HU)], case))
    wait_for(lambda: bool(said))
    assert "cannot be read" in said[0]
    assert again.open_document.model_maps is None
    again.set_document(None)


def test_export(session: Session, tmp_path: Path) -> None:
    values = new_map()
    propose(session, values)
    maps = session.open_document.model_maps
    assert maps is not None
    session.jobs.wait(export_map(session, maps.maps[0], tmp_path / "doubt.nii.gz"))
    (volume,) = read_volumes(tmp_path / "doubt.nii.gz")
    np.testing.assert_array_equal(volume.voxels, values)
    assert volume.geometry.same_space(GEOMETRY)
