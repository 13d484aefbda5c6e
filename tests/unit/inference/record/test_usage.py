"""From what was seen to a record's numbers, on a computer whose truth the test knows."""

from __future__ import annotations

import time

import pytest

from inference.record.idle import IdleWatch
from inference.record.meter import Meter
from inference.record.readings import Reading, Source, Usage
from inference.record.sensors import GpuSample
from inference.record.usage import IdlePower, idle_power_of, usage_of


def test_counter_gives_energy_power_and_what_is_above_idle(bench, cpu) -> None:
    bench.cpu = cpu()

    def change(t: float) -> None:
        bench.cpu.joules = 500.0 + (20.0 * t if t <= 1 else 20.0 + 50.0 * (t - 1))  # 20 W, then 50 W
        bench.processes.known = {7: (1.0 + t, 300.0 + 100 * t, {7})}
        bench.thermometer.celsius = 40.0 + 5 * t

    trace = bench.watch(20, 0.1, change)
    usage = usage_of(trace, bench.sensors(), IdlePower(8.0, {}, 5.0))
    assert usage.cpu_energy_j.value == pytest.approx(70.0)
    assert usage.energy_j == usage.cpu_energy_j
    assert usage.energy_j.source is Source.COUNTER
    assert usage.energy_above_idle_j.value == pytest.approx(70.0 - 16.0)
    assert usage.idle_w.value == 8.0
    assert usage.power_mean_w.value == pytest.approx(35.0)
    assert usage.power_max_w.value == pytest.approx(50.0)
    assert usage.power_max_w.source is Source.SAMPLED
    assert usage.cpu_s.value == pytest.approx(2.0)
    assert usage.ram_peak_mb.value == pytest.approx(500.0)
    assert usage.cpu_temperature_max_c.value == pytest.approx(50.0)
    assert usage.gpu_energy_j.note.startswith("the run used no GPU")


def test_without_idle_nothing_is_taken_away_and_the_record_says_so(bench, cpu) -> None:
    bench.cpu = cpu()
    trace = bench.watch(2, 0.5, lambda t: setattr(bench.cpu, "joules", 30 * t))
    usage = usage_of(trace, bench.sensors(), None)
    assert usage.energy_j.value == pytest.approx(30.0)
    assert usage.energy_above_idle_j.value is None
    assert "not measured" in usage.energy_above_idle_j.note


def test_without_a_counter_energy_is_estimated_and_marked(bench) -> None:
    def change(t: float) -> None:
        bench.processes.known = {7: (5.0 + (2.0 * t if t <= 2 else 4.0), 100.0, {7})}  # two threads busy, then none

    trace = bench.watch(40, 0.1, change)
    usage = usage_of(trace, bench.sensors())
    assert usage.energy_j.value == pytest.approx(4.0 * 6.0)  # 12 W per core, two threads on each
    assert usage.energy_j.source is Source.ESTIMATED
    assert "12 W per core is assumed" in usage.energy_j.note
    assert "no energy counters" in usage.energy_j.note
    assert usage.energy_above_idle_j.value == usage.energy_j.value
    assert usage.power_mean_w.value == pytest.approx(6.0)
    assert usage.power_max_w.value == pytest.approx(12.0)
    assert usage.power_max_w.source is Source.ESTIMATED


def test_gpu_counter_is_used_where_our_process_runs(bench, cpu, gpu) -> None:
    bench.cpu, bench.gpus = cpu(), [gpu(index=0), gpu(index=1)]

    def change(t: float) -> None:
        bench.cpu.joules = 10 * t
        bench.processes.known = {7: (t, 100.0, {7, 8})}
        bench.gpus[0].sample = GpuSample(1000.0 + 300 * t, 300.0, 80.0, 9000.0, {99: 9000.0})  # somebody else's
        bench.gpus[1].sample = GpuSample(50.0 + 100 * t, 100.0, 60.0, 2000.0, {8: 1500.0 + 100 * t, 99: 10.0})

    trace = bench.watch(20, 0.1, change)
    usage = usage_of(trace, bench.sensors(), IdlePower(4.0, {0: 40.0, 1: 30.0}, 5.0), "cuda:0")
    assert usage.gpu_energy_j.value == pytest.approx(200.0)
    assert usage.energy_j.value == pytest.approx(220.0)
    assert usage.energy_above_idle_j.value == pytest.approx(220.0 - 2 * 34.0)
    assert usage.vram_peak_mb.value == pytest.approx(1700.0)
    assert usage.vram_peak_mb.source is Source.SAMPLED
    assert usage.gpu_temperature_max_c.value == 60.0
    assert usage.power_max_w.value == pytest.approx(110.0)


