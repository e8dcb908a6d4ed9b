"""Parameters of Tasks against the service's request: required, unknown, misspelt and wrongly typed members, literals.

Source: botocore's service models; PascalCase for every service (developer guide, "Passing parameters to a service API").
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from asl_toolkit.botocore_shapes import Shape, boolean_of, broken_limits, fits, inside, is_plain_attribute
from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.integrations import OF_MAPS, Integration, Simple
from asl_toolkit.check.models import Models, find_member, member_names, nearest
from asl_toolkit.check.resources import Called
from asl_toolkit.check.scopes import StateAt
from asl_toolkit.check.values import is_expression, is_placeholder
from asl_toolkit.check.wording import shown
from asl_toolkit.json_value import Json

_DEEPEST: Final = 30
_WANTED: Final[Mapping[str, str]] = {
    "string": "a string",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "boolean": "true or false",
    "list": "an array",
    "map": "an object",
    "structure": "an object",
    "object": "an object",
}


def check_parameters(state: StateAt, called: Called, report: Report, models: Models) -> None:
    """Parameters (JSONPath) or Arguments (JSONata) of a Task."""
    if called.integration is not None:
        name = "Arguments" if state.jsonata else "Parameters"
        title = f"{called.service}:{called.action}"
        _check_request(state.value.get(name), state.at(name), called.integration, title, state, report, models)


def check_map_parameters(state: StateAt, report: Report, models: Models) -> None:
    """Parameters or Arguments of ItemReader and ResultWriter."""
    for part, actions in (("ItemReader", ("getObject", "listObjectsV2")), ("ResultWriter", ("putObject",))):
        holder = state.value.get(part)
        resource = holder.get("Resource") if isinstance(holder, Mapping) else None
        if not isinstance(holder, Mapping) or not isinstance(resource, str):
            continue
        service, _, action = resource.rpartition(":states:::")[2].partition(":")
        integration = OF_MAPS.get((service, action))
        if integration is not None and action in actions:
            name = "Arguments" if state.jsonata else "Parameters"
            title = f"{service}:{action}"
            _check_request(holder.get(name), state.at(part, name), integration, title, state, report, models)


def _check_request(  # noqa: PLR0913, PLR0917 - a request, its place, and its rules
    value: Json, pointer: Pointer, integration: Integration, title: str, state: StateAt, report: Report, models: Models
) -> None:
    if isinstance(value, Mapping):
        _Checker(integration, state.jsonata, report, models, title).check(value, pointer)
    elif value is not None and not is_placeholder(value) and not (state.jsonata and is_expression(value)):
        report.add("PARAMETER_TYPE", pointer, f"the request of {title} is an object, not {shown(value)}")


class _Checker:
    """The check of one request: the integration's rules, the models, and the query language, which decides what is dynamic."""

    def __init__(self, integration: Integration, jsonata: bool, report: Report, models: Models, title: str) -> None:  # noqa: FBT001
        self._rules = integration
        self._jsonata = jsonata
        self._report = report
        self._models = models
        self._title = title
        self._sdk = title.startswith("aws-sdk:")

    def check(self, value: Mapping[str, Json], pointer: Pointer) -> None:
        """The whole request."""
        rules = self._rules
        shape = None
        if rules.operation is not None and not rules.closed:
            operation = self._models.operation(*rules.operation)
            shape = operation.input_shape if operation is not None else None
            if operation is None or (shape is None and value):
                return
        names = {} if shape is None else member_names(shape)
        simple = {
            name: kind for name, kind in rules.members.items() if rules.closed or name in names or rules.required is not None
        }
        every = {**names, **{name: name for name in simple}}
        members = self._members(value, pointer, every, self._title)
        if rules.required is not None:
            required = list(rules.required)
        else:
            required = [] if shape is None else [n for n, own in names.items() if own in _required(shape)]
        self._missing(required, members, every, pointer, self._title)
        if rules.one_of and not any(every.get(name, name) in members for name in rules.one_of):
            self._report.add("PARAMETER_MISSING", pointer, f"{self._title} needs one of {', '.join(map(repr, rules.one_of))}")
        for member, (inner, where, dynamic) in members.items():
            if dynamic:
                continue
            kind = simple.get(member[:1].upper() + member[1:])
            if isinstance(kind, tuple):
                self._value(self._models.shape(*kind), inner, where, 0)
            elif kind is not None:
                self._simple(kind, inner, where)
            elif shape is not None:
                self._value(shape.members[member], inner, where, 0)

    def _members(
        self, value: Mapping[str, Json], pointer: Pointer, names: Mapping[str, str], what: str
    ) -> dict[str, tuple[Json, Pointer, bool]]:
        """A member's name in the model → (value, pointer, whether the value is known only at run time)."""
        members: dict[str, tuple[Json, Pointer, bool]] = {}
        for written, inner in value.items():
            dynamic = not self._jsonata and written.endswith(".$")
            name = written[:-2] if dynamic else written
            where = (*pointer, written)
            own = find_member(name, names)
            if name in self._rules.refused:
                self._report.add("PARAMETER_UNKNOWN", where, f"Step Functions does not accept {name!r} in {self._title}")
            elif own is not None:
                members[own] = (inner, where, dynamic or self._is_dynamic(inner))
            elif (near := nearest(name, names)) is not None:
                self._report.add("PARAMETER_CASE", where, f"{what} has no member {name!r}; did you mean {near!r}?")
                members[names[near]] = (inner, where, dynamic or self._is_dynamic(inner))
            else:
                close = get_close_matches(name, list(names), 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                self._report.add("PARAMETER_UNKNOWN", where, f"{what} has no member {name!r}{hint}")
        return members

    def _is_dynamic(self, value: Json) -> bool:
        return value is None or is_placeholder(value) or (self._jsonata and is_expression(value))

    def _missing(
        self, required: list[str], members: Mapping[str, object], names: Mapping[str, str], pointer: Pointer, what: str
    ) -> None:
        for name in required:
            if names.get(name, name) not in members and name not in self._rules.refused:
                self._report.add("PARAMETER_MISSING", pointer, f"{what} needs {name!r}")

    def _value(self, shape: Shape, value: Json, pointer: Pointer, depth: int) -> None:
        if self._is_dynamic(value) or depth > _DEEPEST or getattr(shape, "is_document_type", False):
            return
        kind = shape.type_name
        if kind in {"blob", "timestamp"} or is_plain_attribute(shape, value):
            return
        if kind == "string" and self._sdk and isinstance(value, (dict, list)):
            return  # Step Functions sends its JSON text
        if kind == "boolean" and boolean_of(value) is not None:
            return
        if not fits(kind, value):
            self._report.add("PARAMETER_TYPE", pointer, f"this member of {self._title} is {_WANTED[kind]}, not {shown(value)}")
            return
        if kind == "structure":
            self._structure(shape, value, pointer, depth)
            return
        for step, _, inner, held in inside(shape, value):
            if self._jsonata or not str(step).endswith(".$"):
                self._value(inner, held, (*pointer, step), depth + 1)
        self._limits(shape, kind, value, pointer)

    def _structure(self, shape: Shape, value: Mapping[str, Json], pointer: Pointer, depth: int) -> None:
        names, title = member_names(shape), f"{pointer[-1]} of {self._title}"
        members = self._members(value, pointer, names, title)
        self._missing([name for name, own in names.items() if own in _required(shape)], members, names, pointer, title)
        for member, (inner, where, dynamic) in members.items():
            if member not in _json_members(self._rules) and not dynamic:
                self._value(shape.members[member], inner, where, depth + 1)

    def _limits(self, shape: Shape, kind: str, value: Json, pointer: Pointer) -> None:
        size = len(value) if kind in {"string", "list"} else value
        unit = {"string": " characters", "list": " elements"}.get(kind, "")
        for limit, bound in broken_limits(shape, value):
            if limit == "enum":
                near = get_close_matches(value, bound, 1, 0.5)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                known = ", ".join(bound[:8]) + (" …" if len(bound) > 8 else "")
                self._report.add("PARAMETER_VALUE", pointer, f"{shown(value)} is not one of {known}{hint}")
                return
            what = "least" if limit == "min" else "most"
            self._report.add("PARAMETER_VALUE", pointer, f"the {what} that {self._title} takes here is {bound}{unit}, not {size}")

    def _simple(self, kind: Simple, value: Json, pointer: Pointer) -> None:
        if kind != "any" and not (fits(kind, value) or (kind == "boolean" and boolean_of(value) is not None)):
            self._report.add("PARAMETER_TYPE", pointer, f"this member of {self._title} is {_WANTED[kind]}, not {shown(value)}")


def _json_members(rules: Integration) -> frozenset[str]:
    """Members of kind "any", in any place: Detail of an entry of putEvents."""
    return frozenset(name for name, kind in rules.members.items() if kind == "any")


def _required(shape: Shape) -> frozenset[str]:
    """Required members, but for idempotency tokens, which the SDK fills in."""
    return frozenset(name for name in shape.required_members if not shape.members[name].metadata.get("idempotencyToken"))
