"""Standardised uptake values, against the formula worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset

from imaging.opening import list_series, open_series
from imaging.volume import Quantity

WEIGHT_KG, DOSE_BQ, HALF_LIFE_S = 70.0, 3.7e8, 6586.2


def pet(**changes):
    """A bend to a PET slice with one hour between injection and scan; None removes an element."""

    def bend(k, ds):
        drug = Dataset()
        drug.RadiopharmaceuticalStartTime = "110000"
        drug.RadionuclideTotalDose, drug.RadionuclideHalfLife = str(DOSE_BQ), str(HALF_LIFE_S)
        ds.Modality, ds.Units, ds.DecayCorrection = "PT", "BQML", "START"
        ds.PatientWeight = WEIGHT_KG
        ds.SeriesDate = ds.AcquisitionDate = "20200131"
        ds.SeriesTime = ds.AcquisitionTime = "120000.00"
        ds.RescaleSlope, ds.RescaleIntercept = 2.0 + k, 0
        ds.RadiopharmaceuticalInformationSequence = [drug]
        for name, value in changes.items():
            place = drug if name.startswith("Radio") else ds
            if value is None:
                delattr(place, name)
            else:
                setattr(place, name, value)

    return bend


def opened(folder):
    return open_series(list_series(folder)[0])[0]


def expected(stored, k, elapsed_s=3600.0):
    return stored(k) * (2.0 + k) * WEIGHT_KG * 1000 / (DOSE_BQ * 2 ** (-elapsed_s / HALF_LIFE_S))


def test_suv_is_decayed_from_injection_to_scan_and_scaled_per_slice(make_series, stored):
    volume = opened(make_series(4, pet()))
    assert volume.quantity is Quantity.SUVBW
    for k in range(4):
        np.testing.assert_allclose(volume.voxels[k], expected(stored, k), rtol=1e-5)


def test_suv_of_values_corrected_to_administration_is_not_decayed(make_series, stored):
    volume = opened(make_series(2, pet(DecayCorrection="ADMIN")))
    np.testing.assert_allclose(volume.voxels[1], expected(stored, 1, 0), rtol=1e-5)


def test_an_injection_before_midnight(make_series, stored):
    bend = pet(RadiopharmaceuticalStartTime="233000", SeriesTime="003000", AcquisitionTime="003000")
    np.testing.assert_allclose(opened(make_series(2, bend)).voxels[0], expected(stored, 0), rtol=1e-5)


def test_a_full_injection_date_wins(make_series, stored):
    bend = pet(RadiopharmaceuticalStartDateTime="20200131113000", RadiopharmaceuticalStartTime="000000")
    np.testing.assert_allclose(opened(make_series(2, bend)).voxels[0], expected(stored, 0, 1800), rtol=1e-5)


def test_a_series_time_after_its_images_is_not_trusted(make_series, stored):
    bend = pet(SeriesTime="180000")
    np.testing.assert_allclose(opened(make_series(2, bend)).voxels[0], expected(stored, 0), rtol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"PatientWeight": None},
        {"RadionuclideTotalDose": None},
        {"RadionuclideHalfLife": None},
        {"RadiopharmaceuticalStartTime": None},
        {"DecayCorrection": "NONE"},
        {"PatientWeight": 0},
    ],
)
def test_without_what_it_needs_the_values_stay_activity(make_series, stored, changes):
    volume = opened(make_series(2, pet(**changes)))
    assert volume.quantity is Quantity.ACTIVITY
    np.testing.assert_allclose(volume.voxels[1], stored(1) * 3.0, rtol=1e-6)


def test_other_units_are_named_as_what_they_are(make_series):
    assert opened(make_series(2, pet(Units="CNTS"))).quantity is Quantity.SIGNAL
    make_series.folder = make_series.folder / "gml"
    make_series.folder.mkdir()
    assert opened(make_series(2, pet(Units="GML"))).quantity is Quantity.SUVBW
