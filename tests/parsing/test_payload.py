"""The readers of payloads: members of any shape, times, and Causes that were cut."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract_core import Outcome
from extract_core.parsing.cut_json import repaired
from extract_core.parsing.payload import cut_member, described, instant, number, objects, text, whole

JSON_OBJECTS = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)


@given(value=JSON_OBJECTS, ascii_only=st.booleans(), cut=st.integers(0, 200))
def test_a_repaired_object_has_the_complete_members(value, ascii_only, cut):
    cause = json.dumps(value, ensure_ascii=ascii_only)
    assert repaired(cause) == json.loads(cause)
    repaired_cause = repaired(cause[:cut])
    assert repaired_cause is None or isinstance(repaired_cause, dict)
    if cut:
        assert repaired_cause is not None
        assert set(repaired_cause) <= set(value)


@given(st.text())
def test_mending_never_raises(cause):
    assert repaired(cause) is None or isinstance(repaired(cause), dict)


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        ('{"a": 1, "b": "half of it', {"a": 1, "b": "half of it"}),
        ('{"a": {"b": [1, 2', {"a": {"b": [1]}}),
        ('{"a": [1, {"b": "x"}, ', {"a": [1, {"b": "x"}]}),
        ('{"a": "cut in an escape \\', {"a": "cut in an escape "}),
        ('{"a": "cut in an escape \\u00', {"a": "cut in an escape "}),
        ('{"a": 1, "na', {"a": 1}),
        ('{"a": 1, "name":', {"a": 1}),
        ('{"a": tr', {}),
        ("{", {}),
        ('{"a": 1}', {"a": 1}),
        ("[1, 2", None),
        ("text", None),
        ("", None),
    ],
)
def test_cuts(cause, expected):
    assert repaired(cause) == expected


def test_described_takes_the_result_or_the_cause():
    assert described(Outcome.succeeded({"a": 1})) == {"a": 1}
    assert described(Outcome.succeeded({"Step": {"a": 1}}), "Step") == {"a": 1}
    assert described(Outcome.succeeded({"Step": None, "a": 1}), "Step") == {"Step": None, "a": 1}
    assert described(Outcome.failed("E", '{"a": 1}')) == {"a": 1}
    assert described(Outcome.failed("E", '{"a": 1, "b": "x')) == {"a": 1, "b": "x"}
    assert described(Outcome.failed("E", "words")) == {}
    assert described(Outcome.failed("E", None)) == {}
    assert described(Outcome.succeeded("words")) == {}


def test_members_of_any_shape():
    value = {"a": {"b": " x "}, "n": "256", "t": True, "l": [{"c": 1}, 2], "z": "1e999", "h": 1.5}
    assert text(value, "a", "b") == "x"
    assert text(value, "a") is None
    assert text(value, "a", "b", "c") is None
    assert (number(value, "n"), whole(value, "n")) == (256.0, 256)
    assert number(value, "t") is None
    assert number(value, "z") is None
    assert (number(value, "h"), whole(value, "h")) == (1.5, None)
    assert list(objects(value, "l")) == [{"c": 1}]
    assert list(objects(value, "n")) == []


@pytest.mark.parametrize(
    "said", [1700000000000, 1700000000, "1700000000000", "2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00"]
)
def test_instants(said):
    assert instant({"t": said}, "t") == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize("said", [None, True, -1, "", "soon", [], 1e300, "9" * 400, float("nan")])
def test_values_that_are_not_instants(said):
    assert instant({"t": said}, "t") is None


def test_members_of_a_cause_that_is_not_json():
    cause = '…cut","ErrorMessage":"say \\"x\\" \\u00e9","Empty":"","Raw":"bad \\x escape"'
    assert cut_member(cause, "ErrorMessage") == 'say "x" é'
    assert cut_member(cause, "Empty", "ErrorMessage") == 'say "x" é'
    assert cut_member(cause, "Raw") == "bad \\x escape"
    assert cut_member(cause, "Nothing") is None
    assert cut_member(None, "Nothing") is None
