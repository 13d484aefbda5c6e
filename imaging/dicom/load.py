"""Voxels of a stack: plain pixels copied straight into the volume by threads, others decoded in the sandbox.

The middle slice comes first, then its neighbours outward, so that a view has something to show at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.checks import check_memory, check_pixels
from imaging.dicom.foreign import decoded_frames
from imaging.dicom.instance import Frame, Instance
from imaging.dicom.sort import Stack
from imaging.dicom.sources import Reader
from imaging.dicom.suv import quantity_and_factor
from imaging.dicom.values import (
    TooWide,
    clear_unused_bits,
    native,
    padding_of,
    scale_of,
    voxel_type,
    write_voxels,
)
from imaging.errors import UserError
from imaging.volume import Quantity

THREADS = min(4, os.cpu_count() or 1)
_BATCH = 8  # slices that one task copies: fewer hand-overs between threads

OnSlice = Callable[[int, int], None]  # (time point, k): the slice is there
IsCancelled = Callable[[], bool]


class Cancelled(Exception):
    """The caller asked to stop."""


@dataclass
class Voxels:
    """What a load produces.

    Attributes:
        arrays: one (k, j, i) or (k, j, i, 3) array per time point, zero where a slice is still to come.
        damaged: (time point, k) of slices that could not be decoded and hold ``outside_value`` or the lowest value.
    """

    arrays: list[NDArray[Any]]
    quantity: Quantity
    outside_value: float | None
    damaged: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Task:
    """One frame and the slice that it fills."""

    frame: Frame
    time_point: int
    k: int


def load_stack(
    stack: Stack,
    on_start: Callable[[Voxels], None] | None = None,
    on_slice: OnSlice | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Voxels:
    """Read all voxels of a stack.

    Args:
        on_start: called with the empty arrays, and again should wider ones be needed (see `voxel_type`).
        on_slice: called for each slice that is there, from the calling thread.

    Raises:
        UserError: no slice can be read, or the series does not fit the memory.
        Cancelled: ``is_cancelled`` returned True.
    """
    quantity, factor = quantity_and_factor(stack)
    kind = voxel_type(stack, factor)
    loader = _Loader(stack, quantity, factor, on_start, on_slice or _ignore, is_cancelled or _never)
    try:
        return loader.load(kind)
    except TooWide:
        return loader.load(np.dtype(np.float32))


def _ignore(time_point: int, k: int) -> None:
    return None


def _never() -> bool:
    return False


class _Loader:
    def __init__(
        self,
        stack: Stack,
        quantity: Quantity,
        factor: float,
        on_start: Callable[[Voxels], None] | None,
        on_slice: OnSlice,
        is_cancelled: IsCancelled,
    ) -> None:
        self._stack = stack
        self._quantity = quantity
        self._factor = factor
        self._on_start = on_start
        self._on_slice = on_slice
        self._is_cancelled = is_cancelled
        self._reason: UserError | None = None

    def load(self, kind: np.dtype[Any]) -> Voxels:
        """Fill new arrays of the given type."""
        refused = self._refused()
        check_memory(self._stack, kind.itemsize)
        shape = (*self._stack.geometry.shape, 3) if self._stack.first.instance.is_colour else self._stack.geometry.shape
        try:
            arrays = [np.zeros(shape, kind) for _ in self._stack.volumes]
        except MemoryError as error:
            raise UserError("There is not enough memory for this series.") from error
        self._voxels = Voxels(arrays, self._quantity, self._outside_value(kind))
        if self._on_start is not None:
            self._on_start(self._voxels)
        tasks = self._readable(list(_tasks(self._stack)), refused)
        plain = [task for task in tasks if task.frame.instance.is_plain]
        self._copy(plain)
        self._decode([task for task in tasks if not task.frame.instance.is_plain])
        if len(self._voxels.damaged) == sum(map(len, self._stack.volumes)):
            raise self._reason or UserError("No slice of the series can be read.")
        return self._voxels

    def _outside_value(self, kind: np.dtype[Any]) -> float | None:
        """The padding value after rescale; none where slices scale it differently or no voxel can hold it."""
        values = set()
        for frame in self._stack.volumes[0]:
            padding = padding_of(frame.instance)
            scale = scale_of(frame, self._factor)
            values.add(None if padding is None else float(np.float32(padding * scale.slope + scale.intercept)))
        value = values.pop() if len(values) == 1 else None
        if value is not None and kind.kind in "iu" and not np.iinfo(kind).min <= value <= np.iinfo(kind).max:
            return None
        return value

    def _refused(self) -> dict[int, UserError]:
        """Instances (by id) whose pixels cannot be there.

        Raises:
            UserError: that is so for all of them.
        """
        instances = {id(f.instance): f.instance for volume in self._stack.volumes for f in volume}
        refused = {key: error for key, instance in instances.items() if (error := refusal(instance)) is not None}
        if len(refused) == len(instances):
            raise next(iter(refused.values()))
        return refused

    def _readable(self, tasks: list[_Task], refused: dict[int, UserError]) -> list[_Task]:
        """The tasks whose pixels can be there; the slices of the others are marked as damaged."""
        good = []
        for task in tasks:
            error = refused.get(id(task.frame.instance))
            if error is None:
                good.append(task)
            else:
                self._damage(task, error)
        return good

    def _damage(self, task: _Task, reason: UserError) -> None:
        self._reason = self._reason or reason
        self._voxels.damaged.append((task.time_point, task.k))
        array = self._voxels.arrays[task.time_point]
        lowest = -1024 if self._quantity is Quantity.HU else 0
        if array.dtype.kind in "iu":
            lowest = max(lowest, int(np.iinfo(array.dtype).min))
        outside = self._voxels.outside_value
        array[task.k] = lowest if outside is None else outside
        self._on_slice(task.time_point, task.k)

    # -------------------------------------------------------------------------------------------- plain pixels

    def _copy(self, tasks: list[_Task]) -> None:
        if not tasks:
            return
        first = 1 if len(tasks) > 1 else 0  # the very first slice alone: it is what the user waits for
        batches = [tasks[:first]] if first else []
        batches += [tasks[n : n + _BATCH] for n in range(first, len(tasks), _BATCH)]
        with ThreadPoolExecutor(THREADS) as pool:
            running = [(batch, pool.submit(self._copy_batch, batch)) for batch in batches]
            try:
                for batch, future in running:
                    failed = {id(task): error for task, error in future.result()}
                    for task in batch:
                        if id(task) in failed:
                            self._damage(task, failed[id(task)])
                        else:
                            self._on_slice(task.time_point, task.k)
                    if self._is_cancelled():
                        raise Cancelled
            except (TooWide, Cancelled):
                pool.shutdown(cancel_futures=True)
                raise

    def _copy_batch(self, tasks: list[_Task]) -> list[tuple[_Task, UserError]]:
        failed = []
        for task in tasks:
            if self._is_cancelled():
                break
            try:
                with task.frame.instance.source.open() as reader:
                    self._copy_frame(reader, task)
            except OSError:
                failed.append((task, UserError(f"{task.frame.instance.source.name} cannot be read any more.")))
            except UserError as error:
                failed.append((task, error))
        return failed

    def _copy_frame(self, reader: Reader, task: _Task) -> None:
        instance, target = task.frame.instance, self._voxels.arrays[task.time_point][task.k]
        raw, scale = _room_for(instance.stored_type, target), scale_of(task.frame, self._factor)
        offset = instance.header.pixel_offset + task.frame.index * instance.frame_bytes
        if reader.read_into(offset, raw.reshape(-1).view(np.uint8).data) < raw.nbytes:
            raise UserError(f"{instance.source.name} is cut short.")
        write_voxels(target, clear_unused_bits(native(raw), scale), scale)

    # -------------------------------------------------------------------------------------------- other pixels

    def _decode(self, tasks: list[_Task]) -> None:
        if not tasks:
            return
        raw = np.empty(0)

        def buffer(n: int) -> memoryview:
            nonlocal raw
            raw = self._target_of_bytes(tasks[n])
            return raw.reshape(-1).view(np.uint8).data

        with closing(decoded_frames([task.frame for task in tasks], buffer)) as answers:
            for task, error in zip(tasks, answers, strict=True):
                if error is not None:
                    self._damage(task, error)
                else:
                    self._rescale(task, raw)
                    self._on_slice(task.time_point, task.k)
                if self._is_cancelled():
                    raise Cancelled

    def _target_of_bytes(self, task: _Task) -> NDArray[Any]:
        """Where the decoder's bytes go: the slice itself where they fit, else an array of stored values."""
        target: NDArray[Any] = self._voxels.arrays[task.time_point][task.k]
        if task.frame.instance.is_colour:
            return target
        return _room_for(task.frame.instance.stored_type.newbyteorder("<"), target)

    def _rescale(self, task: _Task, raw: NDArray[Any]) -> None:
        if not task.frame.instance.is_colour:
            scale = scale_of(task.frame, self._factor)
            target = self._voxels.arrays[task.time_point][task.k]
            write_voxels(target, clear_unused_bits(native(raw), scale), scale)


def _room_for(stored_type: np.dtype[Any], target: NDArray[Any]) -> NDArray[Any]:
    """An array of stored values: the slice's own memory where they are of its size."""
    is_in_place = target.dtype.kind in "iu" and target.dtype.itemsize == stored_type.itemsize
    return target.view(stored_type) if is_in_place else np.empty(target.shape, stored_type)


def _tasks(stack: Stack) -> Iterator[_Task]:
    """Every frame, the first time point first, the middle slice before its neighbours."""
    for time_point, volume in enumerate(stack.volumes):
        middle = len(volume) // 2
        for k in sorted(range(len(volume)), key=lambda k: abs(k - middle)):
            yield _Task(volume[k], time_point, k)


def refusal(instance: Instance) -> UserError | None:
    """Why an instance's pixels cannot be read, None when nothing speaks against it."""
    try:
        check_pixels(instance)
    except UserError as error:
        return error
    except OSError:
        return UserError(f"{instance.source.name} cannot be read any more.")
    return None
