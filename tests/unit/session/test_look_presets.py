"""Presets: those that ship, which suit an image, relative values, and a person's own folder."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from session.look.cut import ClipPlane, Cut
from session.look.lighting import Lighting
from session.look.look import Look
from session.look.preset import MINE, PresetQuantity, PresetValues, preset_from_text, preset_to_text, slug
from session.look.preset_store import PresetStore
from session.look.presets import (
    default_preset,
    fits,
    look_for,
    preset_named,
    preset_of,
    presets_for,
    presets_in_file,
    shipped_presets,
)
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import OpacityPoint

WANTED = set(
    re.findall(
        r"\S+",
        """ct-bone ct-skin ct-muscle-and-bone ct-soft-tissue ct-lung ct-airways ct-angiography ct-cardiac ct-pelvis
ct-metal mr-brain mr-angiography mr-generic pet-overlay ct-organs ct-ghosted-body generic-organs""",
    )
)


def volume_of(quantity: Quantity, low: float = 100.0, high: float = 1100.0) -> Volume:
    values = np.linspace(low, high, 1000, dtype=np.float32).reshape(10, 10, 10)
    return Volume(Geometry(values.shape, np.eye(4)), values, quantity)


def preset(id: str):
    return next(p for p in shipped_presets() if p.id == id)


def test_all_presets_are_there_with_a_name_and_a_sentence() -> None:
    found = {p.id for p in shipped_presets()}
    assert found >= WANTED
    assert len({p.name for p in shipped_presets()}) == len(shipped_presets())
    for p in shipped_presets():
        assert p.description.endswith(".")
        assert p.group in ("CT", "MR", "PET", "Any image")


@pytest.mark.parametrize("p", shipped_presets(), ids=lambda p: p.id)
def test_a_shipped_preset_survives_its_file(p) -> None:
    assert preset_from_text(preset_to_text(p), "x.json") == p


@pytest.mark.parametrize("p", shipped_presets(), ids=lambda p: p.id)
def test_air_and_background_are_clear_and_something_is_not(p) -> None:
    background = {PresetValues.RELATIVE: 0.0}.get(p.values, -1024.0 if p.quantity is PresetQuantity.HU else 0.0)
    assert p.look.transfer.opacity_at(background) == 0
    least = 0.05 if p.id == "ct-airways" else 0.2  # the walls of airways are seen through each other
    assert max(point.opacity for point in p.look.transfer.opacities) >= least


def test_tissues_look_as_their_names_say() -> None:
    bone, muscle, vessels = preset("ct-bone"), preset("ct-muscle-and-bone"), preset("ct-angiography")
    assert bone.look.transfer.opacity_at([60, 150]).max() == 0  # muscle, contrast in veins
    assert bone.look.transfer.extinction_at(700) > 1  # a crisp surface
    red, green, blue = muscle.look.transfer.color_at(60)
    assert red > 2 * green > blue
    red, green, blue = vessels.look.transfer.color_at(300)
    assert red > 3 * green > blue
    assert preset("ct-airways").look.transfer.opacity_at(60) == 0
    assert preset("ct-organs").look.rest.visibility is Visibility.HIDDEN
    assert preset("ct-ghosted-body").look.rest.visibility is Visibility.GHOST


def test_relative_values_are_placed_in_the_range_of_the_image() -> None:
    volume = volume_of(Quantity.SIGNAL)
    low, high = volume.window_range()
    found = look_for(preset("mr-generic"), volume)
    at = [p.value for p in preset("mr-generic").look.transfer.opacities]
    assert [p.value for p in found.transfer.opacities] == pytest.approx([low + v * (high - low) for v in at])
    assert found.name == "mr-generic"


def test_absolute_values_stay() -> None:
    assert look_for(preset("ct-bone"), volume_of(Quantity.HU)).transfer == preset("ct-bone").look.transfer


def test_cuts_and_single_segments_stay_with_the_case() -> None:
    before = Look(cut=Cut((ClipPlane((0, 0, 0), (1, 0, 0)),))).with_segment(3, SegmentLook(tint=1.0))
    found = look_for(preset("ct-bone"), volume_of(Quantity.HU), before)
    assert (found.cut, found.segments) == (before.cut, before.segments)


def test_a_look_kept_from_an_image_without_unit_suits_the_next_one() -> None:
    first, second = volume_of(Quantity.SIGNAL), volume_of(Quantity.SIGNAL, 0.0, 40.0)
    wanted = look_for(preset("mr-brain"), second)
    kept = preset_of(look_for(preset("mr-brain"), first), "Brain of mine", first)
    assert kept.values is PresetValues.RELATIVE
    got = [p.value for p in look_for(kept, second).transfer.opacities]
    assert got == pytest.approx([p.value for p in wanted.transfer.opacities])


@pytest.mark.parametrize(
    ("quantity", "wanted"),
    [("HU", "CT"), ("signal", "MR"), ("SUVbw", "PET"), ("Bq/ml", "PET"), ("colour", "MR")],
)
def test_an_image_has_a_default_of_its_kind(quantity, wanted) -> None:
    volume = replace(volume_of(Quantity.SIGNAL), quantity=Quantity(quantity))
    found = default_preset(volume)
    assert found.group == wanted
    assert fits(found, volume) == (quantity != "colour")


def test_fitting_presets_come_first() -> None:
    order = [fits(p, volume_of(Quantity.SIGNAL)) for p in presets_for(volume_of(Quantity.SIGNAL))]
    assert order == sorted(order, reverse=True)
    assert 0 < sum(order) < len(order)


def test_presets_are_found_by_id_name_and_file(tmp_path) -> None:
    assert preset_named("CT-BONE") is preset_named(" ct bone ") is preset("ct-bone")
    path = tmp_path / "given.json"
    look = replace(preset("ct-skin").look, lighting=Lighting(environment="//server/share/sky.hdr"))
    path.write_text(preset_to_text(replace(preset("ct-skin"), look=look)), "utf-8")
    assert preset_named(str(path)).look.lighting.environment == ""
    with pytest.raises(UserError) as caught:
        preset_named("no such")
    assert "ct-airways" in caught.value.hint
    with pytest.raises(UserError, match="cannot be read"):
        preset_named(str(tmp_path / "missing.json"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "{}",
        "[" * 100_000,
        '{"look": {"ghost": NaN}}',
        '{"look": {"ghost": 1' + "0" * 400 + "}}",
        '{"look": {"transfer": {"opacities": [{"value": 0, "opacity": 7}]}}}',
        '{"look": {"transfer": {"opacities": [{"value": 2, "opacity": 0}, {"value": 1, "opacity": 1}]}}}',
        '{"look": {"transfer": {"colors": [{"value": 1e300, "color": [0, 0, 0]}]}}}',
        '{"look": {"matter": [3, 1]}}',
        '{"look": {"material": {"density": -1}}}',
        '{"values": "sideways", "look": {}}',
    ],
)
def test_bad_preset_files_are_refused_with_their_name(tmp_path, text) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"bad\.json"):
        presets_in_file(path)


def test_a_huge_file_is_refused_unread(tmp_path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(6_000_000)
    with pytest.raises(UserError, match="too large"):
        presets_in_file(path)


def test_file_names_are_safe() -> None:
    assert slug("../../etc/passwd") == "etc-passwd"
    assert slug("Größe: Ärzte\\x") == "groe-arzte-x"
    assert slug("日本") == "preset"
    assert len(slug("a" * 300)) == 48


def test_what_is_saved_is_there_without_what_belongs_to_the_case(tmp_path) -> None:
    store = PresetStore(tmp_path / "presets")
    assert store.presets() == ()
    look = replace(preset("ct-bone").look, cut=Cut((ClipPlane((0, 0, 0), (1, 0, 0)),)))
    saved = store.save("  My   ../bone ", look.with_segment(1, SegmentLook(tint=1.0)), volume_of(Quantity.HU))
    (found,) = PresetStore(tmp_path / "presets").presets()
    assert found == saved
    assert (found.name, found.group, found.quantity) == ("My ../bone", MINE, PresetQuantity.HU)
    assert found.look == replace(preset("ct-bone").look, name="")
    assert [p.name for p in (tmp_path / "presets").iterdir()] == ["my-my-bone.json"]
    assert preset_named("my ../BONE", store) == found


def test_names_are_not_taken_twice(tmp_path) -> None:
    store = PresetStore(tmp_path)
    first = store.save("One", Look())
    for name in ("one", "", "CT bone", "x" * 100):
        with pytest.raises(UserError):
            store.save(name, Look())
    again = store.save("ONE", Look(ghost=0.5), replaces=True)
    assert again.id == first.id
    assert [p.look.ghost for p in store.presets()] == [0.5]
    other = store.save("Óne", Look())
    assert other.id != first.id


def test_renaming_and_deleting(tmp_path) -> None:
    store = PresetStore(tmp_path)
    one, two = store.save("One", Look()), store.save("Two", Look())
    assert store.rename(one.id, "Three").id == one.id
    with pytest.raises(UserError, match="already"):
        store.rename(two.id, "three")
    store.delete(two.id)
    assert [p.name for p in store.presets()] == ["Three"]
    for id in (two.id, "../outside", ""):
        with pytest.raises(UserError, match="no longer"):
            store.delete(id)


def test_damaged_files_are_named_and_left_alone(tmp_path) -> None:
    store = PresetStore(tmp_path)
    store.save("Good", Look())
    (tmp_path / "broken.json").write_text('{"look": ')
    (tmp_path / "other.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.json").mkdir()
    found = store.list()
    assert [p.name for p in found.presets] == ["Good"]
    assert len(found.problems) == 3
    assert (tmp_path / "broken.json").exists()


def test_a_failed_write_leaves_the_old_preset(tmp_path, monkeypatch) -> None:
    store = PresetStore(tmp_path)
    store.save("One", Look(ghost=0.1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UserError, match="No space"):
        store.save("One", Look(ghost=0.9), replaces=True)
    monkeypatch.undo()
    assert [p.look.ghost for p in store.presets()] == [0.1]
    assert len(list(tmp_path.iterdir())) == 1


def test_export_and_import_give_the_same_look_under_a_free_name(tmp_path) -> None:
    store = PresetStore(tmp_path / "store")
    file = tmp_path / "bone.json"
    store.export(preset("ct-bone"), file)
    assert json.loads(file.read_text("utf-8"))["id"] == "ct-bone"
    (one,) = store.import_file(file)
    (two,) = store.import_file(file)
    assert (one.name, two.name) == ("CT bone 2", "CT bone 3")
    assert one.look == preset("ct-bone").look
    assert one.look.transfer.opacities[0] == OpacityPoint(150.0, 0.0)
    assert {p.id for p in store.presets()} == {one.id, two.id}
