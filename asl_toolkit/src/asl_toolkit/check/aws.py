"""Asks AWS (ValidateStateMachineDefinition) and returns its diagnostics as findings.

Source: API reference, ValidateStateMachineDefinition (needs states:ValidateStateMachineDefinition; one call per second).
"""

from collections.abc import Sequence
from typing import Any

from asl_toolkit.check.checker import placed
from asl_toolkit.check.findings import ROOT, Report
from asl_toolkit.finding import Finding
from asl_toolkit.json_value import loads
from asl_toolkit.pointers import steps_of

_MOST = 100


def ask_aws(text: str, client: Any, *, machine_type: str | None = None) -> list[Finding]:  # boto3's stepfunctions client
    """AWS's diagnostics of a definition, in the order of the document. botocore's exceptions are not caught."""
    answer = client.validate_state_machine_definition(
        definition=text, type=machine_type or "STANDARD", severity="WARNING", maxResults=_MOST
    )
    report = Report()
    for diagnostic in answer["diagnostics"]:
        location = diagnostic.get("location", "")
        code = "AWS_ERROR" if diagnostic["severity"] == "ERROR" else "AWS_WARNING"
        pointer = tuple(steps_of(location)) if location.startswith("/") and location != "/" else ROOT
        report.add(code, pointer, f"{diagnostic['code']}: {diagnostic['message']}")
    if answer.get("truncated"):
        report.add("AWS_TRUNCATED", ROOT, f"AWS found more than the {len(answer['diagnostics'])} diagnostics listed")
    if answer["result"] == "FAIL" and not any(finding.code == "AWS_ERROR" for finding in report.findings):
        report.add("AWS_ERROR", ROOT, "AWS refuses the definition without a diagnostic")
    return merged(report.findings, [], text)


def merged(findings: Sequence[Finding], others: Sequence[Finding], text: str) -> list[Finding]:
    """The findings of both, in the order of the document, with line and column."""
    try:
        value = loads(text)
    except ValueError:
        return [*others, *findings]
    return placed([*others, *findings], value, text)
