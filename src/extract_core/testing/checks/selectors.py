"""Check of ResultSelector: it names only what the service always sends, since a missing path there can't be caught."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from extract_core.testing.broken import Breach, check
from extract_core.testing.checks.branch import every_state
from extract_core.testing.machine import language
from extract_core.testing.paths import Read, reads
from extract_core.testing.service_models import ModelsMissing, operation_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.testing.subject import Subject

_ALWAYS: Final[Mapping[tuple[str, str, bool], frozenset[str]]] = {
    ("lambda", "invoke", False): frozenset({"Payload", "StatusCode", "ExecutedVersion"}),
    ("glue", "startJobRun", True): frozenset({"Id", "JobName", "JobRunState"}),
    ("ecs", "runTask", True): frozenset({"TaskArn", "ClusterArn", "TaskDefinitionArn", "LastStatus", "DesiredStatus"}),
    ("elasticmapreduce", "addStep", True): frozenset({"Step.Id", "Step.Status.State"}),
    ("batch", "submitJob", True): frozenset({"JobId", "JobName", "JobQueue", "Status", "StartedAt", "JobDefinition"}),
    ("codebuild", "startBuild", True): frozenset({"Build.Id", "Build.Arn", "Build.BuildStatus"}),
    ("states", "startExecution", True): frozenset({"ExecutionArn", "StateMachineArn", "Status", "StartDate", "Output"}),
}  # fmt: skip
"""What a success holds, by service, action and whether it is waited for (.sync), as far as it is recorded or in the model."""

_REMEDY: Final = "leave ResultSelector out and let status() read the whole result: a missing path there ends the whole run"


@check
def result_selectors_read_what_is_sent(subject: Subject) -> Iterator[Breach]:
    """No ResultSelector names a member that the service may leave out."""
    for name, state in every_state(subject.states):
        selector = state.get("ResultSelector")
        if state.get("Type") != "Task" or not isinstance(selector, Mapping) or language(subject, state) == "JSONata":
            continue
        service, action, waits = _resource(str(state.get("Resource", "")))
        always = _always_sent(service, action, waits=waits)
        for read in reads({"Parameters": selector}, jsonata=False):
            if not _is_sent(read, always, own=service == "lambda"):
                place = f"branch(target), state {name!r}, {read.field.replace('Parameters', 'ResultSelector', 1)}"
                sync = ".sync" if waits else ""
                yield Breach(place, f"{service}:{action}{sync} does not always send {read.path}", _REMEDY)


def _resource(arn: str) -> tuple[str, str, bool]:
    service, _, action = arn.partition(":::")[2].rpartition(":")
    return service, action.partition(".")[0], ".sync" in action


def _always_sent(service: str, action: str, *, waits: bool) -> frozenset[str]:
    metadata = frozenset({"SdkHttpMetadata", "SdkResponseMetadata"})
    known = _ALWAYS.get((service, action, waits))
    if known is not None:
        return known | metadata
    if waits:
        return metadata
    try:
        shape = operation_of(service, action).output_shape
    except ModelsMissing:
        return metadata
    required = () if shape is None else shape.required_members
    return metadata | {member[:1].upper() + member[1:] for member in required}


def _is_sent(read: Read, always: frozenset[str], *, own: bool) -> bool:
    """Whether this member, or one that it is part of, is always there. What a Lambda of the plugin's own sends is its own."""
    names = [str(step) for step in read.steps]
    whole = ".".join(names)
    return whole in always or (own and names[0] == "Payload") or any(each.startswith(f"{whole}.") for each in always)
