"""TotalSegmentator (Wasserthal et al., Radiology: AI 2023), version 2, as its users install it.

What is used of it, as its source has it in 2.18: the console script, ``totalsegmentator.map_to_binary`` (classes),
``registry`` and ``map_tasks_config`` where they exist, the variables ``TOTALSEG_HOME_DIR`` and
``TOTALSEG_WEIGHTS_PATH``, and ``config.json`` in the former. That file says whether each run is reported to its makers
(``send_usage_stats``, true by default) and holds the licence number. A run gets a ``config.json`` of its own that
forbids reports.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import site
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.answers import ResultInvalid
from inference.external.asking import ask, interpreter_of
from inference.external.kinds import Order, Progress, Wishes
from inference.external.task import ExternalTask
from inference.worker.footprint import clean_environment

COMMAND = "TotalSegmentator"
HOME, WEIGHTS = "TOTALSEG_HOME_DIR", "TOTALSEG_WEIGHTS_PATH"
PRIVATE_CONFIG = {"totalseg_id": "limner", "send_usage_stats": False, "statistics_disclaimer_shown": True}
LICENCES = "https://backend.totalsegmentator.com/license-academic/"
NOWHERE = "http://127.0.0.1:9"  # the port of the service "discard", where nobody listens
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_FOR_NETWORKS = (*_PROXIES, *_CERTIFICATES, "no_proxy", "NO_PROXY")
_QUESTION = """
import importlib.metadata, json
from totalsegmentator.map_to_binary import class_map
try:
    from totalsegmentator.map_to_binary import commercial_models as sold
except ImportError:
    sold = {}
try:
    from totalsegmentator.registry import TASKS as names
except ImportError:
    names = [name for name in class_map if name != "total_v1"]
try:
    from totalsegmentator.registry import task_modality as modality
except ImportError:
    def modality(name):
        return "MR" if name.endswith("_mr") else "CT"
try:
    from totalsegmentator.map_tasks_config import TASK_CONFIGS, TASK_ID_WEIGHTS_CONFIGS
except ImportError:
    TASK_CONFIGS = TASK_ID_WEIGHTS_CONFIGS = {}
def folders(settings):
    numbers = settings.get("task_id")
    found = [TASK_ID_WEIGHTS_CONFIGS.get(n) for n in (numbers if isinstance(numbers, list) else [numbers])]
    if None in found:
        return None
    return ["/".join(filter(None, [f.get("rel_path"), f["foldername"]])) for f in found]
tasks = []
for name in names:
    if "test" in name.split("_"):  # of its makers' own tests
        continue
    settings = TASK_CONFIGS.get(name, {})
    modes = settings.get("sub_modes", {})
    tasks.append({
        "name": name, "modality": modality(name), "needs_licence": name in sold,
        "labels": [[int(value), str(label)] for value, label in class_map[name].items()],
        "weights": folders(modes.get("default", settings)),
        "fast_weights": folders(modes["fast"]) if "fast" in modes else None,
    })
