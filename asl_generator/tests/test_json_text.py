"""The text of a definition is what `json.dumps` writes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl_generator.machine.json_text import text

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(value=VALUES)
def test_the_text_is_that_of_the_standard_library(value):
    assert text(value) == json.dumps(value, indent=2, ensure_ascii=False)
    assert text(value, indent=None) == json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize("indent", [2, None])
def test_a_number_that_json_does_not_have_is_refused(number, indent):
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        text({"a": [number]}, indent=indent)
