"""What a branch must not do is refused before it is built, with the plugin, the state and the remedy."""

from __future__ import annotations

import pytest

from asl_generator import GeneratorError
from extract_core import Branch, Retry

WHOM = "job type 'crunch' (plugin 'crunch' of (embedded) 0)"
TASK = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "ResultPath": "$.job_result"}
PASS = {"Type": "Pass"}
CHOICE = {"Type": "Choice", "Choices": [{"Variable": "$.attempt", "NumericEquals": 1, "Next": "Crunch B"}], "Default": "Crunch B"}


@pytest.fixture
def faults_of(crunch, build_types):
    """The faults of a branch with these states; the first one starts, and is the job unless another is named."""

    def faults(states, *, job_state=None, start=None, language="JSONPath", retries=()):
        first = next(iter(states), "Crunch")

        class Changed(crunch):
            def branch(self, target):
                return Branch(start=start or first, states=states, job_state=job_state or first, query_language=language)

            def start_retries(self):
                return retries

        with pytest.raises(GeneratorError) as refused:
            build_types(Changed())
        assert refused.value.exit_code == 2
        assert all(line.startswith(f"{WHOM}: ") for line in refused.value.faults)
        return [line.removeprefix(f"{WHOM}: ") for line in refused.value.faults]

    return faults


def without(state: dict, key: str) -> dict:
    return {name: value for name, value in state.items() if name != key}


KEEP = "$merge([$states.input, {'job_result': $states.result}])"
KEEP_ERROR = "$merge([$states.input, {'job_error': $states.errorOutput}])"
SATA = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Output": "{% $states.input %}"}


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (
            without(TASK, "ResultPath"),
            'has no ResultPath, so its result replaces the item: add "ResultPath": "$.job_result" (or another path)',
        ),
        (
            {**TASK, "ResultPath": "$"},
            'has no ResultPath, so its result replaces the item: add "ResultPath": "$.job_result" (or another path)',
        ),
        ({**TASK, "ResultPath": None}, "is the job, but ResultPath null drops its result: set a path"),
        ({**TASK, "OutputPath": "$.x"}, "has an OutputPath, which drops the item: use ResultSelector and ResultPath"),
        (
            {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Handle Extract Job Run Status"}]},
            'has a Catch without ResultPath, so the error replaces the item: add "ResultPath": "$.job_error"',
        ),
        (
            {**TASK, "End": True},
            "has End: the table's end is not recorded; leave out Next and End: the next state is then the status handler",
        ),
        ({**TASK, "Next": "Crunch Nowhere"}, "leads to 'Crunch Nowhere', which is not a state of this branch"),
        ({**TASK, "Next": "Summarise Extract Run"}, "leads to 'Summarise Extract Run', which is not a state of this branch"),
        (
            {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "Crunch Nowhere"}]},
            "leads to 'Crunch Nowhere', which is not a state of this branch",
        ),
        *(
            (
                {**TASK, "Retry": [{"ErrorEquals": ["Crunch.Busy", error]}]},
                f"is the job and retries {error}, which may run a job twice: name errors that occur before a job starts",
            )
            for error in ("States.ALL", "States.TaskFailed", "States.Timeout")
        ),
    ],
)
def test_a_job_state_that_loses_something(faults_of, state, fault):
    faults = faults_of({"Crunch A": state})
    assert f"state 'Crunch A' {fault}" in faults


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (
            {"Type": "Succeed"},
            "is a Succeed: the table's end is not recorded; leave out Next and End: the next state is then the status handler",
        ),
        (
            {"Type": "Fail"},
            "is a Fail, which stops all other tables: write the error to $.job_error, and let the status handler follow",
        ),
        ({"Type": "Pass", "Result": 1}, "is a Pass that replaces the item: add a ResultPath"),
        ({"Type": "Pass", "Parameters": {}}, "is a Pass that replaces the item: add a ResultPath"),
        (without(CHOICE, "Default"), "has no Default: a table that matches no rule stops all other tables"),
        ({**CHOICE, "Default": "Crunch C"}, "leads to 'Crunch C', which is not a state of this branch"),
        ({"Type": "Job"}, "has Type 'Job'; the types are Task, Map, Parallel, Pass, Wait, Choice, Succeed, Fail"),
        ({}, "has Type None; the types are Task, Map, Parallel, Pass, Wait, Choice, Succeed, Fail"),
    ],
)
def test_another_state_with_a_fault(faults_of, state, fault):
    assert faults_of({"Crunch A": {**TASK, "Next": "Crunch B"}, "Crunch B": state}) == [f"state 'Crunch B' {fault}"]


