"""Maps that come with a result: what they are, what places are read from them, and what is kept and written of them."""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from imaging.case.case import Case
from imaging.edit import AddSegment
from imaging.errors import UserError
from imaging.formats.registry import read_volumes
from imaging.geometry import Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient
from inference.model import label_map
from inference.record.run_record import RECORD_KEY, Outcome, RunRecord
from inference.result import FoundLabel, InferenceResult
from session import case_content, map_keeping
from session.document import Document
from session.done_before import is_done
from session.doubt import find_places
from session.map_keeping import STATE_KEY, file_name, packed, unpacked
from session.model_maps import MapKind, ModelMap, ModelMaps, maps_of
from session.opening import read_images
from session.presentation import Presentation, PresentationState
from session.preview import Preview
from session.reading import choose_series
from session.segment_to_file import Wishes, segment_to_file
from session.session import Session
from session.settings import Settings

SHAPE = (20, 24, 28)
GEOMETRY = Geometry(SHAPE, np.diag([-1.0, -1.0, 2.0, 1.0]))
LIVER = label_map(3, "Left liver")


def winner() -> np.ndarray:
    """Sure, but for two places; nothing is known of the last slices."""
    values = np.full(SHAPE, 255, np.uint8)
    values[2:6, 4:10, 4:10] = 100
    values[10:14, 14:20, 18:25] = 140
    values[18:] = 0
    return values


def preview_with(maps: dict[str, np.ndarray], **parameters: Any) -> Preview:
    return Preview("Net", "model net@1", "segment.run", parameters, [np.zeros(SHAPE, np.uint8)], [], maps=maps)


def all_maps() -> dict[str, np.ndarray]:
    doubt = np.zeros(SHAPE, np.uint8)
    doubt[12:16, 4:10, 4:10] = 250
    return {"uncertainty": doubt, "probability": winner(), LIVER: winner() // 2, "dose": doubt}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = new_session(tmp_path)
    edit = AddSegment(Segment(1, "Liver", (9, 9, 9)))
    made.open_document.apply(edit, title="Add", tool="test")  # else there is no file yet
    yield made
    made.set_document(None)


def new_session(tmp_path: Path) -> Session:
    path = tmp_path / "a.limner"
    case = Case.open(path) if path.exists() else Case.create(path, GEOMETRY, [])
    made = Session(Settings(tmp_path / "settings.json"))
    made.set_document(Document([Volume(GEOMETRY, np.zeros(SHAPE, np.int16), Quantity.HU)], case))
    return made


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.002)


def test_maps_are_told_apart_and_others_are_left_out() -> None:
    maps = maps_of(preview_with(all_maps()))
    assert maps is not None
    assert [(m.kind, m.structure, m.decided_from) for m in maps.maps] == [
        (MapKind.UNCERTAINTY, "", None), (MapKind.WINNER, "", None), (MapKind.STRUCTURE, "Left liver", None)
    ]  # fmt: skip
    assert maps.shown("") is maps.shown("gone") is maps.maps[0]
    assert maps.shown(LIVER).structure == "Left liver"
    assert maps_of(preview_with({"dose": winner()})) is None


@pytest.mark.parametrize(
    ("record", "limit"),
    [({"engine": {"decided_from": 0.3}}, 0.3), ({"engine": {}}, None), ({"engine": {"decided_from": "x"}}, None),
     ({"schema": 1}, None), ("nonsense", None)],
)  # fmt: skip
def test_the_threshold_is_the_engines_and_older_records_have_none(record: Any, limit: float | None) -> None:
    maps = maps_of(preview_with(all_maps(), **{RECORD_KEY: record}))
    assert maps is not None
    assert maps.maps[2].decided_from == limit


def test_uncertainty_goes_before_the_winners_probability() -> None:
    maps = maps_of(preview_with(all_maps()))
    assert maps is not None
    assert maps.doubtful is maps.maps[0]
    assert ModelMaps("Net", maps.maps[1:]).doubtful is maps.maps[1]
    assert ModelMaps("Net", maps.maps[2:]).doubtful is None


