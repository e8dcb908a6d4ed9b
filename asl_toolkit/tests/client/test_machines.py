"""State machines: created, described, updated, listed, tagged and deleted; definitions validated."""

import json

import pytest

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "no"}}}
ROLE = "arn:aws:iam::111111111111:role/r"


def test_a_machine_from_creation_to_its_end(client, create):
    arn = create(client, "m", PASS, tags=[{"key": "team", "value": "data"}])
    assert arn == "arn:aws:states:us-east-1:111111111111:stateMachine:m"
    assert create(client, "m", PASS) == arn
    described = client.describe_state_machine(stateMachineArn=arn)
    assert {name: described[name] for name in ("name", "status", "type", "roleArn")} == {
        "name": "m",
        "status": "ACTIVE",
        "type": "STANDARD",
        "roleArn": ROLE,
    }
    assert described["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert "revisionId" not in described
    with pytest.raises(client.exceptions.StateMachineAlreadyExists, match=f"State Machine Already Exists: '{arn}'"):
        create(client, "m", FAIL)
    updated = client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAIL), roleArn=ROLE + "2")
    again = client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAIL))
    assert again["revisionId"] == updated["revisionId"]
    described = client.describe_state_machine(stateMachineArn=arn)
    assert (json.loads(described["definition"]), described["roleArn"]) == (FAIL, ROLE + "2")
    assert described["revisionId"] == updated["revisionId"]
    with pytest.raises(client.exceptions.MissingRequiredParameter, match="Either the definition, the role ARN"):
        client.update_state_machine(stateMachineArn=arn)
    client.tag_resource(resourceArn=arn, tags=[{"key": "env", "value": "test"}])
    client.untag_resource(resourceArn=arn, tagKeys=["team", "nothing"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "env", "value": "test"}]
    with pytest.raises(client.exceptions.TooManyTags):
        client.tag_resource(resourceArn=arn, tags=[{"key": str(number), "value": ""} for number in range(50)])
    client.delete_state_machine(stateMachineArn=arn)
    client.delete_state_machine(stateMachineArn=arn)
    with pytest.raises(client.exceptions.StateMachineDoesNotExist):
        client.start_execution(stateMachineArn=arn)


def test_the_variables_that_states_read_are_listed(client, create):
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}
    reader["ReaderConfig"] = {"InputType": "JSON", "MaxItemsPath": "$most"}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    rule = {"Variable": "$guess", "StringEqualsPath": "$answer", "Next": "M"}
    states = {
        "Setup": {"Type": "Pass", "Assign": {"guess": "a", "answer": "b", "most": 2}, "Next": "C"},
        "C": {"Type": "Choice", "Choices": [rule], "Default": "J"},
        "J": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $count($guess) & $nobody %}", "End": True},
        "M": {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True},
    }
    arn = create(client, "m", {"StartAt": "Setup", "States": states})
    described = client.describe_state_machine(stateMachineArn=arn)
    assert described["variableReferences"] == {"C": ["answer", "guess"], "J": ["guess"], "M": ["most"]}
    assert "variableReferences" not in client.describe_state_machine(stateMachineArn=create(client, "p", PASS))


def test_an_execution_keeps_the_definition_that_it_started_with(client, create):
    arn = create(client, "m", PASS)
    started = client.start_execution(stateMachineArn=arn)
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAIL))
    revision = client.describe_state_machine_for_execution(executionArn=started["executionArn"])
    assert (json.loads(revision["definition"]), revision["name"], revision["stateMachineArn"]) == (PASS, "m", arn)


def test_machines_are_listed_by_name_in_pages(client, create):
    arns = [create(client, f"m{number}", PASS) for number in (3, 1, 2)]
    first = client.list_state_machines(maxResults=2)
    assert [it["name"] for it in first["stateMachines"]] == ["m1", "m2"]
    rest = client.list_state_machines(maxResults=2, nextToken=first["nextToken"])
    assert [it["stateMachineArn"] for it in rest["stateMachines"]] == arns[:1]
    assert "nextToken" not in rest
    pages = client.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 1})
    assert [it["name"] for page in pages for it in page["stateMachines"]] == ["m1", "m2", "m3"]
    with pytest.raises(client.exceptions.InvalidToken):
        client.list_state_machines(nextToken="abc")


def diagnostics(client, definition, **more):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    answer = client.validate_state_machine_definition(definition=text, **more)
    return answer["result"], [(it["severity"], it["code"], it.get("location")) for it in answer["diagnostics"]]


