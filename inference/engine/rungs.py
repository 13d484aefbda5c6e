"""When the memory does not suffice: the same computation with less of it, and at last on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from inference.backends.candidates import AUTO, device_of
from inference.engine.parameters import RunParameters
from inference.engine.predictor import Predictor
from inference.engine.recipe import Windows

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
CPU = "cpu"
_WORDS = ("out of memory", "not enough memory", "can't allocate memory", "failed to allocate", "bad_alloc")


@dataclass(frozen=True)
class Rung:
    """One way to spend memory.

    Attributes:
        wanted: the run's parameters with the device settled.
        most_windows: at a time; 0 as many as the model says.
        sums_on_cpu: windows are added up in the computer's memory, not in the GPU's.
        note: what the user is told when it came to this.
    """

    wanted: RunParameters
    most_windows: int = 0
    sums_on_cpu: bool = False
    note: str = ""

    def windows(self, windows: Windows) -> Windows:
        """The model's windows, as many at a time as allowed."""
        return replace(windows, batch=min(windows.batch, self.most_windows)) if self.most_windows else windows

    def predictor(self, predictor: Predictor) -> Predictor:
        """The predictor, whose answers come to the CPU when they are added up there."""
        return _ToCpu(predictor) if self.sums_on_cpu else predictor


def rungs(wanted: RunParameters) -> list[Rung]:
    """What to try, in order.

    Raises:
        UserError: there is no such device.
    """
    device = device_of(wanted.device)
    settled = replace(wanted, device=device)
    if device == CPU:
        return [Rung(settled), Rung(settled, 1)]
    found = [
        Rung(settled),
        Rung(settled, 1, sums_on_cpu=True, note="The GPU's memory was short: windows were computed one by one."),
    ]
    if wanted.device == AUTO:
        on_cpu = replace(wanted, device=CPU)
        found.append(Rung(on_cpu, note="The GPU's memory did not suffice, so the CPU computed."))
        found.append(Rung(on_cpu, 1, note="The GPU's memory did not suffice, so the CPU computed."))
    return found


def climbed(ladder: list[Rung], work: Callable[[Rung], T]) -> tuple[T, Rung]:
    """The work's result on the first rung whose memory suffices.

    Raises:
        MemoryError: on none. Whatever else ``work`` raises is passed on.
    """
    for rung in ladder:
        try:
            return work(rung), rung
        except (MemoryError, RuntimeError) as error:
            if not is_short_of_memory(error):
                raise
        _forget()  # outside the handler, whose traceback still holds the tensors
    raise MemoryError("no way to compute fits the memory")


def is_short_of_memory(error: BaseException) -> bool:
    """True for Python's, torch's and other libraries' ways to say it."""
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in _WORDS)


def _forget() -> None:
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


class _ToCpu:
    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.backend = predictor.backend
        self.device = predictor.device

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        return self._predictor(batch).cpu()
