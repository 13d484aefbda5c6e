"""Small scenes for the tests of both path tracers."""

from dataclasses import replace

import numpy as np

from render.cinematic.scene import ClassMap, Field, TracedScene
from session.look.lighting import Lighting, Material
from session.look.look import Look
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction
from session.presentation import VolumeCamera

WHITE_SKY = Lighting(strength=0.0, sky_strength=1.0, sky_top=(1.0, 1.0, 1.0), sky_bottom=(1.0, 1.0, 1.0))


def field_of(values, spacing_mm=(1.0, 1.0, 1.0), low=0.0, high=1000.0):
    """A field of float values (k, j, i) whose middle lies at the origin."""
    stored = np.clip((np.asarray(values, np.float64) - low) / (high - low) * 65535 + 0.5, 0, 65535).astype(np.uint16)
    index_from_world = np.diag([*(1 / np.asarray(spacing_mm)), 1.0])
    index_from_world[:3, 3] = (np.array(stored.shape[::-1]) - 1) / 2
    return Field(stored, low, high, index_from_world, tuple(spacing_mm))


def ball_field(size=32, value=800.0):
    """A ball with a soft rim in an empty cube."""
    k, j, i = np.ogrid[:size, :size, :size]
    middle = (size - 1) / 2
    distance = np.sqrt((k - middle) ** 2 + (j - middle) ** 2 + (i - middle) ** 2)
    return field_of(value * np.clip(0.35 * size - distance, 0.0, 1.0))


def even_fog(extinction_per_mm, color=(1.0, 1.0, 1.0)):
    """A function under which every value has one extinction and colour."""
    opacity = 1 - float(np.exp(-extinction_per_mm))
    return TransferFunction((ColorPoint(0.0, color),), (OpacityPoint(0.0, opacity),))


def solid_from(value, color=(1.0, 1.0, 1.0), opacity=0.98):
    """Nothing below a value, matter above it."""
    return TransferFunction(
        (ColorPoint(0.0, color),), (OpacityPoint(value - 50, 0.0), OpacityPoint(value + 50, opacity))
    )


def looking_along_z(distance_mm=4000.0, covers_mm=40.0):
    """A camera so far away that its rays are all but parallel; ``covers_mm`` of the middle fill the picture."""
    angle = float(np.degrees(2 * np.arctan(covers_mm / 2 / distance_mm)))
    return VolumeCamera((0.0, 0.0, -distance_mm), (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), angle)


def scene_of(field, transfer, size_px=(48, 48), camera=None, classes=None, records=(), seed=1, bounces=4, **look):
    """A scene with a matt material under a white sky unless something else is said."""
    look = {"lighting": WHITE_SKY, "material": Material(gloss=0.0), **look}
    return TracedScene(
        field, classes, records, Look(transfer=transfer, **look), camera or looking_along_z(), size_px, seed=seed,
        most_bounces=bounces,
    )  # fmt: skip


def halves(field, first=1, second=2):
    """Classes 1 on the left (low i) and 2 on the right half of a field, for segments numbered ``first``, ``second``."""
    classes = np.zeros(field.shape, np.uint8)
    classes[:, :, : field.shape[2] // 2], classes[:, :, field.shape[2] // 2 :] = 1, 2
    return ClassMap(classes, (first, second), np.array([0.0, 500.0, 500.0]))


def with_look(scene, **changes):
    """The scene under another look."""
    return replace(scene, look=replace(scene.look, **changes))