def test_power_is_integrated_where_the_gpu_counts_no_energy(bench, gpu) -> None:
    bench.gpus = [gpu()]

    def change(t: float) -> None:
        bench.processes.known = {7: (0.0, 100.0, {7})}
        bench.gpus[0].sample = GpuSample(None, 50.0 * t, None, 100.0, {7: 10.0})  # a ramp: 100 J in 2 s

    usage = usage_of(bench.watch(20, 0.1, change), bench.sensors())
    assert usage.gpu_energy_j.value == pytest.approx(100.0)
    assert usage.gpu_energy_j.source is Source.SAMPLED
    assert usage.gpu_power_max_w.value == pytest.approx(100.0)
    assert usage.gpu_temperature_max_c.value is None


def test_gpu_alone_counts_at_rest_where_the_processor_is_estimated(bench, gpu) -> None:
    bench.gpus = [gpu()]

    def change(t: float) -> None:
        bench.processes.known = {7: (t, 100.0, {7})}
        bench.gpus[0].sample = GpuSample(100 * t, 100.0, None, 100.0, {7: 10.0})

    usage = usage_of(bench.watch(10, 0.1, change), bench.sensors(), IdlePower(None, {0: 20.0}, 5.0))
    assert usage.idle_w.value == 20.0
    assert usage.energy_above_idle_j.value == pytest.approx(80.0 + 6.0)
    assert usage.energy_above_idle_j.source is Source.ESTIMATED


def test_untold_graphics_memory_is_the_growth_of_all_and_estimated(bench, gpu) -> None:
    bench.gpus = [gpu()]

    def change(t: float) -> None:
        bench.processes.known = {7: (t, 100.0, {7})}
        bench.gpus[0].sample = GpuSample(t, 1.0, 50.0, 800.0 + 1000 * t, {7: None})  # WDDM

    usage = usage_of(bench.watch(10, 0.1, change), bench.sensors())
    assert usage.vram_peak_mb.value == pytest.approx(1000.0)
    assert usage.vram_peak_mb.source is Source.ESTIMATED
    assert "other programs included" in usage.vram_peak_mb.note


def test_in_a_container_the_device_says_which_gpu_it_was(bench, gpu) -> None:
    bench.gpus = [gpu()]
    sample = GpuSample(0.0, 30.0, 50.0, 800.0, {123456: 700.0})  # the driver numbers processes of the host

    def change(t: float) -> None:
        bench.processes.known = {7: (t, 100.0, {7})}
        bench.gpus[0].sample = GpuSample(30 * t, *[getattr(sample, n) for n in ("watts", "temperature_c", "used_mb")])

    trace = bench.watch(10, 0.1, change)
    assert usage_of(trace, bench.sensors(), None, "cuda:0").gpu_energy_j.value == pytest.approx(30.0)
    assert usage_of(trace, bench.sensors(), None, "cpu").gpu_energy_j.value is None


def test_a_run_on_the_processor_counts_no_gpu_that_the_worker_still_holds(bench, gpu) -> None:
    bench.gpus = [gpu()]

    def change(t: float) -> None:
        bench.processes.known = {7: (t, 100.0, {7})}
        bench.gpus[0].sample = GpuSample(30 * t, 30.0, 50.0, 800.0, {7: 300.0})  # warm from the last run

    trace = bench.watch(10, 0.1, change)
    assert usage_of(trace, bench.sensors(), None, "cpu").gpu_energy_j.note == "the run used no GPU"
    assert usage_of(trace, bench.sensors(), None, "").gpu_energy_j.value == pytest.approx(30.0)


