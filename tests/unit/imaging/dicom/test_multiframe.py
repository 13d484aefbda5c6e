"""Several frames in one file: functional groups, dose grids, cine loops."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import EnhancedCTImageStorage, EnhancedMRImageStorage, RTDoseStorage

from imaging.opening import list_series, open_series
from imaging.volume import Quantity, SeriesWarning


def group(**groups):
    """Functional groups: name -> one item."""
    frame = Dataset()
    for name, item in groups.items():
        inner = Dataset()
        for key, value in item.items():
            setattr(inner, key, value)
        setattr(frame, name, [inner])
    return frame


def enhanced(sop_class, frames, shared=None):
    """A bend that turns a slice into an enhanced object with these per-frame groups."""

    def bend(k, ds):
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop_class
        for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
            delattr(ds, name)
        for name in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
            delattr(ds, name)
        ds.NumberOfFrames = len(frames)
        ds.SharedFunctionalGroupsSequence = [shared or default_shared()]
        ds.PerFrameFunctionalGroupsSequence = frames
        pixels = np.stack([np.full((12, 10), 100 + n, np.uint16) for n in range(len(frames))])
        ds.PixelData = pixels.tobytes()

    return bend


def default_shared():
    return group(
        PlaneOrientationSequence={"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
        PixelMeasuresSequence={"PixelSpacing": [0.8, 0.7], "SliceThickness": 3},
        PixelValueTransformationSequence={"RescaleSlope": 1, "RescaleIntercept": -1000},
    )


def at(z, **more):
    return group(PlanePositionSequence={"ImagePositionPatient": [-4, -6, z]}, **more)


def opened(folder):
    (series,) = list_series(folder)
    return series, open_series(series)


def test_frames_are_placed_by_their_groups_whatever_their_order(make_series):
    order = [3, 0, 4, 1, 2]
    series, (volume,) = opened(make_series(1, enhanced(EnhancedCTImageStorage, [at(2.5 * n) for n in order])))
    assert series.warnings == ()
    assert volume.quantity is Quantity.HU
    assert volume.geometry.spacing_mm == pytest.approx((0.7, 0.8, 2.5))
    assert [int(s[0, 0]) for s in volume.voxels] == [100 + order.index(n) - 1000 for n in range(5)]


def test_temporal_positions_become_volumes(make_series):
    frames = [
        at(2.0 * n, FrameContentSequence={"TemporalPositionIndex": t, "StackID": "1"}) for n in range(4) for t in (2, 1)
    ]
    series, volumes = opened(make_series(1, enhanced(EnhancedMRImageStorage, frames)))
    assert series.volume_count == 2
    assert series.warnings == ()
    assert [int(v.voxels[0, 0, 0]) for v in volumes] == [101 - 1000, 100 - 1000]


def test_diffusion_weightings_and_directions_become_volumes(make_series):
    frames = []
    for b, direction in ((0, [0, 0, 0]), (1000, [1, 0, 0]), (1000, [0, 1, 0])):
        for n in range(3):
            frame = at(2.0 * n, MRDiffusionSequence={"DiffusionBValue": float(b)})
            inner = Dataset()
            inner.DiffusionGradientOrientation = [float(v) for v in direction]
            frame.MRDiffusionSequence[0].DiffusionGradientDirectionSequence = [inner]
            frames.append(frame)
    series, _ = opened(make_series(1, enhanced(EnhancedMRImageStorage, frames)))
    assert series.volume_count == 3
    assert series.warnings == ()


def test_two_stacks_of_one_object_become_two_series(make_series):
    frames = [at(2.0 * n, FrameContentSequence={"StackID": "1"}) for n in range(5)]
    frames += [
        at(
            2.0 * n,
            FrameContentSequence={"StackID": "2"},
            PlaneOrientationSequence={"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]},
        )
        for n in range(1)
    ]
    found = list_series(make_series(1, enhanced(EnhancedMRImageStorage, frames)))
    assert [s.geometry.shape[0] for s in found] == [5, 1]


def test_slopes_per_frame_are_applied_per_frame(make_series):
    frames = [
        at(2.0 * n, PixelValueTransformationSequence={"RescaleSlope": 1 + n, "RescaleIntercept": 0}) for n in range(4)
    ]
    shared = default_shared()
    del shared.PixelValueTransformationSequence
    series, (volume,) = opened(make_series(1, enhanced(EnhancedMRImageStorage, frames, shared)))
    assert SeriesWarning.SCALED_DIFFERENTLY in series.warnings
    assert [float(s[0, 0]) for s in volume.voxels] == [100, 202, 306, 412]


def test_the_window_of_the_frames_is_proposed(make_series):
    frames = [at(2.0 * n, FrameVOILUTSequence={"WindowCenter": 40, "WindowWidth": 400}) for n in range(3)]
    _, (volume,) = opened(make_series(1, enhanced(EnhancedCTImageStorage, frames)))
    assert volume.default_window == ((40, 400),)


def test_missing_frame_positions_are_named(make_series):
    frames = [group(FrameContentSequence={"StackID": "1"}) for _ in range(4)]
    series, (volume,) = opened(make_series(1, enhanced(EnhancedMRImageStorage, frames)))
    assert SeriesWarning.NO_GEOMETRY in series.warnings
    assert [int(s[0, 0]) for s in volume.voxels] == [-900, -899, -898, -897]


@pytest.mark.parametrize("offsets", [[0, 2.5, 5, 7.5], [0, -2.5, -5, -7.5]])
def test_a_dose_grid_is_placed_by_its_offsets(make_series, offsets):
    def bend(k, ds):
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = RTDoseStorage
        ds.Modality, ds.NumberOfFrames = "RTDOSE", 4
        ds.GridFrameOffsetVector = offsets
        ds.DoseGridScaling = "0.01"
        del ds.RescaleSlope
        ds.RescaleIntercept = 0
        ds.PixelData = np.stack([np.full((12, 10), 100 * n, np.uint16) for n in range(4)]).tobytes()

    _, (volume,) = opened(make_series(1, bend))
    z = [volume.geometry.to_world([0, 0, k])[2] for k in range(4)]
    assert z == pytest.approx(sorted(offsets))
    dose = [float(s[0, 0]) for s in volume.voxels]
    assert sorted(dose) == pytest.approx([0, 1, 2, 3])
    assert dose[0] == pytest.approx(0 if offsets[-1] > 0 else 3)


def test_a_cine_loop_has_no_geometry(make_series):
    def bend(k, ds):
        ds.Modality, ds.NumberOfFrames = "XA", 6
        del ds.ImagePositionPatient, ds.ImageOrientationPatient
        ds.PixelData = ds.PixelData * 6

    series, (volume,) = opened(make_series(1, bend))
    assert volume.geometry.shape == (6, 12, 10)
    assert SeriesWarning.NO_GEOMETRY in series.warnings
