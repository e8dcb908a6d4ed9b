"""No alarm on a definition that AWS ran."""

import json

from asl_toolkit.check import Severity, check


def test_definitions_that_aws_ran_raise_no_error(shared_data):
    alarms = {}
    definitions = {}
    for line in shared_data("conformance/asl/dev.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        definitions[json.dumps(case["definition"], sort_keys=True)] = case["name"]
    for text, name in definitions.items():
        errors = [str(finding) for finding in check(text) if finding.severity is Severity.ERROR]
        if errors:
            alarms[name] = errors
    assert len(definitions) > 200
    assert alarms == {}