def test_worker_that_starts_late_or_anew_is_counted_from_its_begin(bench) -> None:
    bench.pid = None

    def change(t: float) -> None:
        if t >= 0.2:
            bench.pid = 7
            bench.processes.known = {7: (3.0, 50.0, {7})}
        if t >= 0.4:
            bench.pid = 8  # the first one died
            bench.processes.known = {8: (1.5, 40.0, {8})}

    trace = bench.watch(6, 0.1, change)
    assert trace.cpu_s[-1] == pytest.approx(4.5)
    assert trace.rss_max_mb == 50.0


def test_the_workers_own_peak_is_kept_when_it_is_higher(bench) -> None:
    bench.processes.known = {7: (0.0, 100.0, {7})}
    trace = bench.watch(3, 0.1, lambda t: None)
    assert usage_of(trace, bench.sensors(), peak_rss_mb=180.0).ram_peak_mb.source is Source.COUNTER
    assert usage_of(trace, bench.sensors(), peak_rss_mb=60.0).ram_peak_mb.value == 100.0


def test_run_that_never_began_has_no_numbers(bench) -> None:
    usage = usage_of(Meter(bench.sensors(), lambda: 7).stop(), bench.sensors())
    assert all(reading.value is None and reading.note for _, reading in usage.items())


def test_meter_looks_by_itself(bench, cpu) -> None:
    bench.cpu = cpu()
    meter = Meter(bench.sensors(), lambda: None, interval_s=0.001)
    meter.start()
    deadline = time.monotonic() + 20
    while len(meter._trace.times_s) < 5:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    trace = meter.stop()
    count = len(trace.times_s)
    assert len(trace.cpu_joules) == len(trace.cpu_s) == count
    time.sleep(0.01)
    assert len(trace.times_s) == count


def test_power_at_rest_is_measured_once_and_not_during_a_run(bench, cpu, gpu) -> None:
    bench.cpu, bench.gpus = cpu(), [gpu(GpuSample(0.0))]

    class Growing:
        note = ""

        def read(self):
            bench.cpu.joules = 7.0 * time.monotonic()
            return type(bench.cpu).read(bench.cpu)

    loads = iter([0.0, 90.0, 0.0, 3.0])  # the first attempt sees a busy computer
    sensors = bench.sensors()
    watch = IdleWatch(
        lambda: type(sensors)(sensors.processes, sensors.thermometer, Growing()), 0.2, lambda: next(loads)
    )
    with watch.run() as before:
        assert before is None
        assert watch._measured(is_any_load=True) is None
    loads = iter([0.0, 90.0, 0.0, 3.0])
    watch._load = lambda: next(loads)
    watch._run()
    assert watch.found is not None
    assert watch.found.cpu_w == pytest.approx(7.0, rel=0.01)
    assert "3 %" in watch.found.note
    with watch.run() as before:
        assert before is watch.found
    assert watch.measure_now() is watch.found


def test_nothing_to_count_is_not_waited_for(bench) -> None:
    watch = IdleWatch(bench.sensors, seconds=1e6)
    assert watch.measure_now() is None


def test_idle_power_of_a_gpu_is_a_mean(bench, gpu) -> None:
    bench.gpus = [gpu(index=3)]
    trace = bench.watch(10, 0.5, lambda t: setattr(bench.gpus[0], "sample", GpuSample(12 * t)))
    assert idle_power_of(trace).gpu_w == {3: pytest.approx(12.0)}
    assert idle_power_of(trace).cpu_w is None


def test_a_number_without_a_source_cannot_be_made() -> None:
    with pytest.raises(ValueError):
        Reading(3.0)
    with pytest.raises(ValueError):
        Reading(None, Source.COUNTER)
    with pytest.raises(ValueError):
        Reading(float("nan"), Source.COUNTER)
    assert Usage.from_json(Usage().to_json()) == Usage()