def test_the_least_probable_place_comes_first_and_what_is_not_known_is_none() -> None:
    doubt = ModelMap("probability", winner()).doubt()
    assert doubt[19, 0, 0] == doubt[0, 0, 0] == 0
    assert doubt[3, 5, 5] == 155
    places = find_places(doubt, GEOMETRY)
    assert [round(p.size.amount, 3) for p in places] == [0.288, 0.336]
    assert places[0].weight == pytest.approx(0.288 * 155 / 255)
    i, j, k = (round(n) for n in GEOMETRY.to_index(places[0].position_mm).tolist())
    assert winner()[k, j, i] == 100


def test_places_are_read_from_probabilities_where_there_is_no_uncertainty(session: Session) -> None:
    session.open_document.set_preview(preview_with({"probability": winner(), LIVER: winner()}))
    wait_for(lambda: bool(session.doubting.state.places))
    assert session.doubting.state.is_by_probability
    assert len(session.doubting.state.places) == 2
    session.open_document.set_preview(preview_with(all_maps()))
    wait_for(lambda: len(session.doubting.state.places) == 1)
    assert not session.doubting.state.is_by_probability
    session.open_document.set_preview(preview_with({LIVER: winner()}))
    assert not session.doubting.state.is_looking
    assert session.doubting.step() is None


def test_maps_that_nobody_wants_stay_away_while_their_result_waits(session: Session) -> None:
    preview = preview_with(all_maps())
    session.open_document.set_preview(preview)
    session.doubting.end()
    session.open_document.set_marks(None)
    session.open_document.set_preview(replace(preview, notes=("reviewed",)))
    assert session.open_document.model_maps is None
    assert not session.doubting.state.has_map
    session.open_document.set_preview(preview_with(all_maps()))
    assert session.open_document.model_maps is not None


def test_all_maps_are_kept_with_the_case(session: Session, tmp_path: Path) -> None:
    record = {"engine": {"decided_from": 0.3}}
    session.open_document.set_preview(preview_with(all_maps(), **{RECORD_KEY: record}))
    session.doubting.keep()
    wait_for(lambda: session.open_document.case.journal.read_state(STATE_KEY) is not None)
    session.set_document(None)
    again = new_session(tmp_path)
    wait_for(lambda: again.open_document.model_maps is not None)
    maps = again.open_document.model_maps
    assert maps is not None
    assert [m.name for m in maps.maps] == ["uncertainty", "probability", LIVER]
    assert maps.maps[2].decided_from == 0.3
    for kept, given in zip(maps.maps, all_maps().values(), strict=False):
        np.testing.assert_array_equal(kept.values, given)
    again.set_document(None)


def test_what_finds_no_room_in_the_case_is_left_out_and_told(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, SHAPE).astype(np.uint8)
    said: list[str] = []
    session.messages.shown.connect(lambda message: said.append(message.text))
    monkeypatch.setattr(map_keeping, "MOST_KEPT_BYTES", 10_000)
    session.open_document.set_preview(preview_with({"uncertainty": noise, "probability": winner()}))
    session.doubting.keep()
    wait_for(lambda: bool(said))
    assert said == ["1 map of the model is too large for the case file."]
    assert session.doubting.state.is_kept
    wait_for(lambda: session.open_document.case.journal.read_state(STATE_KEY) is not None)
    kept = unpacked(session.open_document.case.journal.read_state(STATE_KEY) or "", SHAPE)
    assert kept is not None
    assert [m.name for m in kept.maps] == ["probability"]


