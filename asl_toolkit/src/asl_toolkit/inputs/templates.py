"""The state machines of a CloudFormation or SAM template, as the two resource types write them.

Source: the CloudFormation reference of AWS::StepFunctions::StateMachine (Definition, DefinitionString, DefinitionS3Location,
DefinitionSubstitutions, StateMachineType) and the SAM reference of AWS::Serverless::StateMachine (Definition, DefinitionUri,
DefinitionSubstitutions, Type).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from asl_toolkit.inputs.functions import Resolver, substitute
from asl_toolkit.json_value import Json
from asl_toolkit.pointers import below

_TYPES = ("AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine")
_FIELDS = ("Definition", "DefinitionString", "DefinitionUri", "DefinitionS3Location")


class InTemplate(NamedTuple):
    """A state machine of a template: its definition as a value or text, or the path of the file that has it."""

    name: str
    pointer: str
    definition: Json = None
    file: str | None = None
    substitutions: Mapping[str, str] = {}
    kind: str | None = None
    why_not: str | None = None  # why the template alone does not have it


def is_template(value: Json) -> bool:
    """Whether a document is a template: it has resources, and no states."""
    return isinstance(value, dict) and isinstance(value.get("Resources"), dict) and "States" not in value


def machines_of(template: Mapping[str, Json], substitutions: Mapping[str, str]) -> Iterator[InTemplate]:
    """The state machines of a template, in its order. `substitutions` win over those of the template."""
    parameters = template.get("Parameters")
    defaults = {
        name: str(about["Default"])
        for name, about in (parameters.items() if isinstance(parameters, dict) else ())
        if isinstance(about, dict) and isinstance(about.get("Default"), (str, int, float))
    }
    resolver = Resolver({**defaults, **substitutions})
    for name, resource in template["Resources"].items():
        if isinstance(resource, dict) and resource.get("Type") in _TYPES:
            yield _machine(name, resource.get("Properties"), resolver, substitutions)


def _machine(name: str, properties: Json, resolver: Resolver, substitutions: Mapping[str, str]) -> InTemplate:
    top = below("", "Resources", name, "Properties")
    fields = properties if isinstance(properties, dict) else {}
    field = next((field for field in _FIELDS if field in fields), None)
    if field is None:
        return InTemplate(name, top, why_not=f"the state machine {name!r} has none of {', '.join(_FIELDS)}")
    resolved = resolver.resolve(fields[field])
    more = resolver.resolve(fields.get("DefinitionSubstitutions") or {})
    own = {key: value for key, value in more.items() if isinstance(value, str)} if isinstance(more, dict) else {}
    kind = resolver.resolve(fields.get("StateMachineType", fields.get("Type")))
    about = InTemplate(
        name, below(top, field), substitutions={**own, **substitutions}, kind=kind if kind in {"STANDARD", "EXPRESS"} else None
    )
    if field == "DefinitionUri" and isinstance(resolved, str) and "://" not in resolved and "${" not in resolved:
        return about._replace(file=resolved)
    if field in {"DefinitionUri", "DefinitionS3Location"}:
        shown = resolved if isinstance(resolved, str) else f"bucket {_part(resolved, 'Bucket')}, key {_part(resolved, 'Key')}"
        return about._replace(why_not=f"the definition of {name!r} is in S3 ({shown}): download it, and check that file")
    return about._replace(definition=substitute(resolved, about.substitutions))


def _part(value: Json, name: str) -> str:
    return str(value.get(name, "?")) if isinstance(value, dict) else "?"


__all__ = ["InTemplate", "is_template", "machines_of"]
