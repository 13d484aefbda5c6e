"""How many voxels a volume may have so that it fits the memory that it may take."""

from __future__ import annotations

MEMORY_SHARE = 0.5  # of a card's memory for the volume and what belongs to it
BYTES_PER_VOXEL = 4  # value, class, share of what is solid
MOST_VOXELS = 1 << 31  # of a still, which may take its time


def voxels_in(megabytes: int) -> int:
    """How many voxels a person's limit allows; ``megabytes`` is positive."""
    return max(1, megabytes * 1_000_000 // BYTES_PER_VOXEL)


def voxels_on_card(memory_bytes: int) -> int:
    """How many voxels suit a graphics card with so much memory."""
    return int(MEMORY_SHARE * memory_bytes / BYTES_PER_VOXEL)
