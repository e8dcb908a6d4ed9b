"""The answer of ValidateStateMachineDefinition as findings."""

import boto3
import pytest
from botocore.stub import Stubber

from asl_toolkit.check import command
from asl_toolkit.check.aws import ask_aws

TEXT = '{\n  "StartAt": "A",\n  "States": {\n    "A": {"Type": "Pass", "End": true}\n  }\n}\n'
REQUEST = {"definition": TEXT, "type": "STANDARD", "severity": "WARNING", "maxResults": 100}


@pytest.fixture
def client():
    return boto3.client("stepfunctions", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def answer(*diagnostics, result="OK", truncated=False):
    return {"result": result, "diagnostics": list(diagnostics), "truncated": truncated}


def test_diagnostics_become_findings_in_the_order_of_the_document(client):
    error = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": "The field is odd", "location": "/States/A/End"}
    warning = {"severity": "WARNING", "code": "NO_DOLLAR", "message": "No .$", "location": "/States/A"}
    with Stubber(client) as stubber:
        stubber.add_response("validate_state_machine_definition", answer(error, warning, result="FAIL"), REQUEST)
        findings = ask_aws(TEXT, client)
    assert [str(finding) for finding in findings] == [
        "4:5 WARNING AWS_WARNING /States/A: NO_DOLLAR: No .$. See the message of AWS.",
        "4:27 ERROR AWS_ERROR /States/A/End: SCHEMA_VALIDATION_FAILED: The field is odd. See the message of AWS.",
    ]


def test_a_truncated_list_and_a_refusal_without_diagnostics_are_reported(client):
    with Stubber(client) as stubber:
        stubber.add_response("validate_state_machine_definition", answer(result="FAIL", truncated=True), REQUEST)
        findings = ask_aws(TEXT, client)
    assert [str(finding) for finding in findings] == [
        "1:1 ERROR AWS_ERROR /: AWS refuses the definition without a diagnostic. See the message of AWS.",
        "1:1 WARNING AWS_TRUNCATED /: AWS found more than the 0 diagnostics listed. Correct these faults and ask again.",
    ]


def test_aws_is_asked_about_invalid_json_too(client):
    diagnostic = {"severity": "ERROR", "code": "INVALID_JSON_DESCRIPTION", "message": "no JSON"}
    with Stubber(client) as stubber:
        request = {**REQUEST, "definition": "{", "type": "EXPRESS"}
        stubber.add_response("validate_state_machine_definition", answer(diagnostic, result="FAIL"), request)
        findings = ask_aws("{", client, machine_type="EXPRESS")
    assert [(finding.code, finding.message) for finding in findings] == [("AWS_ERROR", "INVALID_JSON_DESCRIPTION: no JSON")]


def test_the_command_merges_the_diagnostics_of_aws(client, monkeypatch, capsys, tmp_path):
    file = tmp_path / "machine.asl.json"
    file.write_text(TEXT.replace('"End": true', '"End": true, "Nxt": "B"'), encoding="utf-8")
    diagnostic = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": "odd", "location": "/States/A/Nxt"}
    monkeypatch.setattr(command, "_client", lambda region: client)
    with Stubber(client) as stubber:
        request = {**REQUEST, "definition": file.read_text(encoding="utf-8")}
        stubber.add_response("validate_state_machine_definition", answer(diagnostic, result="FAIL"), request)
        assert command.main([str(file), "--aws"]) == 1
    assert capsys.readouterr().out == (
        f"{file}:4:40: ERROR AWS_ERROR /States/A/Nxt: SCHEMA_VALIDATION_FAILED: odd. See the message of AWS.\n"
        f"{file}:4:40: ERROR UNKNOWN_FIELD /States/A/Nxt: a Pass state has no field 'Nxt'; did you mean 'Next'? "
        "Remove the field or correct its name.\n"
        "1 file: 2 errors, 0 warnings\n"
    )


def test_a_refused_call_to_aws_is_wrong_use(client, monkeypatch, capsys, tmp_path):
    file = tmp_path / "machine.asl.json"
    file.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(command, "_client", lambda region: client)
    with Stubber(client) as stubber:
        stubber.add_client_error("validate_state_machine_definition", "AccessDeniedException", "not you")
        assert command.main([str(file), "--aws"]) == 2
    assert capsys.readouterr().err == (
        f"check: cannot ask AWS about {str(file)!r}: An error occurred (AccessDeniedException) when calling the "
        "ValidateStateMachineDefinition operation: not you\n"
    )
