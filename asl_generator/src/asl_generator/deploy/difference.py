"""What differs between two templates of a pipeline, in words: job types, plugins, states, permissions, functions, the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from asl_generator.branches.scopes import scopes
from extract_core.registry import routing

if TYPE_CHECKING:
    from collections.abc import Callable

Document = Mapping[str, Any]  # Any: a template, or the definition of a machine
MACHINE: Final = "AWS::StepFunctions::StateMachine"
_POLICY: Final = "AWS::IAM::Policy"
_VERSION: Final = "AWS::StepFunctions::StateMachineVersion"
_SHOWN: Final = 80  # characters of a value
_INNER: Final = ("ItemProcessor", "Iterator", "Branches")  # their states are compared one by one


def differences(deployed: Document, built: Document) -> list[str]:
    """A line per difference: what `built` would change in `deployed`. Both are templates; empty if they are equal."""
    before, after = deployed.get("Resources", {}), built.get("Resources", {})
    return [
        *_of_machines(definition_of(before), definition_of(after)),
        *_of_policies(before, after),
        *_of_resources(before, after),
    ]


def definition_of(resources: Document) -> Document:
    """The definition of the machine among these resources; empty if there is none."""
    for body in resources.values():
        if body["Type"] == MACHINE:
            definition: Document = json.loads(definition_text(body))
            return definition
    return {}


def definition_text(machine: Document) -> str:
    """The definition of this resource as JSON. Names of other resources appear in it as ``${ECSCluster}``."""
    text = machine["Properties"]["DefinitionString"]
    return str(text["Fn::Sub"]).replace("${!", "${") if isinstance(text, Mapping) else str(text)


def _of_machines(before: Document, after: Document) -> Iterator[str]:
    old, new = _facts(before), _facts(after)
    yield from _compared("job type", old.get("job_types", {}), new.get("job_types", {}), _changed_members)
    yield from _compared("plugin", old.get("versions", {}), new.get("versions", {}), _from_to)
    for option in ("map", "max_concurrency", "retry_loop"):
        if old and old.get(option) != new.get(option):
            yield f"machine: {option} {_text(old.get(option))} → {_text(new.get(option))}"
    yield from _compared("state", _states(before), _states(after), _changed_members)


def _facts(definition: Document) -> Document:
    """What the machine tells the config manager about itself."""
    payload = definition.get("States", {}).get(routing.CONFIG_MANAGER, {}).get("Parameters", {}).get("Payload", {})
    facts: Document = payload.get("machine", {})
    return facts


def _states(definition: Document) -> dict[str, Document]:
    """All states by name, without the states inside them, and without what follows from the job types."""
    if not definition:
        return {}
    states: dict[str, Document] = {}
    for scope in scopes(definition["States"], definition["StartAt"]):
        for name, state in scope.states.items():
            states[name] = {key: value for key, value in state.items() if key not in _INNER}
    for name, member in ((routing.CONFIG_MANAGER, "Parameters"), (routing.CHOOSE, "Choices")):  # follow from the job types
        if name in states:
            states[name] = {key: value for key, value in states[name].items() if key != member}
    return states


def _compared(kind: str, before: Document, after: Document, words: Callable[[Any, Any], Iterator[str]]) -> Iterator[str]:
    """Names that are new, gone or changed. `words` says how a changed one changed."""
    for name in sorted({*before, *after}):
        if name not in before:
            yield f"{kind} {name!r}: added"
        elif name not in after:
            yield f"{kind} {name!r}: removed"
        elif before[name] != after[name]:
            yield from (f"{kind} {name!r}: {line}" for line in words(before[name], after[name]))


def _changed_members(before: Document, after: Document, path: str = "") -> Iterator[str]:
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _changed_members(old, new, f"{path}{key}.")
        elif key not in before or key not in after:
            yield f"{path}{key} {'added' if key not in before else 'removed'}: {_text(new if key not in before else old)}"
        elif isinstance(old, list) or isinstance(new, list) or _text(old) == _text(new):
            yield f"{path}{key} changed"
        else:
            yield f"{path}{key} {_text(old)} → {_text(new)}"


def _from_to(before: object, after: object) -> Iterator[str]:
    yield f"{before} → {after}"


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _of_policies(before: Document, after: Document) -> Iterator[str]:
    """What roles may do more and less. A policy that is new or gone is a resource that is added or removed."""
    for name in sorted({*before} & {*after}):
        if before[name]["Type"] == after[name]["Type"] == _POLICY:
            old, new = _rights(before[name]), _rights(after[name])
            role = name.removesuffix("Policy")
            yield from (f"permissions of {role}: wider: {right}" for right in sorted(new - old))
            yield from (f"permissions of {role}: narrower: {right}" for right in sorted(old - new))


def _rights(policy: Document) -> set[str]:
    """A line per action, resource and condition."""
    return {
        f"{action} on {resource if isinstance(resource, str) else json.dumps(resource, sort_keys=True)}"
        + (f" if {json.dumps(of['Condition'], sort_keys=True)}" if of.get("Condition") else "")
        for of in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in of["Action"]
        for resource in of["Resource"]
    }


def _of_resources(before: Document, after: Document) -> Iterator[str]:
    """All other resources. The definition of the machine and the statements of policies are compared above."""
    old, new = ({name: _rest(body) for name, body in of.items() if body["Type"] != _VERSION} for of in (before, after))
    yield from _compared("resource", old, new, _changed_members)


def _rest(body: Document) -> Document:
    left_out = {MACHINE: "DefinitionString", _POLICY: "PolicyDocument"}.get(body["Type"], "")
    properties = {key: value for key, value in body.get("Properties", {}).items() if key != left_out}
    return {**{key: value for key, value in body.items() if key != "Properties"}, **properties}
