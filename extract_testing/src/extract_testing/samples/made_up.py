"""Generated outcomes for status parsers: JSON with the service's own names, but without the words that mean success."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from extract_core.contract import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_core.contract import Json
    from extract_testing.breaches import Breach

_MEMBERS: Final = (
    "State",
    "Status",
    "JobRunState",
    "ExitCode",
    "Containers",
    "Error",
    "Cause",
    "Payload",
    "Reason",
    "StartedAt",
    "",
)
_WORDS: Final = ("FAILED", "RUNNING", "", "null", "2031-05-04T03:02:01Z", "1e400", "\0", "\ud800", "ünï")
_ERRORS: Final = (None, "", "States.TaskFailed", "States.Timeout", "States.DataLimitExceeded", "Some.ThrottlingException")
_LETTERS: Final = " \n\"'%,.:/{}-+_019aAeEnNxXz\u00e9\u00b2\u0663\u2028\ufeff\u65e5\U0001f600\0\x1b"
"""Letters of other texts: ASCII that means something in JSON, numbers and patterns, digits that are not ASCII (`"²".isdigit()`),
and letters of several bytes. Hypothesis's own alphabet, all of Unicode, takes it 2.5 seconds to compute in each process."""
_EXAMPLES: Final = 200
_LONGEST_NUMBER: Final = 10**30


def smallest(own: Sequence[Json], judge: Callable[[Outcome], list[Breach]]) -> list[Breach]:
    """The breaches that `judge` reports for the smallest failing outcome. The same on every call."""
    worst: list[Breach] = []

    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(outcomes(own))
    def test(outcome: Outcome) -> None:
        breaches = judge(outcome)
        worst[:] = breaches or worst
        assert not breaches  # noqa: S101 - hypothesis then searches for the smallest such outcome

    with contextlib.suppress(AssertionError):
        test()
    return worst


def outcomes(own: Sequence[Json]) -> st.SearchStrategy[Outcome]:
    """Results and causes. `own` are successes of the service: their member names are used, their strings and numbers never."""
    forbidden = {_key(leaf) for result in own for leaf in _leaves(result)} | {_key(leaf=True)}
    names = st.sampled_from(sorted({*_MEMBERS, *(name for result in own for name in _names(result))}))
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-_LONGEST_NUMBER, _LONGEST_NUMBER),
        st.floats(),
        st.sampled_from(_WORDS),
        st.text(_LETTERS, max_size=8),
    ).filter(lambda leaf: _key(leaf) not in forbidden)
    values: st.SearchStrategy[Json] = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5), max_leaves=12
    )
    return st.builds(_outcome, st.sampled_from(_ERRORS), values, st.integers(0, 400), st.booleans())


def _outcome(error: str | None, value: Json, cut: int, whole: bool) -> Outcome:  # noqa: FBT001 - drawn by hypothesis
    if error is None:
        return Outcome.succeeded(value)
    cause = json.dumps(value)
    return Outcome.failed(error, cause if whole else cause[:cut])


def _key(leaf: Json) -> str:
    """The same key for values that a parser may treat as equal: 0, "0", " 0.0" and False."""
    if leaf is None or (isinstance(leaf, Sequence | Mapping) and not isinstance(leaf, str)):
        return repr(leaf)
    try:
        return repr(float(leaf))
    except (ValueError, OverflowError):
        return str(leaf).strip().lower()


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _names(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
