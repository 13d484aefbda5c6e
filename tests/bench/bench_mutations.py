"""Ten thousand broken files, each of which must open or be refused: no crash, no hang, no flood of memory.

    python3 dev.py bench mutations                     10,000 mutants, read in every way that the program has
    python tests/bench/bench_mutations.py --count 300 --seed 5 --images-only

Valid files of every kind are made (`mutant_sources`, with real ones where they are at hand) and bent (`mutating`): in
their bytes and in their values. The same seed makes the same files. Each is read (`mutant_readers`) in a process of
its own (`judging`). ``--as-in-the-program`` starts the decoder's process as the program does, which takes a second
for each file that needs one; every 200th mutant is judged so anyway.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from pathlib import Path

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1", MALLOC_ARENA_MAX="2")
sys.path.insert(0, str(Path(__file__).parents[2]))

from budget_table import Measured, print_table
from judging import Limits, Verdict, fork_sandboxes, judge
from mutant_images import Source
from mutant_readers import make_index, preload, readers_for, unbent
from mutant_sources import all_sources

ALSO_AS_IN_THE_PROGRAM = 200
IN_MEMORY = Path("/dev/shm")  # a disk would make each mutant wait


class Judged:
    """What became of all mutants."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self.faults: dict[str, list[str]] = defaultdict(list)  # what and where -> which mutants
        self.slowest = self.peak_mb = 0.0
        self.slowest_name = self.largest_name = ""

    def note(self, kind: str, name: str, verdict: Verdict) -> None:
        """Count one."""
        for reader, outcome in verdict.outcomes.items():
            self.outcomes[kind][f"{reader} {outcome}"] += 1
        self.outcomes[kind]["mutants"] += 1
        for fault in verdict.faults:
            reader, what, *message = fault.split(": ", 2)
            known = self.faults[f"{reader}: {what}"]
            known.append(": ".join([f"{kind}, {name}", *message]))
            if len(known) == 1:
                print(f"{reader}: {what}\n    {known[0]}", flush=True)
        slowest = max(verdict.seconds.values(), default=0.0)
        if slowest > self.slowest:
            self.slowest, self.slowest_name = slowest, f"{kind}, {name}"
        if verdict.mb > self.peak_mb:
            self.peak_mb, self.largest_name = verdict.mb, f"{kind}, {name}"


def mutant(sources: list[list[Source]], seed: int, number: int, folder: Path) -> tuple[Source, Path]:
    """Write the mutant of a number into an empty folder: kinds take turns, and within a kind its files do."""
    group = sources[number % len(sources)]
    source = group[number // len(sources) % len(group)]
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "in").mkdir(parents=True)
    return source, source.write(folder / "in", random.Random(f"{seed} {number}"))


def main() -> int:
    """Make and judge the mutants; print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--images-only", action="store_true", help="do not read them as objects and cases")
    parser.add_argument("--kinds", default="", help="only kinds whose names hold this")
    parser.add_argument("--as-in-the-program", action="store_true", help="start decoders instead of forking them")
    parser.add_argument("--keep", type=Path, help="folder for the files that misbehaved")
    arguments = parser.parse_args()
    shared = Path(os.environ.get("LIMNER_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
    began = time.perf_counter()
    judged = Judged()
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as name:
        folder = Path(name)
        sources = _prepared(folder, shared, arguments.kinds)
        if not arguments.as_in_the_program:
            _fork_most_sandboxes()
        _require_valid(sources, folder)
        for number in range(arguments.first, arguments.first + arguments.count):
            source, path = mutant(sources, arguments.seed, number, folder / "mutant")
            _choose_sandbox(number)
            verdict = judge(path, readers_for(path, folder, with_objects=not arguments.images_only), Limits())
            judged.note(source.kind, f"number {number} of seed {arguments.seed}", verdict)
            if verdict.faults and arguments.keep:
                _keep(folder / "mutant" / "in", arguments.keep / str(number))
            if number % 500 == 499:
                print(f"{number + 1}: {time.perf_counter() - began:.0f} s, {len(judged.faults)} faults", flush=True)
    return _report(judged, arguments.count, time.perf_counter() - began)


def _prepared(folder: Path, shared: Path, kinds: str) -> list[list[Source]]:
    """The sources by kind, and this process with everything loaded that reads them."""
    from app.quiet_libraries import keep_libraries_quiet

    keep_libraries_quiet()
    make_index(folder)
    sources = all_sources(folder, shared)
    preload(folder, sources, folder / "scratch")
    warnings.simplefilter("error")
    keep_libraries_quiet()  # of pydicom the program shows no warning either
    gc.collect()
    gc.freeze()  # or collecting in a child would copy all of this process
    grouped: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        if kinds in source.kind:
            grouped[source.kind].append(source)
    return list(grouped.values())


_starts = None


def _fork_most_sandboxes() -> None:
    from imaging.sandbox import Sandbox

    global _starts
    started = Sandbox.start
    fork_sandboxes()
    _starts = started, Sandbox.start


def _choose_sandbox(number: int) -> None:
    from imaging.sandbox import Sandbox

    if _starts is not None:
        is_real = number % ALSO_AS_IN_THE_PROGRAM == 0
        Sandbox.start = _starts[0] if is_real else _starts[1]  # type: ignore[method-assign]


def _require_valid(sources: list[list[Source]], folder: Path) -> None:
    """Raise RuntimeError when a made file is refused before it is bent: its mutants would prove nothing."""
    for source in (one for group in sources for one in group if one.kind != "real files"):
        shutil.rmtree(folder / "mutant", ignore_errors=True)
        (folder / "mutant" / "in").mkdir(parents=True)
        path = unbent(source).write(folder / "mutant" / "in", random.Random(0))
        verdict = judge(path, readers_for(path, folder, with_objects=True), Limits())
        if verdict.faults or "opened" not in verdict.outcomes.values():
            raise RuntimeError(f"a file of {source.kind} is not valid: {verdict}")


def _keep(found: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(found, to)


def _report(judged: Judged, count: int, seconds: float) -> int:
    for kind, outcomes in judged.outcomes.items():
        told = ", ".join(f"{name} {n}" for name, n in sorted(outcomes.items()) if name != "mutants")
        print(f"{outcomes['mutants']:6} {kind}: {told}")
    for fault, mutants in sorted(judged.faults.items(), key=lambda item: -len(item[1])):
        print(f"{len(mutants)} x {fault}")
    misbehaved = len({name.partition(": ")[0] for names in judged.faults.values() for name in names})
    what = f"{count} mutants of {len(judged.outcomes)} kinds in {seconds:.0f} s: misbehaved"
    return print_table(
        "Mutated files",
        [
            Measured(what, misbehaved, "", 0),
            Measured(f"slowest file, processor time ({judged.slowest_name})", judged.slowest, "s", Limits().seconds),
            Measured(f"peak memory with its decoder ({judged.largest_name})", judged.peak_mb, "MB", Limits().mb),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
