"""The fastest way to compute a model on this machine, measured once and proved against plain fp32 before its use."""

from __future__ import annotations

import hashlib
import logging
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from inference.backends.agreement import mean_dice
from inference.backends.candidates import AUTO, TORCH, Candidate, candidates, made
from inference.engine.parameters import RunParameters
from inference.engine.predictor import Predictor
from inference.engine.recipe import Head, HeadKind, Image, Shape
from inference.engine.rungs import is_short_of_memory
from inference.opening.opened import Networks
from inference.worker.source_hash import version_of

if TYPE_CHECKING:
    import torch

LEAST_DICE = 0.995
WORTH_MEASURING_S = 20.0  # of computing in plain fp32; below that nothing is gained
TRIES = 2
LONG_S = 3.0  # a trial that takes longer is not repeated: its first time is sure enough
MANY_WINDOWS = 4
GRANULE = 16  # trial windows are multiples of it, as most networks halve their input up to four times
LEAST_SIDE = 32
BUSY = 1.5  # processes for each core that want to compute: what is measured then is not worth remembering
LIBRARIES = ("torch", "onnxruntime", "openvino")
# how libraries say that a network is not for them, when they take it in or when they compute it
UNABLE = (RuntimeError, NotImplementedError, ValueError, TypeError, MemoryError)

logger = logging.getLogger("limner.backends")
T = TypeVar("T")
Watch = Callable[[str], None]  # what is being done; raises to stop
Ready = Callable[[Candidate, tuple[int, ...]], Predictor | None]


