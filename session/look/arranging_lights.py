"""Lights added, removed, changed and arranged: functions from a lighting to the one that somebody asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from session.look.lighting import MOST_LIGHTS, AreaLight, Lighting

# where a further light stands; the third and later ones behind the scene
FILL = AreaLight(-45.0, 10.0, 0.4, 50.0, (0.92, 0.96, 1.0))
RIM = AreaLight(160.0, 35.0, 1.2, 15.0, (1.0, 1.0, 1.0))
THREE_POINT_SKY = 0.25  # of the strength of the sky, which would fill the shadows that three lights make


def can_have_another(lighting: Lighting) -> bool:
    """False when there are as many lights as there may be."""
    return len(lighting.lights) < MOST_LIGHTS


def with_light(lighting: Lighting, place: int, **fields: Any) -> Lighting:
    """Fields of the light at a place (0 the first) changed."""
    lights = list(lighting.lights)
    lights[place] = replace(lights[place], **fields)
    return lighting.with_lights(lights)


def with_another_light(lighting: Lighting) -> Lighting:
    """A light more, where there is none yet; it goes with the camera if the first one does.

    Raises:
        ValueError: there are as many as there may be.
    """
    taken = [(light.azimuth_deg, light.elevation_deg) for light in lighting.lights]
    mirrored = replace(FILL, azimuth_deg=-FILL.azimuth_deg)
    free = [light for light in (FILL, RIM, mirrored) if (light.azimuth_deg, light.elevation_deg) not in taken]
    added = replace(free[0] if free else FILL, turns_with_camera=lighting.turns_with_camera)
    return lighting.with_lights((*lighting.lights, added))


def without_light(lighting: Lighting, place: int) -> Lighting:
    """One light less; the last one stays."""
    rest = [light for n, light in enumerate(lighting.lights) if n != place]
    return lighting.with_lights(rest) if rest else lighting


def three_point(lighting: Lighting) -> Lighting:
    """The photographer's arrangement: the first light as key, a soft fill opposite, a rim light behind, little sky."""
    key = lighting.lights[0]
    side = -1.0 if key.azimuth_deg >= 0 else 1.0
    fill = replace(FILL, azimuth_deg=side * abs(FILL.azimuth_deg), turns_with_camera=key.turns_with_camera)
    rim = replace(RIM, azimuth_deg=side * abs(RIM.azimuth_deg), turns_with_camera=key.turns_with_camera)
    sky_strength = min(lighting.sky_strength, THREE_POINT_SKY)
    return replace(lighting.with_lights((key, fill, rim)), sky_strength=sky_strength)