def test_a_case_of_an_earlier_version_has_its_map_of_uncertainty() -> None:
    values = winner()
    old = base64.b64encode(zlib.compress(values.tobytes(), 1)).decode()
    maps = unpacked(json.dumps({"title": "Net", "shape": list(SHAPE), "zlib": old}), SHAPE)
    assert maps is not None
    assert [(m.name, maps.title) for m in maps.maps] == [("uncertainty", "Net")]
    np.testing.assert_array_equal(maps.maps[0].values, values)
    assert unpacked("null", SHAPE) is None
    text, left_out = packed(maps)
    assert left_out == 0
    with pytest.raises(ValueError, match="reshape"):
        unpacked(text, (20, 24, 30))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[]", "3", '{"title": "Net", "zlib": "AAAA"}', '{"title": 1, "maps": [3]}']
)
def test_damaged_maps_of_a_case_are_a_sentence(text: str) -> None:
    journal = SimpleNamespace(read_state={STATE_KEY: text}.get)
    case: Any = SimpleNamespace(journal=journal, segmentation=Segmentation(Geometry(SHAPE, np.eye(4))))
    with pytest.raises(UserError, match="maps that the case keeps are damaged"):
        case_content._maps(case)


def test_the_presentation_of_an_earlier_version_shows_the_first_map() -> None:
    fields = json.loads(Presentation().state.to_text())
    assert fields.pop("shown_map") == ""
    assert PresentationState.from_text(json.dumps(fields)) == PresentationState()


def test_files_are_named_by_what_is_in_them() -> None:
    assert file_name("uncertainty") == "uncertainty.nii.gz"
    assert file_name("probability") == "probability.nii.gz"
    assert file_name(label_map(12, "Left kidney / cortex?")) == "probability-12-left-kidney-cortex.nii.gz"


# Files and cases of the command line and the queue


def record() -> RunRecord:
    wished = {"probability": ["Left liver"]}
    return RunRecord("id", "2026-01-01T00:00:00Z", Outcome.DONE, "net", "Net", "1", parameters=wished)


def run_into(out: Path, tmp_path: Path, maps: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:6] = 3
    result = InferenceResult(
        "net", "Net", "1", "", (labels,), (FoundLabel(0, 3, "Left liver", "", 4 * 24 * 28),), (), {"run": 1.0}, 10.0,
        {}, ("The network gives labels alone.",), maps,
    )  # fmt: skip
    monkeypatch.setattr("session.segment_to_file.segment_recorded", lambda *_, **__: (result, record()))
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    path = tmp_path / "ct.nii.gz"
    nib.save(nib.Nifti1Image(np.zeros(SHAPE[::-1], np.int16), np.diag([1.0, 1.0, 2.0, 1.0])), path)
    info = ModelInfo("net", "Net", "1", ("Left liver",), "", "nowhere:Net")
    wishes = Wishes(info, InferenceClient([info]), {"probability": ["Left liver"]})
    return segment_to_file(read_images(path, choose_series(path, None)), out, wishes, Settings()).summary


def test_maps_of_probability_stand_beside_the_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "mask.nii.gz"
    summary = run_into(out, tmp_path, {"probability": winner(), LIVER: winner() // 2}, monkeypatch)
    names = ["mask.probability.nii.gz", "mask.probability-3-left-liver.nii.gz"]
    assert [Path(path).name for path in summary["maps"]] == names
    for name, values in zip(names, (winner(), winner() // 2), strict=True):
        (volume,) = read_volumes(tmp_path / name)
        np.testing.assert_array_equal(volume.voxels, values)
        assert volume.voxels.dtype == np.uint8
    info = ModelInfo("net", "Net", "1", (), "", "nowhere:Net")
    assert is_done(out, info, {"probability": ["Left liver"]})
    assert is_done(out, info, {})
    assert not is_done(out, info, {"probability": ["winner"]})


def test_a_model_without_probabilities_says_so_after_its_mask_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="says nothing of how probable") as error:
        run_into(tmp_path / "mask.nii.gz", tmp_path, {}, monkeypatch)
    assert error.value.hint == "The network gives labels alone."
    assert (tmp_path / "mask.nii.gz").exists()


def test_a_case_holds_the_maps_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "made.limner"
    assert run_into(out, tmp_path, all_maps(), monkeypatch)["maps"] == []
    case = Case.open(out)
    text = case.journal.read_state(STATE_KEY)
    assert text is not None
    maps = unpacked(text, SHAPE)
    case.close()
    assert maps is not None
    assert [m.name for m in maps.maps] == ["uncertainty", "probability", LIVER]
