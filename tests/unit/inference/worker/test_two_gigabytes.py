"""A volume of 2 GB through the client and a foreign model's worker to a result, and what both processes hold for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import ModelInfo, folder_info
from inference.client import InferenceClient

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
SHAPE = (1024, 1024, 1024)  # of int16: one byte more than a signed 32 bit number counts
SPACING_MM = 0.5
NETWORK_MM = 2.01  # 255 voxels along each axis: one window
MIB = 2**20
GIB = 2**30
NEEDED_GIB = 9  # the volume, its copy in shared memory, the result in both processes, libraries, and a reserve
SIDE = {
    "schema": 1,
    "name": "Bright",
    "version": "1",
    "channels": [{"name": "CT", "modality": "CT"}],
    "orientation": "RAS",
    "spacing_mm": [NETWORK_MM] * 3,
    "intensity": [{"step": "scale", "from_low": 0, "from_high": 1000}],
    "window": {"roi": [256, 256, 256], "overlap": 0.0},
    "head": "softmax",
    "labels": [{"value": 1, "name": "Bright"}],
}


def network(folder: Path) -> ModelInfo:
    """Bright where the image is above 500 HU: a convolution of one voxel."""
    folder.mkdir()
    convolution = torch.nn.Conv3d(1, 2, 1).eval()
    with torch.no_grad():
        convolution.weight[:] = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1, 1)
        convolution.bias[:] = torch.tensor([0.5, 0.0])
    torch.jit.trace(convolution, torch.zeros(1, 1, 4, 4, 4)).save(str(folder / "net.ts"))
    (folder / "limner-model-side.json").write_text(json.dumps(SIDE))
    return folder_info(folder)


def large_volume() -> Volume:
    """Air, with two bright boxes, one of them in the last corner."""
    voxels = np.full(SHAPE, -1000, np.int16)
    voxels[500:600, 300:700, 200:800] = 1000
    voxels[-40:, -40:, -40:] = 1000
    geometry = Geometry(SHAPE, np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]))
    return Volume(geometry, voxels, Quantity.HU, SourceSeries(modality="CT"))


@contextmanager
def own_peak_mb() -> Iterator[list[float]]:
    """The most memory of this process while it lasts."""
    peak, over, process = [0.0], threading.Event(), psutil.Process()

    def look() -> None:
        while not over.wait(0.02):
            peak[0] = max(peak[0], process.memory_info().rss / MIB)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield peak
    over.set()
    thread.join()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_two_gigabytes_arrive_and_come_back(tmp_path: Path) -> None:
    free = psutil.virtual_memory().available
    if free < NEEDED_GIB * GIB:
        pytest.skip(f"needs {NEEDED_GIB} GB of free memory, {free / GIB:.1f} GB are free")
    volume, info = large_volume(), network(tmp_path / "net")
    before_mb = psutil.Process().memory_info().rss / MIB
    client = InferenceClient([info])
    try:
        with own_peak_mb() as peak:
            result = client.segment(volume, info.id, {"backend": "torch", "precision": "fp32"})
    finally:
        client.close()
    labels = result.layers[0]
    assert (labels.shape, labels.dtype) == (SHAPE, np.uint8)
    assert labels[-1, -1, -1] == labels[550, 500, 500] == 1
    assert labels[0, 0, 0] == labels[-1, 0, 0] == labels[550, 500, 100] == 0
    both = 100 * 400 * 600 + 40**3
    assert result.labels[0].voxel_count == np.count_nonzero(labels) == pytest.approx(both, rel=0.05)
    print(f"worker {result.peak_rss_mb:.0f} MB, this process +{peak[0] - before_mb:.0f} MB")
    # beside what it has: the shared copy, while it is written, and the result
    assert peak[0] - before_mb < 3.3 * 1024
    # the shared copy, the result twice (its own and the shared one), libraries
    assert result.peak_rss_mb < 5 * 1024
