"""One job type's branch: asked of the plugin, checked, and completed with what every branch needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asl_generator.branch_checks import CAN_CATCH, KEEP_ERROR, REPEATS_JOBS, branch_faults, language
from asl_generator.core_states import CATCHABLE, catchers
from asl_generator.errors import GeneratorError, asked
from asl_generator.json_text import plain
from asl_generator.scopes import State, States, error_names, listed, scopes
from extract_core.contract import Branch, Retry
from extract_core.registry.routing import HANDLE_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asl_generator.place import Asked
    from extract_core.contract import Json
    from extract_core.registry.entry_points import Provider


@dataclass(frozen=True, slots=True)
class MachineBranch:
    """A branch as it stands in the machine. `names` are all its states, inner ones too."""

    job_type: str
    provider: Provider
    start: str
    job_state: str
    states: Mapping[str, Mapping[str, Json]]
    names: tuple[str, ...]


def assemble(of: Asked) -> MachineBranch:
    """The branch, complete. GeneratorError with all its faults."""
    job_type, provider = of.installed.job_type, of.installed.provider
    with asked(of.whom, "branch()"):
        branch = job_type.branch(of.target)
    if not isinstance(branch, Branch):
        raise GeneratorError([f"{of.whom}: branch() returned {branch!r}; return a Branch"])
    with asked(of.whom, "start_retries()"):
        retries = list(job_type.start_retries())
    states = _plain_states(branch, of.whom)
    faults = [*_retry_faults([*retries]), *branch_faults(branch, states, job_type.title)]
    if faults:
        raise GeneratorError([f"{of.whom}: {fault}" for fault in faults])
    completed = {name: _completed(branch, name, state, retries) for name, state in states.items()}
    for scope in scopes(completed, branch.start):
        for state in scope.states.values():
            state.setdefault("Comment", f"Part of the job type {job_type.name}, of {provider.distribution}")
            if branch.query_language == "JSONata":
                state.setdefault("QueryLanguage", "JSONata")
    names = tuple(name for scope in scopes(states, branch.start) for name in scope.states)
    return MachineBranch(job_type.name, provider, branch.start, branch.job_state, completed, names)


def _plain_states(branch: Branch, asker: str) -> States:
    if branch.query_language not in ("JSONPath", "JSONata"):
        raise GeneratorError([f"{asker}: query_language is {branch.query_language!r}; it is JSONPath or JSONata"])
    try:
        states = plain(branch.states, "states")
    except ValueError as error:
        raise GeneratorError([f"{asker}: {error}"]) from error
    if not isinstance(states, dict) or not states:
        raise GeneratorError([f"{asker}: states is {branch.states!r}; it maps the names of states to states"])
    odd = [
        f"{asker}: state {name!r} is {state!r}; a state is an object"
        for name, state in states.items()
        if not isinstance(state, dict)
    ]
    if odd:
        raise GeneratorError(odd)
    return {name: state for name, state in states.items() if isinstance(state, dict)}


def _retry_faults(retries: list[object]) -> Iterator[str]:
    for index, retry in enumerate(retries):
        place = f"start_retries()[{index}]"
        if not isinstance(retry, Retry):
            yield f"{place} is {retry!r}; it must be a Retry"
            continue
        if isinstance(retry.errors, str) or not retry.errors:
            yield f"{place} has errors {retry.errors!r}; they are a list of names"
            continue
        for name in sorted(REPEATS_JOBS.intersection(retry.errors)):
            yield f"{place} retries {name}, which may run a job twice: name errors that are raised before a job starts"
        if not 0 < retry.interval_seconds < retry.max_delay_seconds:
            waits = f"{retry.interval_seconds} s, at most {retry.max_delay_seconds} s"
            yield f"{place} waits {waits}: the first must be over 0 and less than the second"
        if retry.backoff_rate < 1 or retry.max_attempts < 0:
            given = f"backoff_rate {retry.backoff_rate} and max_attempts {retry.max_attempts}"
            yield f"{place} has {given}; they are at least 1 and 0"


def _completed(branch: Branch, name: str, state: State, retries: list[Retry]) -> State:
    """The state with what it leaves to the generator: the job's time limit and Retry, Catch, the way to the handler."""
    done: State = dict(state)
    jsonata = language(branch, state) == "JSONata"
    if name == branch.job_state:
        if not done.keys() & {"TimeoutSeconds", "TimeoutSecondsPath"}:
            key, value = (
                ("TimeoutSeconds", "{% $states.input.timeout_seconds %}")
                if jsonata
                else ("TimeoutSecondsPath", "$.timeout_seconds")
            )
            done[key] = value
        if "Retry" not in done and retries:
            done["Retry"] = [_retrier(retry) for retry in retries]
    if state.get("Type") in CAN_CATCH:
        done["Catch"] = _catch(state, jsonata=jsonata)
    if state.get("Type") != "Choice" and "Next" not in done:
        done["Next"] = HANDLE_STATUS
    return done


def _catch(state: State, *, jsonata: bool) -> list[Json]:
    """The plugin's own catchers, then those that leave nothing uncaught, unless it has a States.ALL itself."""
    own: list[Json] = list(listed(state, "Catch"))
    named = {name for catcher in listed(state, "Catch") for name in error_names(catcher)}
    if "States.ALL" in named:
        return own
    missing = [error for error in CATCHABLE if error not in named]
    if jsonata:
        return [*own, *({"ErrorEquals": [error], "Output": KEEP_ERROR, "Next": HANDLE_STATUS} for error in missing)]
    return [*own, *catchers("$.job_error", HANDLE_STATUS, missing)]


def _retrier(retry: Retry) -> Json:
    return {
        "ErrorEquals": list(retry.errors),
        "IntervalSeconds": retry.interval_seconds,
        "MaxAttempts": retry.max_attempts,
        "BackoffRate": retry.backoff_rate,
        "MaxDelaySeconds": retry.max_delay_seconds,
        "JitterStrategy": retry.jitter,
    }
