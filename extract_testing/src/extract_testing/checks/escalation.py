"""Check of escalate(): bigger settings of the same model, that a request can carry, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass, JobState, JobStatus, JobType
from extract_core.sync_job.service_job import ServiceJob
from extract_testing.breaches import Breach, Fails
from extract_testing.check import check
from extract_testing.subject.calls import calling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from extract_testing.subject.subject import Subject

_STEPS: Final = 4
"""As many as a table may have further attempts in practice."""
_OOM: Final = JobStatus(state=JobState.FAILED, failure=FailureClass.OUT_OF_MEMORY)
_NOTHING_HELPS: Final = (FailureClass.USER_CODE, FailureClass.CONFIG, FailureClass.PERMISSION, FailureClass.THROTTLED)


@check
def escalation_grows(subject: Subject) -> Iterator[Breach]:
    """`escalate` gives larger settings that the model accepts, after a lack of memory; else None."""
    for number, example in enumerate(subject.settings, start=1):
        for failure in FailureClass:
            status = JobStatus(state=JobState.FAILED, failure=failure)
            place = f"escalate() of settings example {number} after {failure}"
            try:
                bigger = _bigger(subject, place, example, status)
            except Fails as failed:
                yield failed.breach
                continue
            if bigger is not None and bigger != example and failure in _NOTHING_HELPS:
                yield Breach(place, f"it returned {bigger!r}", "return None: larger settings change nothing about this failure")
        yield from _up(subject, number, example)
    yield from _never(subject)


def _never(subject: Subject) -> Iterator[Breach]:
    """A method that returns None for each example, the smallest too."""
    own = type(subject.job_type)
    if own.escalate is JobType.escalate:
        return
    if issubclass(own, ServiceJob) and own.escalate is ServiceJob.escalate and own.bigger is ServiceJob.bigger:
        return
    if any(value is None for example in subject.settings for _, value in example):  # a size that is not set cannot grow
        return
    status = replace(_OOM, message="out of memory")
    try:
        if all(_bigger(subject, "escalate()", example, status) is None for example in (*subject.settings, *_smallest(subject))):
            problem = "it returned None for every example of settings after a lack of memory"
            yield Breach("escalate()", problem, "return larger settings, or leave the method (bigger) out")
    except Fails:  # reported above
        return


def _smallest(subject: Subject) -> Iterator[BaseModel]:
    from pydantic import ValidationError

    try:
        yield subject.settings_model.model_validate({})
    except ValidationError:
        return


def _bigger(subject: Subject, place: str, settings: BaseModel, status: JobStatus) -> BaseModel | None:
    with calling(place):
        bigger: object = subject.job_type.escalate(settings, status, 1)
    if bigger is None or isinstance(bigger, subject.settings_model):
        return bigger
    raise Fails(Breach(place, f"it returned {bigger!r}", "return settings of your model, or None for no change"))


def _up(subject: Subject, number: int, settings: BaseModel) -> Iterator[Breach]:
    """A few steps up from the example."""
    place = f"escalate() of settings example {number} after {_OOM.failure}"
    for _ in range(_STEPS):
        try:
            bigger = _bigger(subject, place, settings, _OOM)
        except Fails as failed:
            yield failed.breach
            return
        if bigger is None:
            return
        if breach := _of_one_step(subject, place, settings, bigger):
            yield breach
            return
        settings = bigger


def _of_one_step(subject: Subject, place: str, settings: BaseModel, bigger: BaseModel) -> Breach | None:
    """What is wrong with these larger settings after those."""
    from pydantic import ValidationError

    try:
        accepted = subject.settings_model.model_validate(bigger.model_dump(mode="json", by_alias=True))
    except (ValidationError, TypeError, ValueError) as error:
        problem = f"its model refuses the settings that it returned after {settings!r}: {str(error).splitlines()[0]}"
        return Breach(place, problem, "return settings that a table could have: model_copy does not check them")
    if accepted != bigger or set(vars(bigger)) - set(type(bigger).model_fields):
        return Breach(place, f"the model reads {bigger!r} as {accepted!r}", "use the types and names of the model's fields")
    if bigger == settings:
        return Breach(place, f"it returned the same settings, {bigger!r}", "return None if there is nothing larger")
    if subject.timeout(bigger) < subject.timeout(settings):
        problem = f"the table gets less time: {subject.timeout(settings)} seconds became {subject.timeout(bigger)}"
        return Breach(place, problem, "leave the time limit as it is: a larger job may need the same time")
    smaller = [
        name
        for name, value in settings
        if isinstance(value, int | float) and isinstance(now := getattr(bigger, name), int | float) and now < value
    ]
    if smaller and len(smaller) == sum(getattr(bigger, name) != value for name, value in settings):
        return Breach(place, f"{', '.join(smaller)} became smaller: {settings!r} became {bigger!r}", "return larger settings")
    return None
