"""Images below folders become items of the queue, in the background."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from session.batch.item import BatchItem, ItemState
from session.batch.items import MASK_SUFFIX, found_series
from session.batch.queue import BatchQueue
from session.batch.studies import found_studies
from session.job_end import failed
from session.jobs import Job
from session.opening import CASE_SUFFIX
from session.session import Session


@dataclass(frozen=True)
class BatchWishes:
    """What shall become of the images.

    Attributes:
        model, model_name: which model.
        folder: where results go.
        makes_cases: cases instead of mask files.
        parameters: of the runs.
        channels: what the model calls its images; empty when it wants one.
    """

    model: str
    model_name: str
    folder: Path
    makes_cases: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    channels: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """Of the results."""
        return CASE_SUFFIX if self.makes_cases else MASK_SUFFIX


def start_finding(session: Session, queue: BatchQueue, paths: Sequence[Path], wishes: BatchWishes) -> Job:
    """Look for images below the paths and put them into the queue; what holds none is said.

    A model that wants several images gets one item for each study. Which image is which is guessed from their names;
    where they do not tell, the item waits for somebody who does. What is in the queue already with the same model and
    result folder is not put there twice.
    """
    alike = [i for i in queue.items if Path(i.out).parent == wishes.folder and i.out.endswith(wishes.suffix)]
    known = {(i.path, i.series_id, i.model) for i in alike}
    taken = {Path(i.out).name.removesuffix(wishes.suffix) for i in alike}
    problems: list[str] = []

    def refuse(path: Path, error: UserError) -> None:
        problems.append(error.message if path.name in error.message else f"{path.name}: {error.message}")

    def work(job: Job) -> list[BatchItem]:
        items = []
        job.report(None, "Looking what is there")
        for item in _items(paths, wishes, refuse, taken):
            job.report(None, f"Found {item.title}")
            if (item.path, item.series_id, item.model) not in known:
                items.append(item)
        return items

    def done(job: Job) -> None:
        if failed(session, job):
            return
        queue.add(job.result)
        undecided = sum(item.state is ItemState.UNDECIDED for item in job.result)
        if undecided:
            problems.append(f"{undecided} of {len(job.result)} studies wait until somebody says which image is which.")
        if problems:
            more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
            session.messages.warning(f"{problems[0]}{more}")
        elif not job.result:
            session.messages.info("All these images are in the queue already.")

    return session.jobs.start("Look for images", work, done)


def spread(folder: Path) -> list[Path]:
    """What is looked at below a folder: each folder in it for itself, so that results get its name.

    A folder that holds files, too, is looked at as one: none of them may be left out.
    """
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return inside if inside and all(path.is_dir() for path in inside) else [folder]


def _items(
    paths: Sequence[Path], wishes: BatchWishes, refuse: Callable[[Path, UserError], None], taken: Collection[str]
) -> Iterator[BatchItem]:
    if not wishes.channels:
        for found in found_series(paths, refuse, taken):
            yield _item(found.path, found.series.id, found.name, wishes)
        return
    for study in found_studies(paths, refuse, taken):
        item = _item(study.path, study.id, study.name, wishes)
        chosen = study.guessed(wishes.channels)
        apart = None not in chosen and not study.are_on_one_grid(chosen)
        yield replace(
            item,
            channels=wishes.channels,
            images=study.images,
            chosen=chosen,
            state=ItemState.UNDECIDED if apart or None in chosen else ItemState.WAITING,
            message="These images lie on different grids." if apart else "",
        )


def _item(path: Path, series_id: str, name: str, wishes: BatchWishes) -> BatchItem:
    out = wishes.folder / f"{name}{wishes.suffix}"
    return BatchItem(str(path), series_id, name, wishes.model, wishes.model_name, str(out), dict(wishes.parameters))
