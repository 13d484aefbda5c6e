"""From what the meter saw to the numbers of a run's record, each with its source."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from inference.record.meter import GpuTrace, Trace
from inference.record.readings import Reading, Source, Usage, combined, missing
from inference.record.sensors import Sensors

PEAK_WINDOW_S = 1.0  # for estimated power: the kernel counts processor time in steps of 10 ms
NOT_MEASURED = missing("the run ended before anything was measured")
NO_GPU_USED = "the run used no GPU"


@dataclass(frozen=True)
class IdlePower:
    """What the computer draws when nothing is going on, in watts.

    Attributes:
        cpu_w: None without a counter.
        gpu_w: by the GPU's index.
        seconds: how long it was looked at; ``note`` says under which conditions.
    """

    cpu_w: float | None = None
    gpu_w: dict[int, float] = field(default_factory=dict)
    seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class _Part:
    """Energy and power of the processors or of the GPUs."""

    energy: Reading
    above_idle: Reading
    idle: Reading
    mean: Reading
    most: Reading
    watts: array[float] | None = None  # over time, for the sum


def usage_of(
    trace: Trace, sensors: Sensors, idle: IdlePower | None = None, device: str = "", peak_rss_mb: float | None = None
) -> Usage:
    """The numbers of a run.

    Args:
        trace: what the meter saw from its begin to its end.
        sensors: what it looked through.
        idle: None when it was not measured.
        device: what the engine says that it computed on, such as ``cuda:0``; tells the GPU where the driver does not
            say which process uses it.
        peak_rss_mb: the worker's own count of its memory, which misses no peak; None or 0 when there is none.
    """
    if trace.seconds <= 0:
        return Usage(**{name: NOT_MEASURED for name, _ in Usage().items()})
    cpu = _cpu(trace, sensors, idle)
    used, how = _used_gpus(trace, device)
    gpu = _gpu(trace, used, idle, sensors, how)
    is_with_gpu = bool(used)
    hottest = [g.temperature_max_c for g in used if g.temperature_max_c is not None]
    return Usage(
        cpu_s=Reading(trace.cpu_s[-1], Source.COUNTER) if trace.rss_max_mb is not None else NOT_MEASURED,
        ram_peak_mb=_ram(trace, peak_rss_mb),
        vram_peak_mb=_vram(used, sensors),
        energy_j=_sum(cpu.energy, gpu.energy, is_with_gpu),
        energy_above_idle_j=_sum(cpu.above_idle, gpu.above_idle, is_with_gpu),
        cpu_energy_j=cpu.energy,
        gpu_energy_j=gpu.energy,
        idle_w=_sum(cpu.idle, gpu.idle, is_with_gpu),
        power_mean_w=_sum(cpu.mean, gpu.mean, is_with_gpu),
        power_max_w=_sum_of_most(cpu, gpu, is_with_gpu),
        cpu_power_mean_w=cpu.mean,
        cpu_power_max_w=cpu.most,
        gpu_power_mean_w=gpu.mean,
        gpu_power_max_w=gpu.most,
        cpu_temperature_max_c=_temperature(trace.temperature_max_c, "this computer tells no temperature"),
        gpu_temperature_max_c=_temperature(max(hottest, default=None), _why_no_gpu(used, sensors)),
    )


def idle_power_of(trace: Trace, note: str = "") -> IdlePower:
    """What was drawn on average between the first and the last look."""
    gpu_w = {}
    for gpu in trace.gpus:
        joules, _ = _gpu_joules(trace.times_s, gpu)
        if joules is not None:
            gpu_w[gpu.gpu.index] = joules / trace.seconds
    counted = trace.cpu_joules[-1] - trace.cpu_joules[0]
    cpu_w = None if math.isnan(counted) else counted / trace.seconds
    return IdlePower(cpu_w, gpu_w, trace.seconds, note)


def _cpu(trace: Trace, sensors: Sensors, idle: IdlePower | None) -> _Part:
    joules = trace.cpu_joules[-1] - trace.cpu_joules[0]
    if not math.isnan(joules) and sensors.cpu is not None:
        watts = _rates(trace.times_s, trace.cpu_joules, 0.0)
        idle_w = None if idle is None else idle.cpu_w
        return _part(joules, trace.seconds, Source.COUNTER, sensors.cpu.note, watts, idle_w, idle)
    why = sensors.cpu_problem or "the energy counters stopped to answer"
    if trace.rss_max_mb is None:
        return _without(f"{why}, and the worker was not seen")
    watts_per_thread = sensors.watts_per_core / sensors.threads_per_core
    note = f"processor time × {watts_per_thread:g} W ({sensors.watts_per_core:g} W per core is assumed); {why}"
    joules = trace.cpu_s[-1] * watts_per_thread
    watts = array("d", [rate * watts_per_thread for rate in _rates(trace.times_s, trace.cpu_s, PEAK_WINDOW_S)])
    part = _part(joules, trace.seconds, Source.ESTIMATED, note, watts, None, None)
    own = Reading(joules, Source.ESTIMATED, f"{note}; only the worker is counted, so nothing is taken away")
    nothing = missing("not needed: the estimate counts the worker only")
    return _Part(part.energy, own, nothing, part.mean, part.most, watts)


def _gpu(trace: Trace, used: Sequence[GpuTrace], idle: IdlePower | None, sensors: Sensors, how: str) -> _Part:
    if not used:
        return _without(_why_no_gpu(used, sensors))
    sources, joules, watts = [], 0.0, array("d", bytes(8 * len(trace.times_s)))
    for gpu in used:
        found, source = _gpu_joules(trace.times_s, gpu)
        if found is None:
            return _without(f"{gpu.gpu.name} tells no power")
        joules += found
        sources.append(Reading(found, Source.ESTIMATED if how else source))
        at = gpu.watts if not all(map(math.isnan, gpu.watts)) else _rates(trace.times_s, gpu.joules, PEAK_WINDOW_S)
        watts = array("d", [a + (0.0 if math.isnan(b) else b) for a, b in zip(watts, at, strict=True)])
    indices = [gpu.gpu.index for gpu in used]
    known = idle is not None and all(index in idle.gpu_w for index in indices)
    idle_w = sum(idle.gpu_w[index] for index in indices) if idle is not None and known else None
    note = "; ".join(filter(None, [", ".join(gpu.gpu.name for gpu in used), "other programs included", how]))
    return _part(joules, trace.seconds, combined(sources), note, watts, idle_w, idle)


def _part(
    joules: float,
    seconds: float,
    source: Source,
    note: str,
    watts: array[float],
    idle_w: float | None,
    idle: IdlePower | None,
) -> _Part:
    if idle_w is None or idle is None:
        above = rest = missing("the power at rest was not measured before the run")
    else:
        rest = Reading(idle_w, source, f"{idle.seconds:.0f} s before the run{idle.note}")
        above = Reading(max(joules - idle_w * seconds, 0.0), source, f"without {idle_w:.1f} W at rest; {note}")
    told = [w for w in watts if not math.isnan(w)]
    mean = joules / seconds
    most_source = source if source is Source.ESTIMATED else Source.SAMPLED
    most = Reading(max([*told, mean]), most_source, note)
    return _Part(Reading(joules, source, note), above, rest, Reading(mean, source, note), most, watts)


def _without(why: str) -> _Part:
    no = missing(why)
    return _Part(no, no, no, no, no)


def _used_gpus(trace: Trace, device: str) -> tuple[list[GpuTrace], str]:
    """The GPUs that the run used, and a note when that is a guess."""
    if device.lower().startswith("cpu"):
        return [], ""  # the worker may still hold memory of an earlier run on a GPU
    seen = [gpu for gpu in trace.gpus if gpu.is_used]
    named = re.search(r"(?:cuda|hip|rocm|gpu)(?::(\d+))?", device.lower())
    if seen or named is None or not trace.gpus:
        return seen, ""
    number = int(named[1] or 0)
    if len(trace.gpus) == 1 or number >= len(trace.gpus):
        return trace.gpus[:1], "" if len(trace.gpus) == 1 else "guessed: the first GPU"
    return [trace.gpus[number]], "guessed by the device's number"


def _why_no_gpu(used: Sequence[GpuTrace], sensors: Sensors) -> str:
    if used:
        return "the GPU does not tell it"
    return NO_GPU_USED if sensors.gpus else f"{NO_GPU_USED} that can be asked ({sensors.gpu_problem or 'none found'})"


def _gpu_joules(times_s: Sequence[float], gpu: GpuTrace) -> tuple[float | None, Source]:
    """By the counter's difference (Volta and later), else power by the trapezoid rule, else None."""
    counted = gpu.joules[-1] - gpu.joules[0]
    if not math.isnan(counted):
        return counted, Source.COUNTER
    told = [(t, w) for t, w in zip(times_s, gpu.watts, strict=True) if not math.isnan(w)]
    if len(told) < 2:
        return None, Source.NONE
    pairs = pairwise(told)
    return sum((t1 - t0) * (w0 + w1) / 2 for (t0, w0), (t1, w1) in pairs), Source.SAMPLED


