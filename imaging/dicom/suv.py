"""Standardised uptake value by body weight, computed when the elements allow it.

SUVbw = activity [Bq/ml] x weight [g] / dose [Bq] decayed to the time that the activity refers to. After the vendor-
neutral recipe of the Quantitative Imaging Biomarkers Alliance (QIBA FDG-PET profile, "SUV calculation").
"""

from __future__ import annotations

from datetime import datetime, timedelta

from imaging.dicom import tags
from imaging.dicom.header import Header
from imaging.dicom.sort import Stack
from imaging.volume import Quantity


def quantity_and_factor(stack: Stack) -> tuple[Quantity, float]:
    """What the rescaled values of a stack mean, and the factor that turns them into that unit."""
    instance = stack.first.instance
    header = instance.header
    if instance.is_colour:
        return Quantity.COLOUR, 1.0
    if instance.modality == "CT":
        has_rescale = tags.RESCALE_INTERCEPT in header.values or header.has_frame_groups
        is_hu = header.text(tags.RESCALE_TYPE) in ("", "HU", "US") and has_rescale  # US: unspecified
        return (Quantity.HU if is_hu and "LOCALIZER" not in stack.first.image_type else Quantity.SIGNAL), 1.0
    if instance.modality != "PT":
        return Quantity.SIGNAL, 1.0
    units = header.text(tags.UNITS)
    if units == "GML" and header.text(tags.SUV_TYPE) in ("", "BW"):
        return Quantity.SUVBW, 1.0
    if units != "BQML":
        return Quantity.SIGNAL, 1.0
    factor = suv_factor(header, _earliest_acquisition(stack))
    return (Quantity.ACTIVITY, 1.0) if factor is None else (Quantity.SUVBW, factor)


def suv_factor(header: Header, first_acquisition: datetime | None) -> float | None:
    """SUVbw per Bq/ml, None when an element that it needs is missing or makes no sense."""
    weight_kg = header.number(tags.PATIENT_WEIGHT)
    dose_bq = header.number(tags.PET_TOTAL_DOSE)
    half_life_s = header.number(tags.PET_HALF_LIFE)
    correction = header.text(tags.DECAY_CORRECTION)
    if not weight_kg or not dose_bq or weight_kg <= 0 or dose_bq <= 0:
        return None
    if correction == "ADMIN":
        return weight_kg * 1000 / dose_bq
    elapsed_s = _elapsed_s(header, first_acquisition)
    if correction != "START" or not half_life_s or half_life_s <= 0 or elapsed_s is None:
        return None
    return float(weight_kg * 1000 / (dose_bq * 2.0 ** (-elapsed_s / half_life_s)))


def _elapsed_s(header: Header, first_acquisition: datetime | None) -> float | None:
    """Seconds from injection to the start of the scan, to which the values are decay-corrected."""
    scan = _moment(header.text(tags.SERIES_DATE), header.text(tags.SERIES_TIME))
    if first_acquisition is not None and (scan is None or scan > first_acquisition):
        scan = first_acquisition  # a series time later than its images belongs to a derived series
    if scan is None:
        return None
    stamp = header.text(tags.PET_START_DATETIME)
    injection = _moment(stamp[:8], stamp[8:])
    if injection is None:
        injection = _moment(scan.strftime("%Y%m%d"), header.text(tags.PET_START_TIME))
        if injection is not None and injection > scan:
            injection -= timedelta(days=1)  # injected before midnight
    if injection is None:
        return None
    elapsed = (scan - injection).total_seconds()
    return elapsed if 0 <= elapsed < 2 * 86400 else None


def _earliest_acquisition(stack: Stack) -> datetime | None:
    moments = [
        moment
        for frame in stack.volumes[0]
        if (
            moment := _moment(
                frame.instance.header.text(tags.ACQUISITION_DATE), frame.instance.header.text(tags.ACQUISITION_TIME)
            )
        )
    ]
    return min(moments, default=None)


def _moment(date: str, time: str) -> datetime | None:
    """A DICOM date and time (YYYYMMDD, HHMMSS.frac), None where they do not make one."""
    time = time.split("+")[0].split("-")[0]
    whole, _, fraction = time.partition(".")
    if len(whole) < 2:
        return None
    try:
        return datetime.strptime(date + whole.ljust(6, "0"), "%Y%m%d%H%M%S") + timedelta(
            microseconds=int(fraction[:6].ljust(6, "0")) if fraction else 0
        )
    except ValueError:
        return None
