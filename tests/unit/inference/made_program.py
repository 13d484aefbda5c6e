"""A program that behaves like TotalSegmentator, well or badly, as its tasks say; in an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path

VERSION = "2.99.1"
CLASSES = """
class_map = {task: {1: "spleen", 2: "kidney_right"} for task in (
    "good", "shifted", "unknown", "crash", "endless", "elsewhere", "nothing", "fractions", "tell", "fetching",
    "brain_mr", "sold")}
commercial_models = {"sold": 301}
"""
WEIGHTS = """
TASK_CONFIGS = {"good": {"sub_modes": {"default": {"task_id": [1, 2]}, "fast": {"task_id": 3}}}}
TASK_ID_WEIGHTS_CONFIGS = {n: {"foldername": f"Dataset00{n}"} for n in (1, 2, 3)}
"""
PROGRAM = """
import argparse, gzip, json, os, socket, struct, subprocess, sys, time
from pathlib import Path
import numpy

def say(text, end="\\n"):
    print(text, end=end, file=sys.stderr, flush=True)

parser = argparse.ArgumentParser()
parser.add_argument("-i"), parser.add_argument("-o"), parser.add_argument("--ml", action="store_true", required=True)
parser.add_argument("--task"), parser.add_argument("--device"), parser.add_argument("--fast", action="store_true")
options = parser.parse_args()
print("If you use this tool please cite it.")
home = Path(os.environ["TOTALSEG_HOME_DIR"])
stored = gzip.decompress(Path(options.i).read_bytes())
head, values = bytearray(stored[:352]), numpy.frombuffer(stored[352:], "<i2")
labels = (values > 0).astype(numpy.uint8) + (values > 500).astype(numpy.uint8)
here = Path(__file__).parents[1]
if options.device == "gpu":
    print("No GPU detected. Running on CPU. This can be very slow.")
if options.task == "endless":
    more = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
    print(f"Predicting part 1 of 2 by {os.getpid()} and {more.pid} ...", flush=True)
    while True:
        time.sleep(0.01)
for part in (1, 2):
    print(f"Predicting part {part} of 2 ...", flush=True)
    for n in range(5):
        say(f"\\r {n * 25}%|####      | {n}/4 [00:00<00:00]", end="")
    say("")
if options.task == "crash":
    raise RuntimeError("the network is broken")
if options.task == "fetching":
    raise ConnectionError("requests.exceptions.ConnectionError: Max retries exceeded with url")
if options.task == "elsewhere":
    (here / "left-behind").write_text("patient")
if options.task == "tell":
    try:
        socket.create_connection(("127.0.0.1", int((here / "port").read_text())), timeout=5)
        reached = True
    except OSError:
        reached = False
    config = json.loads((home / "config.json").read_text())
    sys.exit(json.dumps({
        "sends": config["send_usage_stats"], "number": config.get("license_number"), "reached": reached,
        "fast": options.fast, "device": options.device, "input": Path(options.i).name,
        "secret": "SECRET_TOKEN" in os.environ, "proxy": os.environ.get("https_proxy"),
        "is_at_home": Path.home() == Path(options.i).parent == home.parent,
        "weights": Path(os.environ["TOTALSEG_WEIGHTS_PATH"]).parts[-3:],
    }))
if options.task == "shifted":
    for at in (268, 292):  # of qform and sform
        struct.pack_into("<f", head, at, struct.unpack_from("<f", head, at)[0] + 3)
if options.task == "unknown":
    labels[0] = 9
if options.task == "fractions":
    labels = labels * numpy.float32(0.5)
if options.task != "nothing":
    struct.pack_into("<hh", head, 70, 16 if labels.itemsize == 4 else 2, 8 * labels.itemsize)
    Path(options.o).write_bytes(gzip.compress(bytes(head) + labels.tobytes()))
"""


def install(folder: Path, *, with_weights: bool = False) -> Path:
    """An environment with the program, as pip would make one; returns its command."""
    packages, programs = folder / "lib", folder / "bin"
    (packages / "totalsegmentator").mkdir(parents=True)
    (packages / "totalsegmentator" / "__init__.py").touch()
    (packages / "totalsegmentator" / "map_to_binary.py").write_text(CLASSES)
    if with_weights:
        (packages / "totalsegmentator" / "map_tasks_config.py").write_text(WEIGHTS)
    about = packages / f"TotalSegmentator-{VERSION}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: TotalSegmentator\nVersion: {VERSION}\n")
    programs.mkdir()
    python = programs / "python3"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n')
    command = programs / "TotalSegmentator"
    command.write_text(f"#!{python}\n{PROGRAM}")
    for script in (python, command):
        script.chmod(0o755)
    return command
