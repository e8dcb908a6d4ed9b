"""What a request must be, before the client does anything about it.

Like boto3's client it refuses unknown and missing members, wrong types and too small values itself (ParamValidationError,
botocore's text). What only the service refuses (enums, greatest lengths and values, patterns) is a ValidationException, in
the words of recorded ones of ListExecutions and CreateStateMachineAlias. A sensitive value is not repeated.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from asl_toolkit.client.errors import Exceptions
from asl_toolkit.client.model import service_model
from asl_toolkit.runtime.payload import exceeds

_BYTES = "SensitiveData"  # this shape's length is counted in bytes of UTF-8 (API reference)


def check_request(operation: str, request: Mapping[str, Any], exceptions: Exceptions) -> None:
    """ParamValidationError or ValidationException for a request that the service would never carry out."""
    shape = service_model().operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    found = list(violations(shape, request))
    if found:
        count = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise exceptions.make("ValidationException", f"{count} detected: {'; '.join(found)}", operation)


def violations(shape: Any, value: Any, path: str = "") -> Iterator[str]:  # botocore's shapes, boto3's values
    """A sentence for each constraint that a value, already of the right types, does not satisfy."""
    kind = shape.type_name
    if kind == "structure":
        for name, inner in value.items():
            yield from violations(shape.members[name], inner, f"{path}.{name}" if path else name)
        return
    for rule in _broken(shape, value):
        shown = "" if shape.metadata.get("sensitive") else f" '{value}'"
        yield f"Value{shown} at '{path}' failed to satisfy constraint: {rule}"
    if kind == "list":
        for number, inner in enumerate(value, 1):
            yield from violations(shape.member, inner, f"{path}.{number}.member")


def _broken(shape: Any, value: Any) -> Iterator[str]:
    rules = shape.metadata
    most = rules.get("max")
    if most is not None and shape.type_name in {"string", "list"}:
        over = exceeds(value, most) if shape.name == _BYTES else len(value) > most
        if over:
            yield f"Member must have length less than or equal to {most}"
    elif most is not None and value > most:
        yield f"Member must have value less than or equal to {most}"
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    pattern = rules.get("pattern")
    if pattern is not None and not re.fullmatch(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
