"""Images below folders become items of the queue, in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from session.batch.item import BatchItem
from session.batch.items import MASK_SUFFIX, found_series
from session.batch.queue import BatchQueue
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
    """

    model: str
    model_name: str
    folder: Path
    makes_cases: bool = False

    @property
    def suffix(self) -> str:
        """Of the results."""
        return CASE_SUFFIX if self.makes_cases else MASK_SUFFIX


def start_finding(session: Session, queue: BatchQueue, paths: Sequence[Path], wishes: BatchWishes) -> Job:
    """Look for image series below the paths and put them into the queue; what holds none is said.

    An image that is in the queue already with the same model and result folder is not put there twice.
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
        for path in paths:
            for found in found_series([path], refuse, taken):
                job.report(None, f"Found {found.name}")
                taken.add(found.name)
                if (str(path), found.series.id, wishes.model) not in known:
                    items.append(_item(path, found.series.id, found.name, wishes))
        return items

    def done(job: Job) -> None:
        if failed(session, job):
            return
        queue.add(job.result)
        if problems:
            more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
            session.messages.warning(f"{problems[0]}{more}")
        elif not job.result:
            session.messages.info("All these images are in the queue already.")

    return session.jobs.start("Look for images", work, done)


def spread(folder: Path) -> list[Path]:
    """What is looked at below a folder: each thing in it for itself, so that results get its name."""
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return [path for path in inside if path.is_dir()] if any(p.is_dir() for p in inside) else [folder]


def _item(path: Path, series_id: str, name: str, wishes: BatchWishes) -> BatchItem:
    out = wishes.folder / f"{name}{wishes.suffix}"
    return BatchItem(str(path), series_id, name, wishes.model, wishes.model_name, str(out))
