"""What the 3D view wants to see of a volume, as frozen data; light to import, unlike what carries it out."""

from __future__ import annotations

from dataclasses import dataclass

from render.volume_content import VolumeContent
from session.look.look import Look
from session.presentation import VolumeMode, Windowing


@dataclass(frozen=True)
class CapShade:
    """How grey values and segments are shown on caps, as in the slice views."""

    windowing: Windowing
    is_inverted: bool = False
    tint: float = 0.45


@dataclass(frozen=True)
class VolumeWish:
    """The volume in a picture.

    Attributes:
        mode: ray casting or path tracing.
        content: what there is; compared by identity.
        look: with what is hidden already in it.
        caps: how cuts are capped.
        backend: ``auto``, ``glsl`` or ``numba``, for path tracing.
        samples: for each pixel, at most.
        denoises: remove noise.
        most_memory_mb: of the volume; 0: what the device has.
    """

    mode: VolumeMode
    content: VolumeContent
    look: Look
    caps: CapShade
    backend: str = "auto"
    samples: int = 256
    denoises: bool = True
    most_memory_mb: int = 0
