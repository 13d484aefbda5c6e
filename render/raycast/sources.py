"""The lights of a look as ray casting knows them: directions without a size; and how bright matter gets by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from session.look.lighting import AreaLight, Lighting
from session.look.transfer_function import Rgb

DEFAULT_SKY = 0.6  # the strength at which the sky lights as ``FILL`` and the ambient share say
FILL = 0.3
NORMALS = 1000  # directions that are tried


@dataclass(frozen=True)
class Source:
    """Light from one direction.

    Attributes:
        towards: the light, seen from the scene: right, up and towards the viewer.
        strength: 0 and more.
        color: 0-1.
        turns_with_camera: it stays where the viewer is; otherwise where somebody who stands before the patient is.
    """

    towards: tuple[float, float, float]
    strength: float
    color: Rgb
    turns_with_camera: bool


def sources_of(lighting: Lighting) -> tuple[Source, ...]:
    """The look's own lights in their order, and two weak ones for the sky."""
    fill = FILL * max(lighting.sky_strength, 0.0) / DEFAULT_SKY
    turns = lighting.turns_with_camera
    return (
        *(Source(_towards(o), max(o.strength, 0.0), o.color, o.turns_with_camera) for o in lighting.lights),
        Source((-_towards(lighting.lights[0])[0], 0.4, 0.8), fill, lighting.sky_top, turns),
        Source((0.0, -0.8, 0.5), fill / 2, lighting.sky_bottom, turns),
    )


def brightest(lighting: Lighting, shares: NDArray[np.float64], power: float) -> float:
    """The most light that white matter sends back in any colour, whichever way it faces.

    Lights that turn with the camera and lights that do not may come to stand anywhere to each other: what both give at
    most is added.

    Args:
        lighting: the lights; the first one's strength carries the ambient share.
        shares: ambient, diffuse and specular.
        power: of the specular lobe.
    """
    normals = _directions(NORMALS)
    sources = sources_of(lighting)
    most = float(shares[0]) * sources[0].strength
    for turns in (True, False):
        sent = np.zeros((NORMALS, 3))
        for source in sources:
            if source.turns_with_camera == turns:
                lobe = _lobe(normals, source, power) if turns else np.ones(NORMALS)  # the viewer may stand anywhere
                facing = np.maximum(normals @ _unit(source.towards), 0.0)
                sent += np.outer(shares[1] * facing + shares[2] * lobe, source.strength * np.asarray(source.color))
        most += float(sent.max())
    return most


def _lobe(normals: NDArray[np.float64], source: Source, power: float) -> NDArray[np.float64]:
    """(n,) the share that surfaces mirror to a viewer far away (Blinn's half vector)."""
    half = _unit(_unit(source.towards) + np.array([0.0, 0.0, 1.0]) + 1e-9)
    return np.asarray(np.maximum(normals @ half, 0.0) ** power)


def _directions(count: int) -> NDArray[np.float64]:
    """(n, 3) unit vectors spread evenly (a Fibonacci lattice)."""
    n = np.arange(count) + 0.5
    height, angle = 1 - 2 * n / count, np.pi * (1 + 5**0.5) * n
    across = np.sqrt(1 - height**2)
    return np.stack([across * np.cos(angle), across * np.sin(angle), height], axis=1)


def _unit(vector: tuple[float, float, float] | NDArray[np.float64]) -> NDArray[np.float64]:
    made = np.asarray(vector, np.float64)
    return np.asarray(made / max(float(np.linalg.norm(made)), 1e-12))


def _towards(light: AreaLight) -> tuple[float, float, float]:
    azimuth, elevation = np.radians(light.azimuth_deg), np.radians(light.elevation_deg)
    return (
        float(np.cos(elevation) * np.sin(azimuth)),
        float(np.sin(elevation)),
        float(np.cos(elevation) * np.cos(azimuth)),
    )
