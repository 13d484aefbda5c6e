"""A scene as the arrays that a tracer reads; what did not change since the last scene is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.brick_size import brick_edges
from render.cinematic.bricks import ClassBricks, ValueBricks, class_bricks, majorants, value_bricks
from render.cinematic.environment import environment_of
from render.cinematic.occupancy import occupancy_of
from render.cinematic.parameters import parameters
from render.cinematic.scene import ClassMap, Field, TracedScene
from render.cinematic.tables import ClassTables, class_tables
from session.look.look import Look

NOTHING_8 = np.zeros((1, 1, 1), np.uint8)
NO_GRADIENT = np.ones(2, np.float32)
NO_BACKDROP = np.zeros((1, 1), np.float32)


@dataclass(frozen=True, eq=False)
class PreparedScene:
    """Everything a sample needs; arrays that are the same object as in the last scene did not change.

    Attributes:
        values: (k, j, i) uint16.
        classes: (k, j, i) uint8, or one voxel when there are none.
        occupancy: (k, j, i) uint8: 255 within what is solid, falling to 0 over its border; or one voxel.
        bounds: (K, J, I) float32 extinction bounds of the bricks.
        table, materials, gradient: see ``ClassTables``.
        sky: (rows, columns, 3) float32 linear radiance, equirectangular, up first.
        backdrop: (height, width) float32, or one pixel when there is none.
        parameters: see ``parameters.py``.
    """

    values: NDArray[np.uint16]
    classes: NDArray[np.uint8]
    occupancy: NDArray[np.uint8]
    bounds: NDArray[np.float32]
    table: NDArray[np.float32]
    materials: NDArray[np.float32]
    gradient: NDArray[np.float32]
    sky: NDArray[np.float32]
    backdrop: NDArray[np.float32]
    parameters: NDArray[np.float32]

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """In the order of the kernel's arguments, the volumes flat."""
        return (
            self.values.reshape(-1), self.classes.reshape(-1), self.occupancy.reshape(-1), self.bounds, self.table,
            self.materials, self.gradient, self.sky, self.backdrop, self.parameters,
        )  # fmt: skip


class Preparer:
    """Makes prepared scenes and remembers what the last ones were made from."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def prepare(self, scene: TracedScene) -> PreparedScene:
        """The arrays of a scene; touches only what differs from the last one."""
        field, classes, look = scene.field, scene.classes, scene.look
        tables: ClassTables = self._keep(
            "tables",
            (field, classes, scene.records, _without_light(look)),
            lambda: class_tables(look, field, classes, scene.records),
        )
        values: ValueBricks = self._keep("values", (field,), lambda: value_bricks(field))
        edges = brick_edges(field)
        sets: ClassBricks | None = self._keep(
            "sets", (classes, edges), lambda: class_bricks(classes, edges) if classes else None
        )
        bounds = self._keep("bounds", (values, sets, tables), lambda: majorants(field, values, sets, tables))
        occupancy = self._keep(
            "occupancy",
            (classes, tables.solid.tobytes()),
            lambda: _occupancy(field, classes, tables),
        )
        lighting = look.lighting
        sky = self._keep(
            "sky",
            (lighting.environment, lighting.sky_top, lighting.sky_bottom),
            lambda: np.ascontiguousarray(environment_of(lighting), np.float32),
        )
        return PreparedScene(
            values=field.values,
            classes=classes.classes if classes is not None else NOTHING_8,
            occupancy=occupancy,
            bounds=bounds,
            table=tables.table,
            materials=tables.materials,
            gradient=tables.gradient if tables.gradient is not None else NO_GRADIENT,
            sky=sky,
            backdrop=scene.backdrop_mm if scene.backdrop_mm is not None else NO_BACKDROP,
            parameters=parameters(scene, tables),
        )

    def _keep(self, name: str, key: tuple[Any, ...], make: Any) -> Any:
        """What was made from the same key last time, else something new. Arrays' owners are compared by identity."""
        kept = self._kept.get(name)
        if kept is not None and kept[0] == key:
            return kept[1]
        made = make()
        self._kept[name] = (key, made)
        return made


def _without_light(look: Look) -> Look:
    """What of a look the tables depend on."""
    return replace(
        Look(), transfer=look.transfer, matter=look.matter, ghost=look.ghost, rest=look.rest, segment=look.segment,
        segments=look.segments, material=look.material,
    )  # fmt: skip


def _occupancy(field: Field, classes: ClassMap | None, tables: ClassTables) -> NDArray[np.uint8]:
    return NOTHING_8 if classes is None else occupancy_of(classes, tables.solid, field.spacing_mm)
