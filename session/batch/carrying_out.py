"""One item of the batch queue, carried out."""

from __future__ import annotations

from pathlib import Path

from imaging.errors import UserError
from inference.client import InferenceClient
from inference.worker.turns import QueueClass
from session.batch.item import BatchItem, ItemState
from session.opening import CASE_SUFFIX, read_images
from session.reading import choose_series
from session.segment_to_file import Telling, Wishes, is_done, recorded_model, segment_to_file, write_record
from session.settings import Settings


def carry_out(item: BatchItem, client: InferenceClient, settings: Settings, telling: Telling) -> ItemState:
    """Segment one image, unless its result is there already from the same model in the same version.

    Args:
        item: which image, model and result.
        client: of the model.
        settings: see ``segment_to_file``.
        telling: who hears of it, and who may end it.

    Returns:
        DONE or SKIPPED.

    Raises:
        UserError, InferenceFailed, InferenceCancelled: see ``segment_to_file``.
    """
    out = Path(item.out)
    model = client.model(item.model)
    if is_done(out, model):
        return ItemState.SKIPPED
    is_case = out.suffix == CASE_SUFFIX
    earlier = recorded_model(out)
    if out.exists() and (is_case or earlier is None or earlier[0] != model.id):  # only an older version is replaced
        raise UserError(f"{out.name} is there already, and it is not from this model.", "Choose another folder.")
    regular = settings["open.uneven"] == "resample"
    path = Path(item.path)
    images = read_images(path, choose_series(path, item.series_id), regular_grid=regular, report=telling.report)
    wishes = Wishes(model, client, item.parameters, regular_grid=regular, queue_class=QueueClass.BATCH)
    out.parent.mkdir(parents=True, exist_ok=True)
    segmented = segment_to_file(images, out, wishes, settings, telling)
    if is_case:
        write_record(segmented.record, out)  # says the next time that it is done
    return ItemState.DONE
