"""How the backend of a run is chosen: with predictors that only pretend, and a clock that they turn themselves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import psutil
import pytest

from imaging.errors import UserError
from inference.backends import choosing
from inference.backends.candidates import Candidate
from inference.backends.choosing import Choice, Work, chosen, key_of
from inference.engine.parameters import RunParameters
from inference.engine.recipe import Head, HeadKind
from inference.opening.opened import TorchNetworks

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
PLAIN = Candidate("torch", "cpu", "fp32")
QUICK = Candidate("openvino", "cpu", "fp32")
ROUGH = Candidate("torch", "cpu", "bf16", is_channels_last=True)
NETWORKS = TorchNetworks(())


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@dataclass
class Machine:
    """What the pretended computer has: seconds a window of 32 ** 3 voxels takes, and how many labels are wrong."""

    clock: Clock
    seconds: dict[Candidate, float]
    wrong: dict[Candidate, float] = field(default_factory=dict)  # share of the structure's voxels
    unmade: dict[Candidate, Exception] = field(default_factory=dict)
    unable: dict[Candidate, Exception] = field(default_factory=dict)
    kinds: dict[Candidate, type[Pretended]] = field(default_factory=dict)
    made: list[tuple[Candidate, tuple[int, ...]]] = field(default_factory=list)

    def make(self, candidate: Candidate, networks: Any, shape: tuple[int, ...]) -> Any:
        self.made.append((candidate, shape))
        if candidate in self.unmade:
            raise self.unmade[candidate]
        return self.kinds.get(candidate, Pretended)(candidate, self)


class Pretended:
    """Says 1 where the image is above 0."""

    def __init__(self, candidate: Candidate, machine: Machine) -> None:
        self.backend, self.device = candidate.backend, candidate.device
        self._candidate, self._machine = candidate, machine

    def __call__(self, batch: Any) -> Any:
        if self._candidate in self._machine.unable:
            raise self._machine.unable[self._candidate]
        self._machine.clock.now += self._machine.seconds[self._candidate] * batch.numel() / 32**3
        inside = (batch > 0).float()
        places = inside.flatten().nonzero()[:, 0]
        share = self._machine.wrong.get(self._candidate, 0.0)
        inside.view(-1)[places[: int(share * len(places))]] = 0
        return torch.cat([torch.full_like(batch, 0.5), inside], 1)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    clock = Clock()
    monkeypatch.setattr(psutil, "getloadavg", lambda: (0.5, 9.0, 9.0))  # whatever else this computer does now
    found = Machine(clock, {PLAIN: 4.0, QUICK: 2.0, ROUGH: 1.0})

    def fitting(networks: Any, wanted: RunParameters) -> list[Candidate]:
        return [
            c
            for c in (PLAIN, QUICK, ROUGH)
            if wanted.backend in ("auto", c.backend) and wanted.precision in ("auto", c.precision)
        ]

    monkeypatch.setattr(choosing, "made", found.make)
    monkeypatch.setattr(choosing, "candidates", fitting)
    monkeypatch.setattr(choosing, "time", clock)
    return found


def work(count: int = 100, head: Head | None = None, window: tuple[int, int, int] = (64, 64, 64)) -> Work:
    image = np.random.default_rng(0).normal(size=(1, 70, 60, 80)).astype(np.float32)
    return Work(image, window, count, head or Head(), "net+abc")


def choose(wanted: RunParameters | None = None, on: Work | None = None, said: list[str] | None = None) -> Choice:
    return chosen(NETWORKS, wanted or RunParameters(), on or work(), (said if said is not None else []).append)


def test_the_fastest_that_agrees_with_plain_fp32_is_taken(machine: Machine) -> None:
    said: list[str] = []
    choice = choose(said=said)
    assert choice.candidate == ROUGH
    # trials are in windows half as long; the time stated is that of a whole one
    assert choice.facts["measured"] == {PLAIN.name: 4.0, QUICK.name: 2.0, ROUGH.name: 1.0}
    assert choice.facts["window_s"] == pytest.approx(8.0)
    assert choice.facts["dice"] == 1.0
    assert any("Measuring" in line for line in said)
    assert any("Comparing" in line for line in said)


def test_a_faster_one_with_other_labels_is_not_taken(machine: Machine) -> None:
    machine.wrong[ROUGH] = 0.02  # Dice 0.99
    choice = choose()
    assert choice.candidate == QUICK
    machine.wrong[QUICK] = 0.02
    choice = choose()
    assert (choice.candidate, choice.facts["dice"]) == (PLAIN, None)
    assert choice.facts["window_s"] == pytest.approx(32.0)
    machine.wrong[ROUGH] = 0.008  # Dice 0.996
    assert choose().candidate == ROUGH


def test_one_that_cannot_take_the_network_is_left_out(machine: Machine) -> None:
    machine.unmade[ROUGH] = RuntimeError("unsupported operation")
    assert choose().candidate == QUICK
    machine.unable[QUICK] = NotImplementedError("not for BFloat16")  # made, but fails when it computes
    choice = choose()
    assert choice.candidate == PLAIN
    assert list(choice.facts["measured"]) == [PLAIN.name]


def test_one_that_only_fails_on_the_whole_window_is_left_out(machine: Machine) -> None:
    class Narrow(Pretended):
        def __call__(self, batch: Any) -> Any:
            if batch.shape[2] > 32:
                raise RuntimeError("CUDA out of memory")
            return super().__call__(batch)

    machine.kinds[ROUGH] = Narrow
    assert choose().candidate == QUICK


def test_a_small_job_is_not_worth_measuring(machine: Machine) -> None:
    choice = choose(on=work(count=0))
    assert choice.candidate == PLAIN
    assert "key" not in choice.facts  # and is not remembered
    assert {candidate for candidate, _ in machine.made} == {PLAIN}


def test_a_choice_is_measured_once_for_each_model_window_and_device(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = choose().facts
    machine.made.clear()
    again = choose(RunParameters(known_choices=({"key": "other"}, facts)))
    assert (again.candidate, again.facts) == (ROUGH, facts)
    assert machine.made == [(ROUGH, (1, 1, 64, 64, 64))]
    choose(RunParameters(known_choices=(facts,)), replace(work(), batch=4))
    assert machine.made[1:] == [(ROUGH, (4, 1, 64, 64, 64))]
    machine.made.clear()
    choose(RunParameters(known_choices=(facts,)), work(window=(48, 48, 48)))
    assert len(machine.made) > 1
    key = key_of("net+abc", (64, 64, 64), "cpu")
    assert facts["key"] == key
    others = {
        key_of("net+abd", (64, 64, 64), "cpu"),
        key_of("net+abc", (64, 64, 32), "cpu"),
        key_of("net+abc", (64, 64, 64), "mps"),
    }
    monkeypatch.setattr(choosing, "_processor", lambda: "another processor")
    others.add(key_of("net+abc", (64, 64, 64), "cpu"))
    monkeypatch.undo()
    monkeypatch.setattr(choosing, "version_of", lambda library: f"another {library}")
    others.add(key_of("net+abc", (64, 64, 64), "cpu"))
    assert key not in others
    assert len(others) == 5


def test_a_remembered_choice_that_cannot_be_made_any_more_is_measured_anew(machine: Machine) -> None:
    facts = choose().facts
    machine.unmade[ROUGH] = RuntimeError("removed")
    assert choose(RunParameters(known_choices=(facts,))).candidate == QUICK
    gone = facts | {"candidate": {"backend": "abacus"}}
    assert choose(RunParameters(known_choices=(gone,))).candidate == QUICK


def test_a_wish_is_proved_and_refused_unless_somebody_insists(machine: Machine) -> None:
    bf16 = RunParameters(precision="bf16")
    assert choose(bf16).facts == {"name": ROUGH.name, "dice": 1.0}
    machine.wrong[ROUGH] = 0.2
    with pytest.raises(UserError, match=r"other labels than plain fp32 \(Dice 0\.88"):
        choose(bf16)
    choice = choose(RunParameters(precision="bf16", insist=True))
    assert choice.candidate == ROUGH
    assert choice.facts["dice"] < 0.9
    assert "key" not in choice.facts  # a wish says nothing about what is best
    machine.unmade[ROUGH] = TypeError("no")
    with pytest.raises(UserError, match="cannot be computed by torch bf16"):
        choose(RunParameters(precision="bf16", insist=True))


def test_a_wish_that_fails_while_it_computes_is_refused_in_words(machine: Machine) -> None:
    machine.unable[ROUGH] = NotImplementedError("not for BFloat16")
    with pytest.raises(UserError, match="cannot be computed by torch bf16"):
        choose(RunParameters(precision="bf16"))


@pytest.mark.parametrize("where", ["unmade", "unable"])
def test_a_wish_that_lacks_memory_goes_on_down_the_ladder(machine: Machine, where: str) -> None:
    getattr(machine, where)[ROUGH] = torch.OutOfMemoryError("CUDA out of memory.")
    with pytest.raises(torch.OutOfMemoryError):
        choose(RunParameters(precision="bf16"))


def test_plain_fp32_that_lacks_memory_does_so_aloud(machine: Machine) -> None:
    machine.unable[PLAIN] = MemoryError()
    with pytest.raises(MemoryError):
        choose()


def test_a_wish_for_plain_fp32_is_plain_and_needs_no_proof(machine: Machine) -> None:
    choice = choose(RunParameters(backend="torch", precision="fp32"))
    assert choice.candidate == PLAIN
    assert machine.made == [(PLAIN, (1, 1, 64, 64, 64))]
    assert choose(RunParameters(backend="openvino")).candidate == QUICK


def test_scores_of_whole_images_are_computed_plainly(machine: Machine) -> None:
    choice = choose(on=work(head=Head(HeadKind.SCORES)))
    assert choice.candidate == PLAIN
    assert machine.clock.now == 0


@pytest.mark.parametrize(
    "head",
    [
        Head(HeadKind.INDEPENDENT, threshold=0.55, is_activated=True),
        Head(HeadKind.INDEPENDENT, threshold=0.6),
        Head(HeadKind.DECIDED),
    ],
)
def test_every_head_is_compared_as_labels(machine: Machine, head: Head) -> None:
    assert choose(on=work(head=head)).candidate == ROUGH


def test_networks_that_take_whole_windows_only_are_tried_with_those(machine: Machine) -> None:
    class Picky(Pretended):
        def __call__(self, batch: Any) -> Any:
            if batch.shape[2:] != (64, 64, 64):
                raise RuntimeError("wrong size")
            return super().__call__(batch)

    machine.kinds = dict.fromkeys((PLAIN, QUICK, ROUGH), Picky)
    choice = choose()
    assert choice.facts["measured"] == {PLAIN.name: 32.0, QUICK.name: 16.0, ROUGH.name: 8.0}
    assert choice.facts["window_s"] == pytest.approx(8.0)


def test_images_smaller_than_a_window_are_filled_up(machine: Machine) -> None:
    on = Work(np.ones((1, 20, 90, 64), np.float32), (64, 64, 64), 100, Head(), "net")
    assert choose(on=on).candidate == ROUGH


def test_what_is_measured_beside_other_programs_is_used_and_not_remembered(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "getloadavg", lambda: (2.0 * psutil.cpu_count(), 0.1, 0.1))
    choice = choose()
    assert (choice.candidate, choice.facts["key"]) == (ROUGH, "")
    assert choice.facts["busy"] == 2.0 * psutil.cpu_count()
    again = choose(RunParameters(known_choices=(choice.facts,)))
    assert set(again.facts["measured"]) == {PLAIN.name, QUICK.name, ROUGH.name}
    assert len(machine.made) > 6  # everything was measured a second time
