"""Fields: right values at right places, from every kind of image."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from render.cinematic.field_source import make_field, reduction_factors
from render.cinematic.scene import Field

SHEARED = np.array([[0.0, 0.6, 0.2, -7.0], [0.5, 0.0, 0.3, 11.0], [0.0, 0.1, 2.0, 3.0], [0.0, 0.0, 0.0, 1.0]])


def made(volume: Volume, most_voxels: int = 10**9, most_per_axis: int = 2048) -> Field:
    field = make_field(volume, most_voxels, most_per_axis)
    assert field is not None
    return field


def values(field: Field) -> NDArray[np.float64]:
    return field.low + (field.high - field.low) * field.values / 65535.0


def volume_of(voxels: NDArray[np.generic], affine: NDArray[np.float64] = SHEARED, **fields: object) -> Volume:
    return Volume(Geometry(voxels.shape[:3], affine), voxels, **fields)  # type: ignore[arg-type]


def random_voxels(shape: tuple[int, ...]) -> NDArray[np.int16]:
    return np.random.default_rng(1).integers(-1024, 3000, shape, dtype=np.int16)


@pytest.mark.parametrize("kind", [np.int16, np.uint8, np.int32, np.float16, np.float32, np.float64, ">i2", bool])
def test_values_survive_in_16_bits(kind: str) -> None:
    voxels = random_voxels((5, 4, 3)).clip(0, 250).astype(kind)
    field = made(volume_of(voxels))
    half_step = (field.high - field.low) / 65535 / 2
    assert np.abs(values(field) - voxels.astype(np.float64)).max() <= half_step * 1.01
    assert (field.low, field.high) == (voxels.min(), voxels.max())
    assert field.values.dtype == np.uint16
    assert field.reduction == 1


def test_large_numbers_keep_their_small_differences() -> None:
    voxels = (10**9 + np.arange(24)).reshape(2, 3, 4).astype(np.int32)
    assert np.allclose(values(made(volume_of(voxels))), voxels, atol=0.001)


def test_a_sheared_grid_stays_as_it_is() -> None:
    volume = volume_of(random_voxels((5, 4, 3)))
    field = made(volume)
    ijk = np.array([2.0, 1.0, 4.0])
    world = volume.geometry.to_world(ijk)
    assert field.index_from_world @ [*world, 1.0] == pytest.approx([2, 1, 4, 1])
    assert field.spacing_mm == pytest.approx(volume.geometry.spacing_mm)


def test_blocks_become_their_mean_at_their_middle() -> None:
    volume = volume_of(random_voxels((6, 8, 10)))
    field = made(volume, most_voxels=125)  # spacing 0.5, 0.6, 2.0: i, then j, then i again
    assert field.shape == (6, 4, 5)
    assert field.reduction == 2
    means = volume.voxels.reshape(6, 4, 2, 5, 2).mean(axis=(2, 4))
    assert np.abs(values(field) - means).max() < 0.05
    middle = volume.geometry.to_world([2.5, 4.5, 3.0])  # of columns 2 and 3, rows 4 and 5
    assert field.index_from_world @ [*middle, 1.0] == pytest.approx([1, 2, 3, 1])
    assert field.spacing_mm == pytest.approx(np.array(volume.geometry.spacing_mm) * (2, 2, 1))


def test_the_last_block_may_be_smaller() -> None:
    voxels = np.arange(5, dtype=np.int16).reshape(1, 1, 5)
    field = made(volume_of(voxels), most_per_axis=3)
    assert values(field).ravel() == pytest.approx([0.5, 2.5, 4.0], abs=1e-3)


def test_short_steps_are_united_first_and_long_axes_always() -> None:
    assert reduction_factors((100, 100, 100), (1.0, 1.0, 5.0), 250_000, 1000) == (1, 2, 2)
    assert reduction_factors((100, 100, 100), (5.0, 5.0, 1.0), 500_000, 1000) == (2, 1, 1)
    assert reduction_factors((3000, 4, 4), (1.0, 1.0, 1.0), 10**9, 2048) == (2, 1, 1)
    assert reduction_factors((1, 1, 1), (1.0, 1.0, 1.0), 0, 2048) == (1, 1, 1)


def test_padding_and_what_is_no_number_count_as_lowest() -> None:
    padded = np.array([[[-2000, -1000, 500, 32767]]], np.int16)
    field = made(volume_of(padded[..., :3], outside_value=-2000.0))
    assert (field.low, field.high) == (-1000, 500)
    assert field.values.ravel().tolist() == [0, 0, 65535]
    high = made(volume_of(padded[..., 1:], outside_value=32767.0))
    assert (high.low, high.high) == (-1000, 500)
    assert high.values.ravel().tolist() == [0, 65535, 0]
    strange = np.array([[[np.nan, 1.0, 3.0, np.inf, -np.inf]]], np.float32)
    assert made(volume_of(strange)).values.ravel().tolist() == [0, 0, 65535, 65535, 0]


@pytest.mark.parametrize("value", [7, np.nan, np.inf])
def test_images_without_contrast_or_numbers(value: float) -> None:
    field = made(volume_of(np.full((1, 2, 2), value, np.float32)))
    assert field.high > field.low
    assert np.isfinite(values(field)).all()


def test_colours_become_their_luma() -> None:
    voxels = np.zeros((1, 1, 3, 3), np.uint8)
    voxels[0, 0, 1], voxels[0, 0, 2] = (0, 255, 0), (255, 255, 255)
    field = made(volume_of(voxels, quantity=Quantity.COLOUR))
    assert values(field).ravel() == pytest.approx([0, 0.7152 * 255, 255], abs=0.01)


def test_uneven_slices_go_on_a_regular_grid() -> None:
    heights = np.array([0.0, 1.0, 2.0, 3.0, 5.0])
    origins = np.stack([np.full(5, 4.0), np.full(5, -2.0), heights], axis=-1)
    affine = np.diag([0.5, 0.5, 1.25, 1.0])
    voxels = np.broadcast_to((heights * 10).astype(np.int16)[:, None, None], (5, 3, 4))
    volume = Volume(Geometry((5, 3, 4), affine, None, origins), voxels)
    field = made(volume)
    assert field.shape == (6, 3, 4)
    assert values(field)[:, 1, 1] == pytest.approx([0, 10, 20, 30, 40, 50], abs=0.01)
    assert field.index_from_world @ [4.5, -1.0, 4.0, 1.0] == pytest.approx([1, 2, 4, 1])


def test_a_single_slice_with_a_position_of_its_own() -> None:
    geometry = Geometry((1, 2, 2), np.eye(4), None, np.array([[1.0, 2.0, 3.0]]))
    field = made(Volume(geometry, np.arange(4, dtype=np.int16).reshape(1, 2, 2)))
    assert field.index_from_world @ [2.0, 2.0, 3.0, 1.0] == pytest.approx([1, 0, 0, 1])


def test_it_can_be_called_off() -> None:
    volume = volume_of(random_voxels((3, 4, 5)))
    assert make_field(volume, 10**9, is_wanted=lambda: False) is None