def test_names(faults_of):
    long = "Crunch " + "x" * 74
    states = {
        "Start": {**TASK, "Next": "Crunchy"},
        "Crunchy": {**PASS, "Next": "Choose Job Type"},
        "Choose Job Type": {**PASS, "Next": long},
        long: PASS,
    }
    assert faults_of(states) == [
        "state 'Start' does not begin with the job type's title: call it 'Crunch Start'",
        "state 'Crunchy' does not begin with the job type's title: call it 'Crunch Crunchy'",
        "state 'Choose Job Type' has a name that the machine itself uses: rename it",
        f"state '{long}' has a name of 81 characters, but Step Functions allows 80",
    ]


def test_start_and_job_state_must_be_there(faults_of):
    assert faults_of({"Crunch A": TASK}, start="Crunch B", job_state="Crunch C") == [
        "start is 'Crunch B', which is not one of its states: 'Crunch A'",
        "job_state is 'Crunch C', which is not one of its states: 'Crunch A'",
    ]


def test_the_job_must_be_a_task(faults_of):
    states = {"Crunch A": {**TASK, "Next": "Crunch W"}, "Crunch W": {"Type": "Wait", "Seconds": 1}}
    assert faults_of(states, job_state="Crunch W") == ["job_state 'Crunch W' is a Wait; the job must be a Task"]


def test_an_unreachable_state(faults_of):
    assert faults_of({"Crunch A": TASK, "Crunch B": PASS}) == ["no state leads to state 'Crunch B'"]


def test_no_result_for_the_parser(faults_of):
    assert faults_of({"Crunch A": {**TASK, "ResultPath": "$.elsewhere"}}) == [
        "no state writes $.job_result, which the status parser reads: set ResultPath of the last one"
    ]


def test_inner_states_have_faults_too(faults_of):
    inner = {"StartAt": "Crunch A", "States": {"Crunch A": PASS, "Look": {**PASS, "Next": "Crunch P"}}}
    parallel = {"Type": "Parallel", "Branches": [inner], "ResultPath": "$.parts"}
    assert faults_of({"Crunch A": {**TASK, "Next": "Crunch P"}, "Crunch P": parallel}) == [
        "state 'Crunch A' exists twice: names are unique in the whole machine, including inner states",
        "state 'Crunch A' is inside 'Crunch P' and has neither Next nor End",
        "state 'Look' does not begin with the job type's title: call it 'Crunch Look'",
        "state 'Look' leads to 'Crunch P', which is not a state inside 'Crunch P' of this branch",
    ]


def test_jsonata_losses(faults_of):
    state = {**without(SATA, "Output"), "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Handle Extract Job Run Status"}]}
    so_add = 'replaces the item: add "Output"'
    assert faults_of({"Crunch A": state}, language="JSONata") == [
        f"state 'Crunch A' has no Output, so its result {so_add}: \"{{% {KEEP} %}}\"",
        f"state 'Crunch A' has a Catch without Output, so the error {so_add}: \"{{% {KEEP_ERROR} %}}\"",
    ]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"A": None}, "states.Crunch A.Parameters.A is null, which Step Functions does not allow there: leave the key out"),
        (
            {"A": [1, None]},
            "states.Crunch A.Parameters.A[1] is null, which Step Functions does not allow there: leave the key out",
        ),
        ({"A": {1, 2}}, "states.Crunch A.Parameters.A is a set, which JSON does not have"),
        ({"A": b"x"}, "states.Crunch A.Parameters.A is a bytes, which JSON does not have"),
        ({"A": float("nan")}, "states.Crunch A.Parameters.A is nan, which JSON does not have"),
        ({1: "A"}, "states.Crunch A.Parameters has the key 1, which is not a string"),
    ],
)
def test_values_that_are_not_json(faults_of, value, fault):
    assert faults_of({"Crunch A": {**TASK, "Parameters": value}}) == [fault]


