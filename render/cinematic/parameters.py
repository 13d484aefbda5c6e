"""The numbers of a scene in one vector that both back ends read by the same names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from render.cinematic.brick_size import brick_edges
from render.cinematic.scene import Field, TracedScene
from render.cinematic.tables import ENTRIES, GRADIENT_ENTRIES, ClassTables
from render.volume_camera import axes_of
from session.look.cut import ClipPlane
from session.look.lighting import MOST_LIGHTS, AreaLight, Lighting, LightShape
from session.presentation import VolumeCamera

Vector = NDArray[np.float64]
Put = Callable[..., None]

MOST_PLANES = 6
SHARPNESS = 10.0  # of the choice between surface and cloud, per opacity change and millimetre
OFFSET = 0.4  # of the finest spacing: how far above a surface its light rays start, against stairs of the grid
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear sRGB
LIGHT_DISTANCE = 2.5  # of the lights, in radii of the scene

# of one light, in order
_OF_LIGHT = {
    "LIGHT": 3,  # its middle
    "LIGHT_U": 3,  # from there to its edges; two radii of a disc
    "LIGHT_V": 3,
    "LIGHT_NORMAL": 3,  # towards the scene
    "LIGHT_COLOR": 3,  # irradiance at distance 1 mm on its axis
    "IS_RECTANGLE": 1,
    "LIGHT_POWER": 1,  # how much it gives, for choosing between several
}
LIGHT_SIZE = sum(_OF_LIGHT.values())

# name: how many numbers it takes; the order is the order in the vector
_LAYOUT = {
    "EYE": 3,  # world millimetres
    "ACROSS": 3,  # from the middle of the picture to its right edge, at one millimetre before the eye
    "UPWARDS": 3,  # to its upper edge
    "FORWARD": 3,  # unit vector
    "CORNER": 2,  # of the tile within the picture: column and row of its first pixel
    "FRAME": 2,  # width and height of the whole picture, pixels
    "APERTURE": 1,  # radius of the lens, mm
    "FOCUS": 1,  # distance along FORWARD that is sharp, mm
    "MATRIX": 9,  # rows; q = MATRIX x + SHIFT, where q runs from 0 to SIZE over the grid's voxels
    "SHIFT": 3,
    "SIZE": 3,  # voxels along i, j, k
    "ENTRY_SCALE": 1,  # table entry = ENTRY_SCALE * u + ENTRY_OFFSET for 16-bit voxels u
    "ENTRY_OFFSET": 1,
    "LAST_ENTRY": 1,
    "GRADIENT_SCALE": 1,  # gradient-table entry per change of u and millimetre; 0: no gradient opacity
    "HAS_CLASSES": 1,
    "ALL_CLIPPED": 1,
    "PLANE_COUNT": 1,
    "PLANES": 4 * MOST_PLANES,  # normal and offset in q: kept where normal . q >= offset
    "BOX_LOW": 3,  # of the crop box, in q
    "BOX_HIGH": 3,
    "BRICK": 3,  # voxels along a brick's edges
    "LIGHT_COUNT": 1,
    "LIGHTS": LIGHT_SIZE * MOST_LIGHTS,  # one after the other
    "SKY_MATRIX": 9,  # rows; world directions to the sky's: x right, y up, z towards the viewer
    "SKY_STRENGTH": 1,
    "SURFACE": 1,  # exponent of the choice between surface and cloud, per change of opacity and mm
    "ANISOTROPY": 1,
    "MOST_BOUNCES": 1,
    "START_MM": 1,  # how far above a surface its light rays start
}


def _offsets(layout: dict[str, int]) -> dict[str, int]:
    found, at = {}, 0
    for name, count in layout.items():
        found[name] = at
        at += count
    return found


OFFSETS = _offsets(_LAYOUT)
LIGHT_NUMBERS = _offsets(_OF_LIGHT)  # from where a light begins
COUNT = sum(_LAYOUT.values())


def glsl_defines() -> str:
    """``#define`` lines that give GLSL the same names."""
    names = {**OFFSETS, **LIGHT_NUMBERS, "LIGHT_SIZE": LIGHT_SIZE, "PARAMETERS": COUNT}
    return "".join(f"#define {name} {number}\n" for name, number in names.items())


def parameters(scene: TracedScene, tables: ClassTables) -> NDArray[np.float32]:
    """The vector of a scene."""
    vector = np.zeros(COUNT, np.float64)

    def put(name: str, *numbers: float | Vector) -> None:
        flat = np.concatenate([np.ravel(n) for n in numbers])
        assert flat.size <= _LAYOUT[name], name
        vector[OFFSETS[name] : OFFSETS[name] + flat.size] = flat

    _put_camera(put, scene)
    _put_grid(put, scene, tables)
    _put_cut(put, scene, tables)
    _put_lights(put, scene)
    _put_sky(put, scene)
    material = scene.look.material
    put("SURFACE", max(material.surface, 0.0) * SHARPNESS)
    put("ANISOTROPY", float(np.clip(material.anisotropy, -0.95, 0.95)))
    put("MOST_BOUNCES", scene.most_bounces)
    put("START_MM", OFFSET * min(scene.field.spacing_mm))
    return vector.astype(np.float32)


def scene_ball(scene: TracedScene) -> tuple[Vector, float]:
    """Middle and radius (LPS mm) of a ball around the grid."""
    world_from_index = np.linalg.inv(scene.field.index_from_world)
    size = np.array(scene.field.shape[::-1], np.float64)
    middle = world_from_index[:3, :3] @ ((size - 1) / 2) + world_from_index[:3, 3]
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * size / 2
    return middle, float(np.linalg.norm(corners @ world_from_index[:3, :3].T, axis=1).max())


