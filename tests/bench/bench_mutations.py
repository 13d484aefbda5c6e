"""Ten thousand broken files, each of which must open or be refused: no crash, no hang, no flood of memory.

    python3 dev.py bench mutations                     10,000 mutants, read in every way that the program has
    python tests/bench/bench_mutations.py --count 300 --seed 5 --images-only

Valid files of every kind are made (`mutant_sources`, with real ones where they are at hand) and bent (`mutating`): in
their bytes and in their values. The same seed makes the same files. They are read (`mutant_readers`) in processes that
are forked for it (`judging`). ``--as-in-the-program`` starts the decoder's process as the program does, which takes a
second for each file that needs one; every 200th mutant is judged in that way, too, and must come to the same.
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
from judging import Limits, Reader, Verdict, fork_sandboxes, judge, judge_all
from mutant_images import Source
from mutant_readers import make_index, preload, readers_for, unbent
from mutant_sources import all_sources

ALSO_AS_IN_THE_PROGRAM = 200
AT_ONCE = 20  # mutants that one process reads, one after another
IN_MEMORY = Path("/dev/shm")  # a disk would make each mutant wait


class Judged:
    """What became of all mutants."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self.faults: dict[str, list[str]] = defaultdict(list)  # what and where -> which mutants
        self.slowest = self.peak_mb = 0.0
        self.count = 0
        self.slowest_name = self.largest_name = ""

    def note(self, kind: str, name: str, verdict: Verdict) -> None:
        """Count one."""
        self.count += 1
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
    """Write the mutant of a number into a folder of its own: kinds take turns, and within a kind its files do."""
    group = sources[number % len(sources)]
    source = group[number // len(sources) % len(group)]
    place = folder / str(number) / "in"
    place.mkdir(parents=True)
    return source, source.write(place, random.Random(f"{seed} {number}"))


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
        bench = Bench(Path(name), _prepared(Path(name), shared, arguments.kinds), arguments)
        bench.require_valid()
        last = arguments.first + arguments.count
        try:
            for first in range(arguments.first, last, AT_ONCE):
                bench.judge(range(first, min(first + AT_ONCE, last)), judged)
                if first // 500 != (first + AT_ONCE) // 500:
                    print(f"{judged.count}: {time.perf_counter() - began:.0f} s", flush=True)
        except KeyboardInterrupt:
            print("Stopped.")
    return _report(judged, time.perf_counter() - began)


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


class Bench:
    """The sources, and the ways to judge their mutants."""

    def __init__(self, folder: Path, sources: list[list[Source]], arguments: argparse.Namespace) -> None:
        self.folder, self.sources, self.arguments = folder, sources, arguments
        self.choose_sandbox = fork_sandboxes()
        self.choose_sandbox(not arguments.as_in_the_program)

    def readers(self, path: Path) -> dict[str, Reader]:
        """What is done with a file."""
        return readers_for(path, self.folder, with_objects=not self.arguments.images_only)

    def judge(self, numbers: range, judged: Judged) -> None:
        """Make the mutants of these numbers, judge them, and keep those that misbehaved if wished."""
        folder = self.folder / "mutants"
        made = [mutant(self.sources, self.arguments.seed, number, folder) for number in numbers]
        verdicts = judge_all([(path, self.readers(path)) for _, path in made], Limits())
        for number, (source, path), verdict in zip(numbers, made, verdicts, strict=True):
            if number % ALSO_AS_IN_THE_PROGRAM == 0 and not self.arguments.as_in_the_program:
                self._judge_again(path, verdict)
            judged.note(source.kind, f"number {number} of seed {self.arguments.seed}", verdict)
            if verdict.faults and self.arguments.keep:
                _keep(folder / str(number) / "in", self.arguments.keep / str(number))
        shutil.rmtree(folder)

    def _judge_again(self, path: Path, verdict: Verdict) -> None:
        """With the decoder's process started by the program itself: all must be the same."""
        self.choose_sandbox(False)
        again = judge(path, self.readers(path), Limits())
        self.choose_sandbox(True)
        verdict.faults += [fault for fault in again.faults if fault not in verdict.faults]
        if again.outcomes != verdict.outcomes:
            verdict.faults.append(f"as in the program: {again.outcomes}: but judged {verdict.outcomes}")

    def require_valid(self) -> None:
        """Raise RuntimeError when a made file is refused before it is bent: its mutants would prove nothing."""
        for number, source in enumerate(one for group in self.sources for one in group if one.kind != "real files"):
            place = self.folder / "valid" / str(number) / "in"
            place.mkdir(parents=True)
            path = unbent(source).write(place, random.Random(0))
            verdict = judge(path, readers_for(path, self.folder, with_objects=True), Limits())
            if verdict.faults or "opened" not in verdict.outcomes.values():
                raise RuntimeError(f"a file of {source.kind} is not valid: {verdict}")
        shutil.rmtree(self.folder / "valid", ignore_errors=True)


def _keep(found: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(found, to)


def _report(judged: Judged, seconds: float) -> int:
    for kind, outcomes in judged.outcomes.items():
        told = ", ".join(f"{name} {n}" for name, n in sorted(outcomes.items()) if name != "mutants")
        print(f"{outcomes['mutants']:6} {kind}: {told}")
    for fault, mutants in sorted(judged.faults.items(), key=lambda item: -len(item[1])):
        print(f"{len(mutants)} x {fault}")
    misbehaved = len({name.partition(": ")[0] for names in judged.faults.values() for name in names})
    what = f"{judged.count} mutants of {len(judged.outcomes)} kinds in {seconds:.0f} s: misbehaved"
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
