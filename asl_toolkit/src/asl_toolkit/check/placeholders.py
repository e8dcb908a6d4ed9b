"""`${…}` placeholders that CloudFormation, SAM or Terraform replace: reported once, because their values are not checked."""

from collections.abc import Mapping

from asl_toolkit.check.findings import ROOT, Report
from asl_toolkit.check.values import is_placeholder
from asl_toolkit.json_value import Json


def check_placeholders(definition: Json, report: Report) -> None:
    """One finding for all placeholders, at the first of them."""
    count, first = 0, ROOT
    stack = [(definition, ROOT)]
    while stack:
        value, pointer = stack.pop()
        if isinstance(value, Mapping):
            stack.extend((inner, (*pointer, name)) for name, inner in reversed(list(value.items())))
        elif isinstance(value, list):
            stack.extend((inner, (*pointer, place)) for place, inner in reversed(list(enumerate(value))))
        elif is_placeholder(value) and "{%" not in value:
            count += 1
            first = first or pointer
    if count:
        report.add("PLACEHOLDERS", first, f"{count} value{'s have' if count > 1 else ' has'} a placeholder such as ${{…}}")