@pytest.mark.parametrize(
    ("states", "fault"),
    [
        ({}, "states is {}; it must map names to states"),
        ([], "states is []; it must map names to states"),
        ({"Crunch A": "Task"}, "state 'Crunch A' is 'Task'; it must be an object"),
    ],
)
def test_states_of_a_wrong_form(faults_of, states, fault):
    assert faults_of(states) == [fault]


def test_an_unknown_query_language(faults_of):
    assert faults_of({"Crunch A": TASK}, language="JMESPath") == ["query_language is 'JMESPath'; it is JSONPath or JSONata"]


@pytest.mark.parametrize(
    ("retry", "fault"),
    [
        (
            Retry(errors=["A.B", "States.ALL"]),
            "retries States.ALL, which may run a job twice: name errors that occur before a job starts",
        ),
        (Retry(errors="A.B"), "has errors 'A.B'; it must be a list of names"),
        (Retry(errors=[]), "has errors []; it must be a list of names"),
        (
            Retry(errors=["A.B"], interval_seconds=60, max_delay_seconds=60),
            "has interval_seconds 60 and max_delay_seconds 60; the first must be above 0 and below the second",
        ),
        (
            Retry(errors=["A.B"], backoff_rate=0.5, max_attempts=-1),
            "has backoff_rate 0.5 and max_attempts -1; use at least 1 and 0",
        ),
        ("A.B", "is 'A.B'; it must be a Retry"),
    ],
)
def test_start_retries(faults_of, retry, fault):
    joined = faults_of({"Crunch A": TASK}, retries=(Retry(errors=["A.A"]), retry))
    assert joined == [f"start_retries()[1] {fault}"]


def test_all_faults_of_all_branches_at_once(build_types, crunch, poll):
    class Broken(crunch):
        def branch(self, target):
            raise KeyError("queue")

    class Odd(poll):
        def branch(self, target):
            return {"start": "A"}

    with pytest.raises(GeneratorError) as refused:
        build_types(Broken(), Odd())
    assert str(refused.value) == (
        f"{WHOM}: branch() raised KeyError: 'queue'\n"
        "job type 'poll' (plugin 'poll' of (embedded) 0): branch() returned {'start': 'A'}; return a Branch"
    )


def test_one_state_in_two_branches(build_types, crunch):
    class Other(crunch):
        name = "other"

    with pytest.raises(GeneratorError) as refused:
        build_types(crunch(), Other(), deployments={"crunch": {"queue": "a"}, "other": {"queue": "a"}})
    assert str(refused.value) == (
        f"state 'Crunch Table' is in two branches: {WHOM} and job type 'other' (plugin 'other' of (embedded) 0); "
        "one of them must rename it"
    )


def test_a_function_that_is_not_declared(build_types, poll):
    class Undeclared(poll):
        def functions(self):
            return []

    with pytest.raises(GeneratorError) as refused:
        build_types(Undeclared())
    whom = "job type 'poll' (plugin 'poll' of (embedded) 0)"
    assert str(refused.value) == f"{whom}: function_arn('poll-job'): functions() does not declare it; it declares none"


def test_a_function_of_the_core(build_types, poll):
    from extract_core import LambdaFunction

    class Taken(poll):
        def functions(self):
            return [LambdaFunction(name="run-summary", handler="a:b")]

    with pytest.raises(GeneratorError) as refused:
        build_types(Taken())
    whom = "job type 'poll' (plugin 'poll' of (embedded) 0)"
    assert str(refused.value) == f"{whom}: functions() has 'run-summary', which is a function of the core: rename it"
