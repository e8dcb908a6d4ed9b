"""Checks a request before the client acts on it.

Like boto3's client it refuses unknown and missing members, wrong types and too small values (ParamValidationError with
botocore's text). The service refuses other words, too long or too large values and patterns: ValidationException, worded as
recorded ones of ListExecutions and CreateStateMachineAlias. A message never repeats a sensitive value.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from asl_toolkit.botocore_shapes import Shape, broken_limits, inside
from asl_toolkit.client.errors import Exceptions
from asl_toolkit.client.model import service_model
from asl_toolkit.runtime.payload import exceeds

_BYTES = "SensitiveData"  # this shape's length is counted in bytes of UTF-8 (API reference)


def check_request(operation: str, request: Mapping[str, Any], exceptions: Exceptions) -> None:
    """Raises ParamValidationError or ValidationException if the service would refuse the request."""
    shape = service_model().operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    sentences = list(violations(shape, request))
    if sentences:
        count = "1 validation error" if len(sentences) == 1 else f"{len(sentences)} validation errors"
        raise exceptions.make("ValidationException", f"{count} detected: {'; '.join(sentences)}", operation)


def violations(shape: Shape, value: Any, path: str = "") -> Iterator[str]:  # boto3's values
    """A sentence for each constraint that a value of the right types does not satisfy."""
    kind = shape.type_name
    if kind != "structure":
        for rule in _broken(shape, value):
            shown = "" if shape.metadata.get("sensitive") else f" '{value}'"
            yield f"Value{shown} at '{path}' failed to satisfy constraint: {rule}"
    for step, _, inner, held in inside(shape, value):
        where = f"{path}.{step + 1}.member" if isinstance(step, int) else f"{path}.{step}".lstrip(".")
        yield from violations(inner, held, where)


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    for limit, bound in broken_limits(shape, value):
        if limit == "enum":
            yield f"Member must satisfy enum value set: [{', '.join(bound)}]"
        elif limit == "max" and shape.name != _BYTES:
            what = "length" if shape.type_name in {"string", "list"} else "value"
            yield f"Member must have {what} less than or equal to {bound}"
    most, pattern = shape.metadata.get("max"), shape.metadata.get("pattern")
    if shape.name == _BYTES and exceeds(value, most):
        yield f"Member must have length less than or equal to {most}"
    if pattern is not None and not re.fullmatch(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