def _put_camera(put: Put, scene: TracedScene) -> None:
    camera = scene.camera
    right, up, back = axes_of(camera)
    width, height = scene.frame_px or scene.size_px
    slope = np.tan(np.radians(camera.view_angle_deg) / 2)
    put("EYE", np.asarray(camera.position_mm))
    put("ACROSS", right * slope * width / height)
    put("UPWARDS", up * slope)
    put("FORWARD", -back)
    put("CORNER", np.asarray(scene.corner_px))
    put("FRAME", width, height)
    lens = scene.look.lens
    distance = float(np.linalg.norm(np.subtract(camera.focal_point_mm, camera.position_mm)))
    put("APERTURE", max(lens.aperture_mm, 0.0) / 2)
    put("FOCUS", distance if lens.focus_mm is None else max(lens.focus_mm, 1e-3))


def _put_grid(put: Put, scene: TracedScene, tables: ClassTables) -> None:
    field = scene.field
    put("MATRIX", field.index_from_world[:3, :3])
    put("SHIFT", field.index_from_world[:3, 3] + 0.5)
    put("SIZE", np.array(field.shape[::-1]))
    put("BRICK", np.array(brick_edges(field)))
    per_u = (field.high - field.low) / 65535
    scale = (ENTRIES - 1) / (tables.high - tables.low)
    put("ENTRY_SCALE", per_u * scale)
    put("ENTRY_OFFSET", (field.low - tables.low) * scale)
    put("LAST_ENTRY", ENTRIES - 1)
    if tables.gradient is not None:
        put("GRADIENT_SCALE", per_u * (GRADIENT_ENTRIES - 1) / tables.gradient_high)
    put("HAS_CLASSES", float(scene.classes is not None))


def _put_cut(put: Put, scene: TracedScene, tables: ClassTables) -> None:
    cut = scene.look.cut
    planes = cut.planes[:MOST_PLANES]
    put("ALL_CLIPPED", float(tables.is_all_clipped))
    put("PLANE_COUNT", len(planes))
    if planes:
        put("PLANES", np.array([_plane(plane, scene.field) for plane in planes]))
    size = np.array(scene.field.shape[::-1], np.float64)
    put("BOX_LOW", np.clip(cut.box.low, 0, 1) * size)
    put("BOX_HIGH", np.clip(cut.box.high, 0, 1) * size)


def _plane(plane: ClipPlane, field: Field) -> Vector:
    """Normal and offset in q."""
    world_from_index = np.linalg.inv(field.index_from_world)
    normal = np.asarray(plane.normal, np.float64)
    normal = normal / max(float(np.linalg.norm(normal)), 1e-12)
    origin = world_from_index[:3, 3] - world_from_index[:3, :3] @ np.full(3, 0.5)  # where q is 0
    return np.array([*(normal @ world_from_index[:3, :3]), normal @ (np.asarray(plane.point_mm) - origin)])


def _put_lights(put: Put, scene: TracedScene) -> None:
    lights = shining(scene.look.lighting)
    put("LIGHT_COUNT", len(lights))
    put("LIGHTS", np.concatenate([_light(scene, light) for light in lights]))


def shining(lighting: Lighting) -> list[AreaLight]:
    """The lights of a look that give light; the first one alone where none does."""
    return [light for light in lighting.lights if power_of(light) > 0] or [lighting.lights[0]]


def power_of(light: AreaLight) -> float:
    """How much a light gives, for choosing between several."""
    return float(np.dot(light.color, LUMINANCE)) * max(light.strength, 0.0)


def _light(scene: TracedScene, light: AreaLight) -> Vector:
    """The numbers of a light."""
    right, up, back = _axes(scene.camera, light.turns_with_camera)
    azimuth, elevation = np.radians(light.azimuth_deg), np.radians(light.elevation_deg)
    towards = (
        np.cos(elevation) * np.sin(azimuth) * right
        + np.sin(elevation) * up
        + np.cos(elevation) * np.cos(azimuth) * back
    )
    middle, radius = scene_ball(scene)
    distance = LIGHT_DISTANCE * radius
    reach = distance * np.tan(np.radians(np.clip(light.size_deg, 0.05, 120.0)) / 2)
    u = np.cross(towards, up if abs(towards @ up) < 0.99 else right)
    u /= np.linalg.norm(u)
    is_rectangle = light.shape is LightShape.RECTANGLE
    height = reach / np.clip(light.aspect, 0.05, 20.0) if is_rectangle else reach
    # a white matt surface in the middle of the scene that faces the light has radiance 1 at strength 1
    color = np.asarray(light.color) * max(light.strength, 0.0) * np.pi * distance**2
    place = (middle + distance * towards, reach * u, height * np.cross(towards, u), -towards)
    return np.concatenate([*place, color, [is_rectangle, power_of(light)]])


def _put_sky(put: Put, scene: TracedScene) -> None:
    lighting = scene.look.lighting
    right, up, back = _axes(scene.camera, lighting.turns_with_camera)
    turn = np.radians(lighting.environment_turn_deg)
    turned = np.array([np.cos(turn) * right + np.sin(turn) * back, up, np.cos(turn) * back - np.sin(turn) * right])
    put("SKY_MATRIX", turned)
    put("SKY_STRENGTH", max(lighting.sky_strength, 0.0))


def _axes(camera: VolumeCamera, turns_with_camera: bool) -> tuple[Vector, Vector, Vector]:
    """Right, up and towards the viewer: the camera's, or those of somebody who stands before the patient."""
    if turns_with_camera:
        return axes_of(camera)
    return np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0])
