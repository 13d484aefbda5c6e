"""What ray casting shows, as frozen data that is compared with what it showed last."""

from __future__ import annotations

from dataclasses import dataclass

from render.cinematic.scene import ClassMap, ClassRecord, Field
from session.look.look import Look


@dataclass(frozen=True)
class RaycastScene:
    """One volume and how it looks.

    Attributes:
        field, classes: compared by identity; no classes: everything is the rest.
        records: of the segments in ``classes``.
        look: with what the eye buttons hide already in it.
    """

    field: Field
    classes: ClassMap | None
    records: tuple[ClassRecord, ...]
    look: Look
