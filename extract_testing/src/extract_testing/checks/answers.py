"""Checks of answers: those of local_answer and task_results have the shape of the API's, and states read what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobType, LocalExit
from extract_core.sync_job.service_job import ServiceJob
from extract_core.wording import RAISED
from extract_testing.branch.paths import reads
from extract_testing.branch.states import call_of, every_state
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check, check_after
from extract_testing.checks.description import words_are_the_services
from extract_testing.services.answers import members_at, misfits, outputs_of
from extract_testing.services.models import ModelsMissing
from extract_testing.subject.run import language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject

_REMEDY: Final = "write the service's own names and words, in PascalCase, in local_answer, task_results and status() alike"
_IN_THE_CLASS: Final = (
    "write the service's own names and words, in PascalCase, in the class attributes (id_member, state_member, succeeded, "
    "failures, reason_members, …), and in local_result if the class has one"
)


@check_after(words_are_the_services)
def answers_have_the_services_shape(subject: Subject) -> Iterator[Breach]:
    """`local_answer` and `task_results` have the members and words of the API's answers (botocore's model)."""
    shapes, unknown = _shapes(subject)
    own = shapes.get(subject.branch.job_state, [])
    everything = [shape for of_state in shapes.values() for shape in of_state]
    sync = ".sync" in str(subject.states[subject.branch.job_state].get("Resource", ""))
    if own and type(subject.job_type).local_answer is not JobType.local_answer:
        for place, answer in _local_answers(subject):
            for misfit in misfits(answer, own if sync else everything, wrapped=True):
                remedy = _IN_THE_CLASS if isinstance(subject.job_type, ServiceJob) else _REMEDY
                yield Breach(f"{place}, {misfit.place}", misfit.problem, remedy)
    for state, results in subject.task_results.items():
        for number, result in enumerate(results, start=1):
            for misfit in (
                misfits(result, shapes.get(state, []), wrapped=state == subject.branch.job_state and sync)
                if shapes.get(state)
                else ()
            ):
                yield Breach(f"task_results, answer {number} of {state!r}, {misfit.place}", misfit.problem, _REMEDY)
    if not everything:
        raise NotChecked(f"left out: {unknown or 'no model describes the answers of the services that the branch calls'}")


@check
def states_read_what_answers_have(subject: Subject) -> Iterator[Breach]:
    """Every path below the result of a Task names a member of the API's answer (botocore's model)."""
    shapes, _ = _shapes(subject)
    written = dict[str, list[Any]]()  # Any: botocore ships no types
    for name, state in subject.states.items():
        path = str(state.get("ResultPath", ""))
        if not path.startswith("$.") or path.count(".") > 1:
            continue
        plain = state.get("Type") == "Task" and name in shapes and "ResultSelector" not in state
        written.setdefault(path[2:], []).extend([shapes[name]] if plain else [None])
    for name, state in subject.states.items():
        for read in reads(state, jsonata=language(subject, state) == "JSONata"):
            answers = written.get(str(read.steps[0]), [None])
            if None in answers or len(read.steps) < 2:
                continue
            missing = [members_at(answer, read.steps[1:]) for answer in answers]
            if all(missing) and missing[0] is not None:
                step, names = missing[0]
                problem = f"it reads {read.path}, and the answer has no {step!r}; it has {', '.join(names[:8])}"
                yield Breach(
                    f"branch(target), state {name!r}, {read.field}", problem, "read a member of the API's answer, in PascalCase"
                )


def _shapes(subject: Subject) -> tuple[dict[str, list[Any]], str]:  # Any: botocore ships no types
    """For each Task that calls a service with a model: the shapes of its answers. Then why one has no model, if so."""
    shapes, unknown = {}, ""
    for name, state in every_state(subject.states):
        call = call_of(state)
        if call is None or call.how == ".waitForTaskToken":
            continue
        try:
            shapes[name] = outputs_of(call.service, call.action, sync=call.how.startswith(".sync"))
        except ModelsMissing as reason:
            unknown = str(reason)
    return shapes, unknown


def _local_answers(subject: Subject) -> Iterator[tuple[str, Json]]:
    """The answers to a good and a bad end, of a job type that runs on one machine."""
    case = subject.cases[0]
    if not subject.runs_here:
        return
    for code in (0, 1):
        try:
            outcome = subject.job_type.local_answer(case.arguments, LocalExit(code=code, seconds=2.0, output_tail="row 41"))
            answer = (
                outcome.result if outcome.error is None else outcome.cause_json if outcome.error == "States.TaskFailed" else None
            )
        except RAISED:
            continue
        yield f"local_answer(exit code {code})", answer
