"""The disk is full when the result of a run is written: a message, no half file, and the old one stays."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from imaging.errors import UserError
from inference.catalogue import ModelInfo
from inference.client import InferenceClient
from session.opening import OpenedImages, read_images
from session.reading import choose_series
from session.segment_to_file import Wishes, segment_to_file
from session.settings import Settings

MODELS = Path(__file__).parents[1] / "inference" / "worker"


class FullDisk(io.FileIO):
    """Takes some bytes and no more."""

    def __init__(self, path: Path, mode: str) -> None:
        super().__init__(path, mode.replace("b", ""))
        self._left = 100

    def write(self, data: Any) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InferenceClient]:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.syspath_prepend(MODELS)
    pretend = ModelInfo("pretend", "Pretend", "3.1", ("Bright",), "", "models_for_worker_tests:PretendModel")
    client = InferenceClient([pretend], [MODELS])
    yield client
    client.close()


@pytest.fixture
def images(tmp_path: Path) -> OpenedImages:
    path = tmp_path / "ct.nii.gz"
    voxels = np.random.default_rng(0).integers(-1000, 1000, (20, 16, 12)).astype(np.int16)
    nib.save(nib.Nifti1Image(voxels, np.diag([1.0, 1.0, 2.0, 1.0])), path)
    images = read_images(path, choose_series(path, None))
    volume = images.volumes[0]
    return replace(images, volumes=[replace(volume, source=replace(volume.source, modality="CT"))])


@pytest.mark.parametrize("is_there", [False, True])
def test_a_full_disk_costs_a_message_and_nothing_else(
    is_there: bool, client: InferenceClient, images: OpenedImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out" / "mask.nii.gz"
    out.parent.mkdir()
    if is_there:
        out.write_bytes(b"old")
    wishes = Wishes(client.model("pretend"), client, {})
    with monkeypatch.context() as patch:
        patch.setattr("imaging.formats.replacing.open", FullDisk, raising=False)
        with pytest.raises(UserError, match="No space left") as caught:
            segment_to_file(images, out, wishes, Settings())
    assert "Free some space" in caught.value.hint
    assert [path.name for path in out.parent.iterdir()] == (["mask.nii.gz"] if is_there else [])
    assert not is_there or out.read_bytes() == b"old"
    segment_to_file(images, out, wishes, Settings())
    assert np.asarray(nib.load(out).dataobj).any()