@dataclass(frozen=True)
class Work:
    """What is to be computed.

    Attributes:
        image: (channel, x, y, z) as the network wants it.
        window: size of a window.
        count: how many windows there are.
        head: what the channels mean.
        key: model and weights.
        batch: so many windows are computed at a time.
    """

    image: Image
    window: Shape
    count: int
    head: Head
    key: str
    batch: int = 1


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen, and why.

    Attributes:
        predictor: ready to compute.
        candidate: what it is.
        facts: for the record, JSON: ``name``, ``measured`` (seconds for a trial window of each candidate), ``window_s``
            (of a whole window by the chosen one), ``dice`` against plain fp32 (None where nothing was to be proved),
            ``key`` and ``candidate`` to remember it by; an empty key and ``busy`` where other programs computed, too,
            so that the next run measures again.
    """

    predictor: Predictor
    candidate: Candidate
    facts: dict[str, Any] = field(default_factory=dict)


def chosen(
    networks: Networks, wanted: RunParameters, work: Work, watch: Watch, ready: Ready = lambda _candidate, _shape: None
) -> Choice:
    """Decide how to compute.

    Args:
        networks: what.
        wanted: wishes; ``known_choices`` holds the facts of earlier choices.
        work: on what.
        watch: told what is done.
        ready: gives a predictor for windows of a shape that was made earlier.

    Raises:
        UserError: the wish cannot be met, or what was wished for does not give fp32's labels and nobody insists on it.
    """
    found = candidates(networks, wanted)
    key = key_of(work.key, work.window, found[0].device)
    shape = (1, len(work.image), *work.window)
    plain = found[0]
    if wanted.backend != AUTO or wanted.precision != AUTO:
        return _wished(networks, wanted, found, work, watch)
    known, facts = known_choice(found, wanted.known_choices, key)
    if known is not None:
        usual = (work.batch, *shape[1:])  # libraries that compile do it once then
        predictor = ready(known, usual) or _made(known, networks, usual)
        if predictor is not None:
            return Choice(predictor, known, facts)
    if len(found) == 1 or not work.head.kind.gives_labels:
        return Choice(made(plain, networks, shape), plain, {"name": plain.name})
    return _measured(networks, found, work, key, watch)


def known_choice(
    found: Sequence[Candidate], known_choices: Sequence[dict[str, Any]], key: str
) -> tuple[Candidate | None, dict[str, Any]]:
    """The candidate that an earlier run has chosen, with the facts of that choice; None where there was none."""
    facts = next((facts for facts in known_choices if facts.get("key") == key), {})
    return next((candidate for candidate in found if candidate.to_json() == facts.get("candidate")), None), facts


def plain_torch(module: torch.nn.Module, device: str) -> Choice:
    """torch in fp32, for networks that are asked in a way which only torch can follow."""
    from inference.backends.torch_backend import FP32, TorchPredictor

    candidate = Candidate(TORCH, device, FP32)
    return Choice(TorchPredictor((module,), device), candidate, {"name": candidate.name})


def _measured(networks: Networks, found: list[Candidate], work: Work, key: str, watch: Watch) -> Choice:
    plain = found[0]
    shape = (1, len(work.image), *work.window)
    busy = _busy()
    reference = made(plain, networks, shape)
    watch("Measuring how fast this machine computes the model")
    trial = _trial(work, reference)
    seconds = {plain.name: _seconds(reference, trial)}
    share = float(np.prod(trial.shape[2:]) / np.prod(work.window))
    if seconds[plain.name] / share * work.count < WORTH_MEASURING_S:
        return Choice(reference, plain, {"name": plain.name})
    for candidate in found[1:]:
        watch(f"Measuring {candidate.name}")
        predictor = _made(candidate, networks, tuple(trial.shape))
        took = None if predictor is None else _tried(candidate, partial(_seconds, predictor, trial))
        if took is not None:
            seconds[candidate.name] = took
        del predictor
    faster = sorted(
        (c for c in found if seconds.get(c.name, np.inf) < seconds[plain.name]), key=lambda c: seconds[c.name]
    )
    # a whole window proves more, for it is what will be computed; where there are few, it would double the work
    real = _middle(work, work.window) if work.count >= MANY_WINDOWS else trial
    truth = _answered(reference, real, work.head) if faster else None
    for candidate in faster:
        watch(f"Comparing {candidate.name} with plain fp32")
        predictor = _made(candidate, networks, shape if work.count >= MANY_WINDOWS else tuple(trial.shape))
        if predictor is None or truth is None:
            continue
        labels = _tried(candidate, partial(_answered, predictor, real, work.head))
        if labels is None:
            continue
        dice = mean_dice(labels, truth)
        if dice >= LEAST_DICE:
            return Choice(predictor, candidate, _facts(candidate, seconds, dice, key, share) | busy)
        logger.info("%s agrees with fp32 by Dice %.4f only", candidate.name, dice)
    return Choice(reference, plain, _facts(plain, seconds, None, key, share) | busy)


def _wished(networks: Networks, wanted: RunParameters, found: list[Candidate], work: Work, watch: Watch) -> Choice:
    """What somebody asked for by name, proved against fp32 unless they insist."""
    candidate = found[0]
    try:
        return _proved(networks, wanted, candidate, work, watch)
    except UNABLE as error:
        if is_short_of_memory(error):
            raise
        message = f"This model cannot be computed by {candidate.name}."
        raise UserError(message, "Leave the choice to Limner.") from error


def _proved(networks: Networks, wanted: RunParameters, candidate: Candidate, work: Work, watch: Watch) -> Choice:
    shape = (1, len(work.image), *work.window)
    predictor = made(candidate, networks, shape)
    plain = candidates(networks, RunParameters(device=wanted.device))[0]
    if candidate == plain or not work.head.kind.gives_labels:
        return Choice(predictor, candidate, {"name": candidate.name})
    watch(f"Comparing {candidate.name} with plain fp32")
    real = _middle(work, work.window)
    dice = mean_dice(_answered(predictor, real, work.head), _answered(made(plain, networks, shape), real, work.head))
    if dice < LEAST_DICE and not wanted.insist:
        message = f"{candidate.name} gives other labels than plain fp32 (Dice {dice:.4f}), so it is not used."
        raise UserError(message, "Leave the choice to Limner, or insist on it.")
    return Choice(predictor, candidate, {"name": candidate.name, "dice": round(dice, 5)})


def _made(candidate: Candidate, networks: Networks, shape: tuple[int, ...]) -> Predictor | None:
    """The predictor; None where its library cannot take this network, which is noted."""
    return _tried(candidate, lambda: made(candidate, networks, shape))


def _tried(candidate: Candidate, work: Callable[[], T]) -> T | None:
    """What the work gives; None where the library fails at this network, which is noted."""
    try:
        return work()
    except UNABLE as error:
        logger.info("%s fails at this network: %s", candidate.name, type(error).__name__)
        return None


def _trial(work: Work, reference: Predictor) -> torch.Tensor:
    """The middle of the image in a smaller window, or in a whole one where the network takes no other."""
    half = [max(n // 2 // GRANULE * GRANULE, min(LEAST_SIDE, n)) for n in work.window]
    small = _middle(work, (half[0], half[1], half[2]))
    try:
        reference(small)
    except (RuntimeError, ValueError):
        return _middle(work, work.window)
    return small


def _middle(work: Work, size: Shape) -> torch.Tensor:
    """(1, channel, x, y, z) around the image's middle, padded with the border where the image is smaller."""
    import torch

    part = work.image
    for axis, n in enumerate(size, 1):
        begin = max((part.shape[axis] - n) // 2, 0)
        part = part.take(range(begin, min(begin + n, part.shape[axis])), axis)
    lacking = [(0, 0), *((0, n - have) for n, have in zip(size, part.shape[1:], strict=True))]
    return torch.from_numpy(np.pad(part, lacking, mode="edge"))[None]


def _seconds(predictor: Predictor, window: torch.Tensor) -> float:
    import torch

    best = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        predictor(window)
        if predictor.device.startswith("cuda"):
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
        if best > LONG_S:
            break
    return best


def _answered(predictor: Predictor, window: torch.Tensor, head: Head) -> NDArray[Any]:
    return _labels(predictor(window), head)


def _labels(scores: torch.Tensor, head: Head) -> NDArray[Any]:
    """(x, y, z) of one window; a structure that may overlap others counts by its bit."""
    numbers = scores[0].float()
    if head.kind is HeadKind.EXCLUSIVE:
        return np.asarray(numbers.argmax(0).cpu().numpy())
    if head.kind is HeadKind.DECIDED:
        return np.asarray(numbers[0].round().cpu().numpy().astype(np.int64))
    limit = head.threshold if head.is_activated else float(np.log(head.threshold / (1 - head.threshold)))
    return np.asarray((numbers >= limit).cpu().numpy())


def _facts(
    candidate: Candidate, seconds: dict[str, float], dice: float | None, key: str, share: float
) -> dict[str, Any]:
    return {
        "name": candidate.name,
        "measured": {name: round(value, 4) for name, value in seconds.items()},
        "window_s": round(seconds[candidate.name] / share, 4),
        "dice": None if dice is None else round(dice, 5),
        "key": key,
        "candidate": candidate.to_json(),
    }


def _busy() -> dict[str, Any]:
    """What to add to the facts of a choice while other programs compute: no key, and how many processes there were."""
    import psutil

    load = psutil.getloadavg()[0]  # of the last minute, in which this run was hardly there
    return {"key": "", "busy": round(load, 1)} if load > BUSY * (psutil.cpu_count() or 1) else {}


def key_of(model_key: str, window: Shape, device: str) -> str:
    """Machine, libraries, model, window and device: when one of them changes, it is measured anew."""
    import torch

    gpu = torch.cuda.get_device_name(device) if device.startswith("cuda") else ""
    libraries = [f"{name} {version_of(name)}" for name in LIBRARIES]
    parts = [platform.machine(), _processor(), device, gpu, *libraries, model_key, str(window)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith(("model name", "flags"))]
    except OSError:
        return platform.processor()
    return " ".join(names[:2])
