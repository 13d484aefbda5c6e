from __future__ import annotations

import pytest

from inference.engine.parameters import RunParameters
from inference.engine.recipe import Windows
from inference.engine.rungs import Rung, climbed, is_short_of_memory, rungs

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")


def ladder() -> list[Rung]:
    wanted = RunParameters()
    return [Rung(wanted), Rung(wanted, 1, sums_on_cpu=True, note="short"), Rung(wanted, 1, note="at last")]


def test_the_first_rung_whose_memory_suffices_gives_the_result() -> None:
    tried: list[str] = []

    def work(rung: Rung) -> int:
        tried.append(rung.note)
        if not rung.note:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        if rung.sums_on_cpu:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")
        return 7

    result, rung = climbed(ladder(), work)
    assert (result, rung.note, tried) == (7, "at last", ["", "short", "at last"])


def test_other_faults_are_not_taken_for_a_lack_of_memory() -> None:
    def work(rung: Rung) -> int:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        climbed(ladder(), work)


def test_when_nothing_fits_it_is_said() -> None:
    def work(rung: Rung) -> int:
        raise MemoryError

    with pytest.raises(MemoryError, match="no way"):
        climbed(ladder(), work)
    assert is_short_of_memory(RuntimeError("[GPU] CL_OUT_OF_RESOURCES: out of memory"))


def test_the_cpu_alone_can_only_take_fewer_windows_at_a_time() -> None:
    found = rungs(RunParameters(device="cpu"))
    assert [rung.most_windows for rung in found] == [0, 1]
    assert found[1].windows(Windows((8, 8, 8), batch=4)).batch == 1
