"""One job type's branch: the plugin's states, checked and completed with what every branch needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asl_generator.branches.faults import CAN_CATCH, KEEP_ERROR, branch_faults, language
from asl_generator.branches.scopes import State, States, error_names, listed, scopes, targets
from asl_generator.branches.start_retries import retrier, retry_faults
from asl_generator.errors import GeneratorError, calling
from asl_generator.machine.core_states import CATCHABLE, catchers
from asl_generator.machine.json_text import plain
from extract_core.contract import Branch
from extract_core.dataclass import dataclass
from extract_core.registry.routing import HANDLE_STATUS, LATER_ERROR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asl_generator.deployments.place import PlacedJobType
    from extract_core.contract import Json, Retry
    from extract_core.registry.entry_points import Provider


@dataclass(frozen=True, slots=True)
class MachineBranch:
    """A branch in the machine. `names` are all its states, including inner ones."""

    job_type: str
    provider: Provider
    start: str
    job_state: str
    states: Mapping[str, Mapping[str, Json]]
    names: tuple[str, ...]


def assemble(placed: PlacedJobType) -> MachineBranch:
    """The complete branch. GeneratorError with all its faults."""
    job_type, provider = placed.installed.job_type, placed.installed.provider
    with calling(placed.named, "branch()"):
        branch = job_type.branch(placed.target)
    if not isinstance(branch, Branch):
        raise GeneratorError([f"{placed.named}: branch() returned {branch!r}; return a Branch"])
    with calling(placed.named, "start_retries()"):
        retries = list(job_type.start_retries())
    states = _plain_states(branch, placed.named)
    faults = [*retry_faults([*retries]), *branch_faults(branch, states, job_type.title)]
    if faults:
        raise GeneratorError([f"{placed.named}: {fault}" for fault in faults])
    later = _after(branch.job_state, states)
    completed = {name: _completed(branch, name, state, retries, later=name in later) for name, state in states.items()}
    for scope in scopes(completed, branch.start):
        for state in scope.states.values():
            state.setdefault("Comment", f"Part of the job type {job_type.name}, of {provider.distribution}")
            if branch.query_language == "JSONata":
                state.setdefault("QueryLanguage", "JSONata")
    names = tuple(name for scope in scopes(states, branch.start) for name in scope.states)
    return MachineBranch(job_type.name, provider, branch.start, branch.job_state, completed, names)


def _plain_states(branch: Branch, plugin: str) -> States:
    if branch.query_language not in ("JSONPath", "JSONata"):
        raise GeneratorError([f"{plugin}: query_language is {branch.query_language!r}; it is JSONPath or JSONata"])
    try:
        states = plain(branch.states, "states")
    except ValueError as error:
        raise GeneratorError([f"{plugin}: {error}"]) from error
    if not isinstance(states, dict) or not states:
        raise GeneratorError([f"{plugin}: states is {branch.states!r}; it must map names to states"])
    no_states = [
        f"{plugin}: state {name!r} is {state!r}; it must be an object"
        for name, state in states.items()
        if not isinstance(state, dict)
    ]
    if no_states:
        raise GeneratorError(no_states)
    return {name: state for name, state in states.items() if isinstance(state, dict)}


def _after(job_state: str, states: States) -> frozenset[str]:
    """The states that the branch can reach from its job state, without it: there the job may have started."""
    reached: set[str] = set()
    ahead = [job_state]
    while ahead:
        following = set(targets(states.get(ahead.pop(), {}))) - reached - {job_state}
        reached |= following
        ahead += following
    return frozenset(reached)


def _completed(branch: Branch, name: str, state: State, retries: list[Retry], *, later: bool) -> State:
    """The state with the generator's parts: time limit and Retry of the job, Catch, and Next to the status handler.

    An error after the start is kept at ``$.later_error``, so that the status handler never starts a second job beside the first.
    """
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
            done["Retry"] = [retrier(retry) for retry in retries]
    if state.get("Type") in CAN_CATCH:
        done["Catch"] = _catch(state, LATER_ERROR if later else "job_error", jsonata=jsonata)
    if state.get("Type") != "Choice" and "Next" not in done:
        done["Next"] = HANDLE_STATUS
    return done


def _catch(state: State, member: str, *, jsonata: bool) -> list[Json]:
    """The plugin's own catchers, then catchers for all other errors, unless the plugin catches States.ALL itself."""
    own: list[Json] = list(listed(state, "Catch"))
    caught = {name for catcher in listed(state, "Catch") for name in error_names(catcher)}
    if "States.ALL" in caught:
        return own
    missing = [error for error in CATCHABLE if error not in caught]
    if jsonata:
        output = KEEP_ERROR.replace("job_error", member)
        return [*own, *({"ErrorEquals": [error], "Output": output, "Next": HANDLE_STATUS} for error in missing)]
    return [*own, *catchers(f"$.{member}", HANDLE_STATUS, missing)]
