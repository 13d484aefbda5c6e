"""Lights added, removed and arranged; looks of when there was one light."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from session.look import arranging_lights
from session.look.json_form import from_json, to_json
from session.look.lighting import MOST_LIGHTS, AreaLight, Lighting, LightShape

RED = AreaLight(10.0, 20.0, 3.0, 5.0, (1.0, 0.0, 0.0), False, LightShape.RECTANGLE, 2.0)


def test_the_first_light_is_the_one_of_the_fields() -> None:
    lighting = Lighting(azimuth_deg=-70.0, strength=2.0, more_lights=(RED,))
    assert lighting.lights == (replace(Lighting().lights[0], azimuth_deg=-70.0, strength=2.0), RED)
    turned = lighting.with_lights(lighting.lights[::-1])
    assert turned.azimuth_deg == RED.azimuth_deg
    assert turned.shape is LightShape.RECTANGLE
    assert turned.more_lights == lighting.lights[:1]
    assert turned.sky_top == lighting.sky_top


def test_old_looks_have_one_light_and_new_ones_survive_json() -> None:
    record = to_json(Lighting(strength=0.5))
    for name in ("shape", "aspect", "more_lights"):
        del record[name]
    assert from_json(Lighting, record) == Lighting(strength=0.5)
    lighting = Lighting(more_lights=(RED, AreaLight()))
    assert from_json(Lighting, json.loads(json.dumps(to_json(lighting)))) == lighting


def test_too_many_lights_are_refused() -> None:
    record = {**to_json(Lighting()), "more_lights": [to_json(RED)] * MOST_LIGHTS}
    with pytest.raises(ValueError, match="more than 4 lights"):
        from_json(Lighting, record)


def test_lights_are_added_where_none_stands_until_there_are_enough() -> None:
    lighting = Lighting(turns_with_camera=False)
    while arranging_lights.can_have_another(lighting):
        lighting = arranging_lights.with_another_light(lighting)
    assert len({(light.azimuth_deg, light.elevation_deg) for light in lighting.lights}) == MOST_LIGHTS
    assert not any(light.turns_with_camera for light in lighting.lights)
    with pytest.raises(ValueError, match="lights"):
        arranging_lights.with_another_light(lighting)


def test_removing_the_first_moves_the_others_up_and_the_last_one_stays() -> None:
    lighting = Lighting(more_lights=(RED,))
    assert arranging_lights.without_light(lighting, 0).lights == (RED,)
    assert arranging_lights.without_light(lighting, 1) == Lighting()
    assert arranging_lights.without_light(Lighting(), 0) == Lighting()


def test_one_light_is_changed() -> None:
    lighting = arranging_lights.with_light(Lighting(more_lights=(RED,)), 1, strength=9.0)
    assert lighting == Lighting(more_lights=(replace(RED, strength=9.0),))
    assert arranging_lights.with_light(lighting, 0, strength=9.0).strength == 9.0


@pytest.mark.parametrize("azimuth", [35.0, -35.0])
def test_three_points_stand_around_the_key_light(azimuth: float) -> None:
    key, fill, rim = arranging_lights.three_point(Lighting(azimuth_deg=azimuth)).lights
    assert key == Lighting(azimuth_deg=azimuth).lights[0]
    assert fill.azimuth_deg * azimuth < 0
    assert fill.strength < key.strength
    assert abs(rim.azimuth_deg) > 90
    again = arranging_lights.three_point(arranging_lights.three_point(Lighting()))
    assert again == arranging_lights.three_point(Lighting())