JOB = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": True}


@pytest.mark.parametrize(
    ("definition", "code", "location"),
    [
        ("{}", "SCHEMA_VALIDATION_FAILED", "/"),
        ('""', "SCHEMA_VALIDATION_FAILED", None),
        ("no JSON", "INVALID_JSON_DESCRIPTION", '[Source: (String)"no JSON"; line: 1, column: 1]'),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Succeed"}}},
            "MISSING_TRANSITION_TARGET",
            "/States/A/Next",
        ),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}, "MISSING_END_STATE", "/States"),
        ({"StartAt": "A" * 81, "States": {"A" * 81: {"Type": "Succeed"}}}, "INVALID_STATE_NAME", "/States/" + "A" * 81),
        ({"StartAt": "J", "States": {"J": {**JOB, "Resource": "glue"}}}, "INVALID_RESOURCE", "/States/J/Resource"),
        ({"StartAt": "J", "States": {"J": {**JOB, "Parameters": {}}}}, "SCHEMA_VALIDATION_FAILED", "/States/J/Parameters"),
    ],
)
def test_faults_have_the_codes_of_aws(client, definition, code, location):
    result, faults = diagnostics(client, definition)
    assert result == "FAIL"
    assert faults[0] == ("ERROR", code, location)


def test_a_language_that_cannot_be_gone_back_to_is_named_as_recorded(client):
    state = {"Type": "Pass", "QueryLanguage": "JSONPath", "End": True}
    definition = {"QueryLanguage": "JSONata", "StartAt": "Pass", "States": {"Pass": state}}
    answer = client.validate_state_machine_definition(definition=json.dumps(definition))
    message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
    assert answer["diagnostics"] == [
        {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": message, "location": "/States/Pass"}
    ]


def test_faults_that_aws_finds_at_run_time_are_not_diagnostics(client):
    job = {**JOB, "Parameters": {"JobName": "j", "NumberOfWorkers": "2", "NotificationProperty": {"Nothing": 1}}}
    assert diagnostics(client, {"StartAt": "J", "States": {"J": job}}) == ("OK", [])


def test_warnings_are_returned_on_request(client):
    states = {"P": {"Type": "Pass", "Result": {"a.$": "$.a"}, "Next": "J"}, "J": {**JOB, "Parameters": {"JobName": "$.name"}}}
    definition = {"StartAt": "P", "States": states}
    assert diagnostics(client, definition) == ("OK", [])
    warnings = [
        ("WARNING", "PASS_RESULT_IS_STATIC", "/States/P/Result/a.$"),
        ("WARNING", "NO_DOLLAR", "/States/J/Parameters/JobName"),
    ]
    assert diagnostics(client, definition, severity="WARNING") == ("OK", warnings)


def test_diagnostics_are_cut_at_max_results(client):
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
    answer = client.validate_state_machine_definition(definition=json.dumps(definition), maxResults=1)
    assert (len(answer["diagnostics"]), answer["truncated"], answer["result"]) == (1, True, "FAIL")
    whole = client.validate_state_machine_definition(definition=json.dumps(definition))
    assert (len(whole["diagnostics"]), whole["truncated"]) == (2, False)


def test_invalid_definition_quotes_every_error(client, create):
    with pytest.raises(client.exceptions.InvalidDefinition) as caught:
        create(client, "m", {"StartAt": "A"})
    message = "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"
    assert caught.value.response["Error"]["Message"] == message


def test_features_that_the_interpreter_lacks_are_refused(client, create):
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    place = {"Bucket": "b", "Key": "k"}
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "MANIFEST"}, "Parameters": place}
    processor = {"ProcessorConfig": config, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    loop = {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True}
    text = (
        r"SCHEMA_VALIDATION_FAILED: an ItemReader of InputType MANIFEST .* is not run here at /States/M/ItemReader/ReaderConfig"
    )
    with pytest.raises(client.exceptions.InvalidDefinition, match=text):
        create(client, "m", {"StartAt": "M", "States": {"M": loop}})


def test_a_role_is_an_arn(client):
    with pytest.raises(client.exceptions.InvalidArn) as refused:
        client.create_state_machine(name="m", definition='{"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}', roleArn="role")
    assert refused.value.response["Error"]["Message"] == "Invalid Arn: 'Invalid ARN prefix: role'"
