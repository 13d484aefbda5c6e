"""The body is looked for beside the drawing: everything is shown first, then what the look keeps to."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from imaging.geometry import Geometry
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from render.cinematic import inside_region
from render.cinematic.scene import CUT, Field
from render.region_finder import RegionDepths, RegionFinder
from render.volume_content import ContentKeeper, ContentLog
from session.look.inside import Inside, Region
from session.look.look import Look

SHAPE = (12, 14, 16)
GEOMETRY = Geometry(SHAPE, np.eye(4))
VOLUME = Volume(GEOMETRY, np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE), Quantity.HU)


class Gate:
    """Stands in for the search: it takes as long as the test wants."""

    def __init__(self) -> None:
        self.opened, self.found = threading.Event(), threading.Event()
        self.searched: list[Region] = []
        self.called_off = threading.Event()
        self.error: Exception | None = None

    def depths(
        self, field: Field, _quantity: Quantity, region: Region, is_wanted: Callable[[], bool]
    ) -> RegionDepths | None:
        self.searched.append(region)
        assert self.opened.wait(10)
        if not is_wanted():
            self.called_off.set()
            return None
        if self.error is not None:
            raise self.error
        depths = np.full(field.shape, -5.0, np.float32)
        depths[3:9, 4:10, 4:12] = 5.0
        return depths, np.ones(3, np.int64)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(inside_region, "region_depths", made.depths)
    return made


def look(region: Region) -> Look:
    return Look(inside=Inside(region))


def test_everything_is_shown_until_the_body_is_found(gate: Gate) -> None:
    finder = RegionFinder(gate.found.set)
    keeper, content = ContentKeeper(1 << 20, finder=finder), ContentLog().content(VOLUME, Segmentation(GEOMETRY))
    for _ in range(2):
        early = keeper.drawn(content, look(Region.BODY), lambda: True)
        assert early is not None
        assert (early.awaits, early.classes) == (Region.BODY, None)
    gate.opened.set()
    assert gate.found.wait(10)
    late = keeper.drawn(content, look(Region.BODY), lambda: True)
    assert late is not None
    assert late.awaits is Region.EVERYTHING
    assert late.classes is not None
    assert (late.classes.classes[0, 0, 0], late.classes.classes[6, 6, 6]) == (CUT, 0)
    assert late.field is early.field
    assert gate.searched == [Region.BODY]
    finder.close()


def test_another_region_calls_the_search_off(gate: Gate) -> None:
    finder = RegionFinder(gate.found.set)
    keeper, content = ContentKeeper(1 << 20, finder=finder), ContentLog().content(VOLUME, Segmentation(GEOMETRY))
    for region in (Region.BODY, Region.BRAIN):
        drawn = keeper.drawn(content, look(region), lambda: True)
        assert drawn is not None
        assert drawn.awaits is region
    gate.opened.set()
    assert gate.found.wait(10)
    drawn = keeper.drawn(content, look(Region.BRAIN), lambda: True)
    assert drawn is not None
    assert drawn.awaits is Region.EVERYTHING
    finder.close()
    assert sorted(gate.searched) == [Region.BODY, Region.BRAIN]
    assert gate.called_off.wait(10)  # on its own thread, which nobody waits for


def test_what_goes_wrong_in_the_search_is_told_and_can_be_tried_again(gate: Gate) -> None:
    finder = RegionFinder(gate.found.set)
    keeper, content = ContentKeeper(1 << 20, finder=finder), ContentLog().content(VOLUME, Segmentation(GEOMETRY))
    gate.error = MemoryError("too large")
    keeper.drawn(content, look(Region.BODY), lambda: True)
    gate.opened.set()
    assert gate.found.wait(10)
    with pytest.raises(MemoryError, match="too large"):
        keeper.drawn(content, look(Region.BODY), lambda: True)
    gate.error = None
    gate.found.clear()
    keeper.drawn(content, look(Region.BODY), lambda: True)
    assert gate.found.wait(10)
    drawn = keeper.drawn(content, look(Region.BODY), lambda: True)
    assert drawn is not None
    assert drawn.awaits is Region.EVERYTHING
    finder.close()
