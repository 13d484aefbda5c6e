"""Light, surface and lens of a cinematic picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum

from session.look.transfer_function import Rgb

MOST_LIGHTS = 4


class LightShape(StrEnum):
    """What an area light looks like from the scene."""

    DISC = "disc"
    RECTANGLE = "rectangle"


@dataclass(frozen=True)
class AreaLight:
    """A light besides the first one.

    Attributes:
        azimuth_deg, elevation_deg, strength, size_deg, color, turns_with_camera: as in ``Lighting``.
        shape: a disc, or a rectangle ``size_deg`` wide.
        aspect: width of the rectangle by its height.
    """

    azimuth_deg: float = -40.0
    elevation_deg: float = 10.0
    strength: float = 0.4
    size_deg: float = 50.0
    color: Rgb = (1.0, 1.0, 1.0)
    turns_with_camera: bool = True
    shape: LightShape = LightShape.DISC
    aspect: float = 1.0


@dataclass(frozen=True)
class Lighting:
    """The lights, and the sky around the scene.

    The first light stands in fields of its own, so that looks of when there was no other can be read.

    Attributes:
        azimuth_deg, elevation_deg: where the light stands, seen from what the camera looks at: 0, 0 is behind the
            viewer, positive azimuth to the viewer's right, positive elevation above.
        strength: of the light; 0 switches it off.
        size_deg: how wide the light appears from the scene: 1 makes hard shadows, 60 soft ones.
        color: of the light.
        sky_strength: of the light from all sides.
        sky_top, sky_bottom: its colours above and below the viewer.
        environment: an equirectangular picture (file path) in place of the sky's colours; empty for none.
        environment_turn_deg: turns it about the vertical axis.
        turns_with_camera: the light stays where the viewer is; otherwise where the patient is (seen from the front).
            The sky goes with this light.
        shape, aspect: of the light; see ``AreaLight``.
        more_lights: besides the first; at most ``MOST_LIGHTS`` in all.

    Raises:
        ValueError: there are too many lights.
    """

    azimuth_deg: float = 35.0
    elevation_deg: float = 45.0
    strength: float = 1.0
    size_deg: float = 25.0
    color: Rgb = (1.0, 0.97, 0.92)
    sky_strength: float = 0.6
    sky_top: Rgb = (0.85, 0.92, 1.0)
    sky_bottom: Rgb = (0.45, 0.42, 0.40)
    environment: str = ""
    environment_turn_deg: float = 0.0
    turns_with_camera: bool = True
    shape: LightShape = LightShape.DISC
    aspect: float = 1.0
    more_lights: tuple[AreaLight, ...] = ()

    def __post_init__(self) -> None:
        if len(self.more_lights) >= MOST_LIGHTS:
            raise ValueError(f"there are more than {MOST_LIGHTS} lights")

    @property
    def lights(self) -> tuple[AreaLight, ...]:
        """All of them, the first one first."""
        return AreaLight(**{name: getattr(self, name) for name in OF_ONE_LIGHT}), *self.more_lights

    def with_lights(self, lights: Sequence[AreaLight]) -> Lighting:
        """The same sky with other lights, one at least.

        Raises:
            ValueError: there are too many lights.
        """
        first, *others = lights
        return replace(self, **asdict(first), more_lights=tuple(others))


OF_ONE_LIGHT = tuple(field.name for field in fields(AreaLight))


@dataclass(frozen=True)
class Material:
    """How all matter answers to light.

    Attributes:
        gloss: 0 matt, 1 polished.
        surface: how readily a change of opacity counts as a surface; 0 makes everything a cloud.
        anisotropy: -1 to 1, forward scattering within clouds (Henyey-Greenstein's g).
        density: a factor on every extinction.
    """

    gloss: float = 0.25
    surface: float = 1.0
    anisotropy: float = 0.0
    density: float = 1.0


@dataclass(frozen=True)
class Exposure:
    """Brightness of the picture: set from the picture itself unless ``is_automatic`` is False, then by ``stops``."""

    is_automatic: bool = True
    stops: float = 0.0


@dataclass(frozen=True)
class Lens:
    """Depth of field: none at aperture 0; ``focus_mm`` is the distance from the camera, None: its focal point."""

    aperture_mm: float = 0.0
    focus_mm: float | None = None


@dataclass(frozen=True)
class Background:
    """A vertical gradient, sRGB 0-1."""

    top: Rgb = (0.29, 0.322, 0.384)
    bottom: Rgb = (0.106, 0.114, 0.129)
