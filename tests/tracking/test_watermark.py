from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract_core.errors import TrackingError
from extract_core.tracking.watermark import check, compare, kind


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("int", "int"),
        ("LongType", "int"),
        ("DecimalType(18,2)", "decimal"),
        ("DoubleType", "decimal"),
        ("DateType", "date"),
        ("TimestampType", "timestamp"),
        ("timestamp_ntz", "timestamp"),
        (" StringType ", "string"),
        ("varchar(20)", "string"),
    ],
)
def test_types_go_by_the_names_people_have(name, of):
    assert kind(name) == of


def test_an_unknown_type_is_said():
    with pytest.raises(TrackingError) as raised:
        kind("ColourType")
    assert str(raised.value) == "the watermark type 'ColourType' is unknown: use int, decimal, date, timestamp or string"


@pytest.mark.parametrize(
    ("type_name", "low", "high"),
    [
        ("int", "9", "10"),
        ("int", "-10", "-9"),
        ("int", "9007199254740992", "9007199254740993"),
        ("decimal", "9.9", "10"),
        ("decimal", "0.1", "0.10000000000000000000000000001"),
        ("decimal", "9e2", "1E3"),
        ("date", "2025-12-31", "2026-01-01"),
        ("timestamp", "2026-03-01 05:00:00", "2026-03-01 05:00:00.000000001"),
        ("timestamp", "2026-03-01", "2026-03-01T00:00:01"),
        ("timestamp", "2026-03-01T05:00", "2026-03-01 05:00:01"),
        ("timestamp", "2026-03-01T06:00:00+02:00", "2026-03-01T05:00:00Z"),
        ("timestamp", "2026-03-01T05:00:00-0130", "2026-03-01T06:30:01 Z"),
        ("timestamp", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
        ("string", "10", "9"),
        ("string", "Z", "a"),
        ("string", "", "ü"),
    ],
)
def test_marks_compare_by_their_type(type_name, low, high):
    assert (compare(low, high, type_name), compare(high, low, type_name)) == (-1, 1)
    assert (compare(low, low, type_name), compare(high, high, type_name)) == (0, 0)


@pytest.mark.parametrize(
    ("type_name", "left", "right"),
    [
        ("int", "007", "+7"),
        ("decimal", "1.50", "1.5"),
        ("timestamp", "2026-03-01T05:00:00Z", "2026-03-01 06:00:00.000+01:00"),
        ("timestamp", "2026-03-01", "2026-03-01 00:00:00"),
    ],
)
def test_one_mark_in_two_forms_is_one(type_name, left, right):
    assert compare(left, right, type_name) == 0


@pytest.mark.parametrize(
    ("type_name", "mark", "of"),
    [
        ("int", "1.0", "int"),
        ("int", "1_000", "int"),
        ("int", "٣", "int"),
        ("LongType", "", "int"),
        ("decimal", "NaN", "decimal"),
        ("decimal", "Infinity", "decimal"),
        ("date", "2026-02-30", "date"),
        ("date", "yesterday", "date"),
        ("timestamp", "2026-03-01T24:00:00", "timestamp"),
        ("timestamp", "2026-03-01T05:00:00+25:00", "timestamp"),
        ("timestamp", "1772344800", "timestamp"),
    ],
)
def test_what_is_no_mark_is_refused(type_name, mark, of):
    with pytest.raises(TrackingError) as raised:
        check(mark, type_name)
    assert str(raised.value) == f"{mark!r} is not a watermark of type {type_name!r} ({of})"


@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_compare_as_decimals(left, right):
    assert compare(str(left), str(right), "decimal") == (left > right) - (left < right)
    assert Decimal(str(left)) == left


ZONES = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda d: timezone(timedelta(minutes=d // timedelta(minutes=1)))
)
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001 - the strategy wants bounds without


@given(MOMENTS, MOMENTS, st.sampled_from(["T", " "]))
def test_timestamps_compare_as_moments(left, right, separator):
    order = (left > right) - (left < right)
    assert compare(left.isoformat(separator), right.isoformat(), "timestamp") == order
    assert compare(left.isoformat(), left.astimezone(UTC).isoformat(), "timestamp") == 0