def _rates(times_s: Sequence[float], values: Sequence[float], window_s: float) -> array[float]:
    """Growth per second over at least ``window_s`` before each look; NaN where less was seen."""
    rates, first = array("d"), 0
    for at, (time_s, value) in enumerate(zip(times_s, values, strict=True)):
        while first + 1 < at and time_s - times_s[first + 1] >= window_s:
            first += 1
        passed = time_s - times_s[first]
        rates.append((value - values[first]) / passed if passed > 0 and passed >= window_s else math.nan)
    return rates


def _ram(trace: Trace, peak_rss_mb: float | None) -> Reading:
    if peak_rss_mb and peak_rss_mb >= (trace.rss_max_mb or 0.0):
        return Reading(peak_rss_mb, Source.COUNTER, "the worker, the shared image included")
    if trace.rss_max_mb is None:
        return NOT_MEASURED
    return Reading(trace.rss_max_mb, Source.SAMPLED, "the worker with its children, the shared image included")


def _vram(used: Sequence[GpuTrace], sensors: Sensors) -> Reading:
    if not used:
        return missing(_why_no_gpu(used, sensors))
    if all(gpu.is_used and not math.isnan(gpu.process_max_mb) for gpu in used):
        return Reading(sum(gpu.process_max_mb for gpu in used), Source.SAMPLED, "of the worker")
    if any(gpu.used_max_mb is None for gpu in used):
        return missing("the GPU does not tell it")
    grown = sum((gpu.used_max_mb or 0.0) - (gpu.used_first_mb or 0.0) for gpu in used)
    note = "growth of the whole GPU's memory, other programs included: this driver tells none by process"
    return Reading(grown, Source.ESTIMATED, note)