print(json.dumps({"version": importlib.metadata.version("TotalSegmentator"), "tasks": tasks}))
"""


class TotalSegmentator:
    """See ``Kind``."""

    key = "totalsegmentator"
    name = "TotalSegmentator"
    about = (
        "TotalSegmentator, a program of its own that is installed on this computer (Apache 2.0; some of its tasks need "
        "a licence number from its makers, free for non-commercial use)."
    )
    variable = "LIMNER_TOTALSEGMENTATOR"

    def find(self, place: str) -> Path | None:
        """See ``Kind.find``."""
        if not place:
            found = shutil.which(COMMAND)
            return None if found is None else Path(found)
        typed = Path(place).expanduser()
        if typed.is_file():
            return typed
        names = (f"bin/{COMMAND}", f"Scripts/{COMMAND}.exe", COMMAND, f"{COMMAND}.exe")
        return next((path for name in names if (path := typed / name).is_file()), None)

    def ask(self, command: Path) -> list[ExternalTask]:
        """See ``Kind.ask``."""
        interpreter = interpreter_of(command)
        if interpreter is None:
            raise ValueError("its Python is not there")
        try:
            told = ask(interpreter, _QUESTION)
            common = {"program": self.key, "command": str(command), "version": told["version"]}
            return [ExternalTask.from_json(task | common) for task in told["tasks"]]
        except (KeyError, TypeError, ResultInvalid) as error:
            raise ValueError("it does not answer as it should") from error

    def licence_problem(self, task: ExternalTask) -> tuple[str, str]:
        """See ``Kind.licence_problem``."""
        if not task.needs_licence or _licence():
            return "", ""
        hint = f"Its makers give one, free for non-commercial use: {LICENCES}; then `totalseg_set_license -l NUMBER`."
        return f"{self.name} runs “{task.name}” with a licence number only, and none is set on this computer.", hint

    def missing_weights(self, task: ExternalTask, fast: bool) -> tuple[str, ...] | None:
        """See ``Kind.missing_weights``."""
        folders = _folders(task, fast)
        return None if folders is None else tuple(name for name in folders if not (weights_folder() / name).is_dir())

    def weights_hash(self, task: ExternalTask, fast: bool) -> str:
        """See ``Kind.weights_hash``; over all files in the order of their names."""
        folders = [weights_folder() / name for name in _folders(task, fast) or ()]
        files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
        digest = hashlib.sha256()
        for path in files:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:8] if files else ""

    def order(self, task: ExternalTask, wishes: Wishes, image: Path, out: Path, scratch: Path) -> Order:
        """See ``Kind.order``."""
        command = [str(task.command), "-i", str(image), "-o", str(out), "--ml", "--task", task.name]
        command += ["--device", _device(wishes.device)]
        if wishes.fast:
            command.append("--fast")
        private = scratch / "home"
        private.mkdir()
        number = _licence()
        licence = {"license_number": number} if number else {}
        (private / "config.json").write_text(json.dumps(PRIVATE_CONFIG | {"prediction_counter": 0} | licence))
        weights = weights_folder()
        if wishes.network:
            weights.mkdir(parents=True, exist_ok=True)
        variables = _environment(scratch, wishes.network) | {HOME: str(private), WEIGHTS: str(weights)}
        return Order(tuple(command), variables, (weights,) if wishes.network else ())

    def progress(self) -> Progress:
        """See ``Kind.progress``."""
        return _Progress()

    def device(self, wishes: Wishes, printed: str) -> str:
        """See ``Kind.device``."""
        if "No GPU detected" in printed or "running on the CPU" in printed:
            return "cpu"
        return {"auto": "gpu"}.get(wishes.device, wishes.device)

    def reason(self, printed: str, has_network: bool) -> tuple[str, str]:
        """See ``Kind.reason``."""
        if "requires a license" in printed or "Invalid license" in printed:
            return "it asks for a licence number", f"Its makers give one: {LICENCES}"
        if re.search(r"ConnectionError|Max retries|NameResolution|name resolution|ProxyError|unreachable", printed):
            hint = "Allow it the network (`--network`; the window asks), or bring its weights here by hand."
            if has_network:
                hint = "It was allowed the network; its servers could not be reached."
            return "it wanted to fetch weights and had no connection", hint
        return "", ""


def weights_folder() -> Path:
    """Where it keeps its weights."""
    named = os.environ.get(WEIGHTS)
    return Path(named) if named else _own_home() / "nnunet" / "results"


def _own_home() -> Path:
    named = os.environ.get(HOME)
    return Path(named) if named else Path.home() / ".totalsegmentator"


def _licence() -> str:
    """The licence number that its user has set; empty when there is none."""
    try:
        config: Any = json.loads((_own_home() / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    number = config.get("license_number") if isinstance(config, dict) else None
    return number if isinstance(number, str) else ""


def _folders(task: ExternalTask, fast: bool) -> tuple[str, ...] | None:
    return task.fast_weights if fast and task.fast_weights is not None else task.weights


def _device(wanted: str) -> str:
    """In its words; with ``gpu`` it takes the processor by itself where there is no GPU."""
    known = {"auto": "gpu", "cuda": "gpu", "cpu": "cpu", "mps": "mps"}
    number = wanted.removeprefix("cuda:")
    if wanted not in known and not (number != wanted and number.isdigit()):
        raise UserError(f"TotalSegmentator knows no device “{wanted}”.", "It takes auto, cpu, cuda:0 or mps.")
    return known.get(wanted) or f"gpu:{number}"


def _environment(scratch: Path, may_connect: bool) -> dict[str, str]:
    """Its variables: no secrets, no reports, and without network every proxy points to nowhere."""
    variables = clean_environment(scratch)
    for name in ("PYTHONHOME", "PYTHONWARNINGS"):  # of our Python, not of its
        variables.pop(name, None)
    user_base = os.environ.get("PYTHONUSERBASE") or site.getuserbase()
    variables |= {"PYTHONUNBUFFERED": "1", "PYTHONUSERBASE": user_base}  # it may live in the user's own packages
    if may_connect:
        return variables | {name: os.environ[name] for name in _FOR_NETWORKS if name in os.environ}
    return variables | dict.fromkeys(_PROXIES, NOWHERE) | {"no_proxy": "", "NO_PROXY": ""}


class _Progress:
    """Of its stages, which it prints as words, and of their bars (tqdm's ``37%|``)."""

    _STAGES = ((re.compile(r"^Generating rough"), 0.05, 0.15), (re.compile(r"^Resampling"), 0.0, 0.2),
               (re.compile(r"^Predicting"), 0.2, 0.85), (re.compile(r"^Saving"), 0.9, 1.0),
               (re.compile(r"^Download"), 0.0, 0.05))  # fmt: skip
    _BAR = re.compile(r"(\d{1,3})%\|")
    _PART = re.compile(r"part (\d+) of (\d+)")

    def __init__(self) -> None:
        self._low, self._high = 0.0, 0.05
        self._highest = 0.0
        self._message = ""

    def __call__(self, line: str) -> tuple[float, str] | None:
        """See ``Progress``; never goes back."""
        bar = self._BAR.search(line)
        if bar is not None:
            share = min(int(bar[1]), 100) / 100
            self._highest = max(self._highest, self._low + share * (self._high - self._low))
            return self._highest, self._message
        stage = next(((low, high) for words, low, high in self._STAGES if words.match(line)), None)
        if stage is None:
            return None
        self._low, self._high = stage
        part = self._PART.search(line)
        if part is not None and 0 < int(part[1]) <= int(part[2]):
            width = (self._high - self._low) / int(part[2])
            self._low, self._high = (self._low + width * (int(part[1]) - n) for n in (1, 0))
        self._message = line.strip().rstrip(". ")[:100]
        self._highest = max(self._highest, self._low)
        return self._highest, self._message
