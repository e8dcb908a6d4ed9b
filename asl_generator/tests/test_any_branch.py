"""Whatever a plugin returns: the build refuses it with a GeneratorError, or the machine is one that the interpreter loads."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asl_generator import GeneratorError
from asl_toolkit import load
from extract_core import Branch

NAMES = st.sampled_from(["Crunch A", "Crunch B", "Crunch C", "Handle Extract Job Run Status", "Choose Job Type", "Other"])
ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2), st.just({}))
PATHS = st.one_of(st.sampled_from(["$", "$.job_result", "$.x", "$$.Execution.Id", "$["]), ODD)
HANDLERS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"ErrorEquals": st.one_of(st.lists(st.sampled_from(["States.ALL", "A.B", "States.TaskFailed"]), max_size=2), ODD)},
            optional={"Next": st.one_of(NAMES, ODD), "ResultPath": PATHS, "Output": ODD},
        ),
        ODD,
    ),
    max_size=2,
)
RULES = st.lists(
    st.one_of(st.fixed_dictionaries({"Variable": PATHS, "IsPresent": st.just(True)}, optional={"Next": NAMES}), ODD), max_size=2
)
FIELDS = {
    "Type": st.one_of(st.sampled_from(["Task", "Pass", "Wait", "Choice", "Map", "Parallel", "Succeed", "Fail"]), ODD),
    "Resource": st.one_of(st.just("arn:aws:states:::batch:submitJob.sync"), ODD),
    "Next": st.one_of(NAMES, ODD),
    "End": ODD,
    "ResultPath": PATHS,
    "OutputPath": PATHS,
    "Parameters": st.dictionaries(st.sampled_from(["A", "B.$"]), PATHS, max_size=2),
    "Catch": st.one_of(HANDLERS, ODD),
    "Retry": st.one_of(HANDLERS, ODD),
    "Choices": st.one_of(RULES, ODD),
    "Default": st.one_of(NAMES, ODD),
    "Seconds": st.integers(-1, 3),
    "QueryLanguage": st.sampled_from(["JSONPath", "JSONata", "Odd"]),
}
SOUND = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "ResultPath": "$.job_result"}
CHANGES = st.fixed_dictionaries({}, optional=FIELDS)
STATES = st.recursive(
    st.dictionaries(NAMES, st.one_of(CHANGES, CHANGES.map(lambda changes: {**SOUND, **changes}), ODD), max_size=3),
    lambda inner: st.dictionaries(
        NAMES,
        st.one_of(
            st.builds(
                lambda states, changes: {
                    "Type": "Map",
                    "ResultPath": "$.x",
                    "ItemProcessor": {"StartAt": "Crunch A", "States": states},
                    **changes,
                },
                inner,
                CHANGES,
            ),
            CHANGES.map(lambda changes: {**SOUND, **changes}),
        ),
        max_size=3,
    ),
    max_leaves=3,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=STATES, start=NAMES, job_state=NAMES, language=st.sampled_from(["JSONPath", "JSONata"]))
def test_any_branch_is_refused_or_loads(*, build_types, crunch, states, start, job_state, language):
    class Any(crunch):
        def branch(self, target):
            return Branch(start=start, states=states, job_state=job_state, query_language=language)

    with contextlib.suppress(GeneratorError):
        load(build_types(Any()).to_json())


@pytest.mark.parametrize("odd", [None, 7, ["Crunch A"], {}])
@pytest.mark.parametrize("field", ["start", "states", "job_state", "query_language"])
def test_a_branch_with_an_odd_field_is_refused(build_types, crunch, field, odd):
    class Odd(crunch):
        def branch(self, target):
            sound = {"start": "Crunch A", "states": {"Crunch A": SOUND}, "job_state": "Crunch A"}
            return Branch(**{**sound, field: odd})

    with pytest.raises(GeneratorError):
        build_types(Odd())