def _temperature(value: float | None, why: str) -> Reading:
    return missing(why) if value is None else Reading(value, Source.SAMPLED)


def _sum(cpu: Reading, gpu: Reading, is_with_gpu: bool) -> Reading:
    """The processors' number alone where the run used no GPU; none where one of two is missing."""
    if not is_with_gpu:
        return cpu
    lacking = next((r for r in (cpu, gpu) if r.value is None), None)
    if lacking is not None and lacking.note.startswith("not needed"):
        return gpu
    if cpu.value is None or gpu.value is None:
        return missing(lacking.note if lacking is not None else "")
    return Reading(cpu.value + gpu.value, combined([cpu, gpu]), f"CPU: {cpu.note}. GPU: {gpu.note}")


def _sum_of_most(cpu: _Part, gpu: _Part, is_with_gpu: bool) -> Reading:
    """The most of the sum, which is less than the sum of the two when they peak at different moments."""
    whole = _sum(cpu.most, gpu.most, is_with_gpu)
    if not is_with_gpu or whole.value is None or cpu.watts is None or gpu.watts is None:
        return whole
    mean = _sum(cpu.mean, gpu.mean, is_with_gpu).value or 0.0
    sums = [a + b for a, b in zip(cpu.watts, gpu.watts, strict=True) if not math.isnan(a + b)]
    return Reading(max([*sums, mean]), whole.source, whole.note)
