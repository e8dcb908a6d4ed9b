"""AWS services through boto3, on moto: case rules of parameters, results and error names."""

import boto3
import pytest
from moto import mock_aws

import asl_toolkit
from asl_toolkit import Services
from asl_toolkit.services.aws import AwsCalls, checked
from asl_toolkit.services.aws.names import (
    client_name,
    exception_name,
    java_name,
    java_service,
    sdk_exception_name,
    sdk_member_name,
)


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield AwsCalls(lambda name: boto3.client(name, region_name="us-east-1"))


def call(aws, resource, parameters):
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return asl_toolkit.run({"StartAt": "T", "States": {"T": state}}, {}, services=Services(aws.handlers()))


def table(aws):
    aws.client("dynamodb").create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )


def test_dynamodb_optimised_and_by_the_sdk(aws):
    table(aws)
    put = call(aws, "dynamodb:putItem", {"TableName": "t", "Item": {"id": {"S": "1"}, "n": {"N": "5"}}})
    assert set(put.output) == {"SdkHttpMetadata", "SdkResponseMetadata"}
    got = call(aws, "aws-sdk:dynamodb:getItem", {"TableName": "t", "Key": {"id": {"S": "1"}}})
    assert got.output == {"Item": {"id": {"S": "1"}, "n": {"N": "5"}}}


@pytest.mark.parametrize(
    ("resource", "parameters", "error", "cause"),
    [
        ("dynamodb:putItem", {"TableName": "no", "Item": {"id": {"S": "1"}}}, "DynamoDB.ResourceNotFoundException",
         "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; "),
        ("aws-sdk:dynamodb:putItem", {"TableName": "no", "Item": {"id": {"S": "1"}}}, "DynamoDb.ResourceNotFoundException",
         "Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: "),
        ("dynamodb:putItem", {"TableName": "t"}, "DynamoDB.AmazonDynamoDBException",
         "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null (Service: "),
        ("aws-sdk:s3:getObject", {"Bucket": "bucket", "Key": "k"}, "S3.NoSuchBucketException",
         "The specified bucket does not exist"),
        ("aws-sdk:sfn:describeExecution", {"ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:a:b"},
         "Sfn.ExecutionDoesNotExistException", "Execution Does Not Exist"),
        ("sqs:sendMessage", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q"}, "SQS.AmazonSQSException",
         "The request must contain the parameter MessageBody. (Service: AmazonSQS; Status Code: 400; Error Code: "),
        ("sns:publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:no", "Message": "m"}, "SNS.NotFoundException",
         "Endpoint does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; "),
    ],
)  # fmt: skip
def test_errors_have_the_names_that_step_functions_gives(aws, resource, parameters, error, cause):
    result = call(aws, resource, parameters)
    assert (result.status, result.error) == ("FAILED", error)
    assert result.cause.startswith(cause)


@pytest.mark.parametrize(
    ("resource", "parameters", "message"),
    [
        ("aws-sdk:dynamodb:getItem", {"tableName": "t"}, 'The field "tableName" is not supported by Step Functions'),
        ("aws-sdk:sfn:startExecution", {"name": "a"}, 'The field "name" is not supported by Step Functions'),
        ("dynamodb:putItem", {"TableName": 5}, "The value for the field 'TableName' must be a STRING"),
        ("aws-sdk:ecs:runTask", {"Count": "2"}, "The value for the field 'Count' must be an INTEGER"),
        ("aws-sdk:ecs:runTask", {"Overrides": {"containerOverrides": []}},
         'The field "containerOverrides" is not supported by Step Functions'),
    ],
)  # fmt: skip
def test_wrong_parameters_end_the_execution(aws, resource, parameters, message):
    result = call(aws, resource, parameters)
    assert (result.status, result.error) == ("FAILED", "States.Runtime")
    assert f"could not be used to start the Task: [{message}]" in result.cause
    assert [event["type"] for event in result.events] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


def test_a_handler_of_ones_own_can_be_checked():
    parameters = {"JobName": "j", "Arguments": {"--n": 5}}
    state = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": parameters, "End": True}
    services = Services({("glue", "startJobRun"): checked(lambda request: {"JobRunState": "SUCCEEDED"})})
    result = asl_toolkit.run({"StartAt": "T", "States": {"T": state}}, {}, services=services)
    assert (result.error, result.cause.rpartition("Task: ")[2]) == (
        "States.Runtime",
        "[The value for the field '--n' must be a STRING]",
    )
    parameters["Arguments"] = {"--n": "5"}
    assert asl_toolkit.run({"StartAt": "T", "States": {"T": state}}, {}, services=services).status == "SUCCEEDED"


def test_members_are_written_with_capitals_and_times_as_texts(aws):
    aws.client("ecs").create_cluster(clusterName="c")
    clusters = call(aws, "aws-sdk:ecs:describeClusters", {"Clusters": ["c"]}).output
    assert (clusters["Clusters"][0]["ClusterName"], clusters["Clusters"][0]["Status"]) == ("c", "ACTIVE")
    aws.client("s3").create_bucket(Bucket="bucket")
    aws.client("s3").put_object(Bucket="bucket", Key="k", Body=b'{"a": 1}')
    assert call(aws, "aws-sdk:s3:getObject", {"Bucket": "bucket", "Key": "k"}).output["Body"] == '{"a": 1}'
    (entry,) = call(aws, "aws-sdk:s3:listObjectsV2", {"Bucket": "bucket"}).output["Contents"]
    assert entry["Key"] == "k"
    assert entry["LastModified"].endswith("Z")


def test_messages_may_be_json(aws):
    url = aws.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    sent = call(aws, "sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"a": [1]}})
    assert sent.output["MessageId"]
    assert aws.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == '{"a":[1]}'
    topic = aws.client("sns").create_topic(Name="t")["TopicArn"]
    assert call(aws, "sns:publish", {"TopicArn": topic, "Message": {"a": 1}}).status == "SUCCEEDED"


def test_events_are_put(aws):
    entries = [{"Source": "s", "DetailType": "d", "Detail": {"a": 1}}]
    result = call(aws, "events:putEvents", {"Entries": entries})
    assert (result.status, result.output.get("FailedEntryCount")) == ("SUCCEEDED", 0)


def test_an_item_reader_reads_from_s3(aws):
    aws.client("s3").create_bucket(Bucket="bucket")
    aws.client("s3").put_object(Bucket="bucket", Key="in/k.jsonl", Body=b"1\n2\n")
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSONL"},
        "Parameters": {"Bucket": "bucket", "Key": "in/k.jsonl"},
    }
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "bucket", "Prefix": "out"}}
    state = {"Type": "Map", "ItemProcessor": processor, "ItemReader": reader, "ResultWriter": writer, "End": True}
    machine = {"StartAt": "M", "States": {"M": state}}
    result = asl_toolkit.run(machine, {}, services=Services(aws.handlers()))
    key = result.output["ResultWriterDetails"]["Key"]
    assert b"SUCCEEDED_0.json" in aws.client("s3").get_object(Bucket="bucket", Key=key)["Body"].read()
    state["ItemReader"] = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "bucket", "Prefix": "in/"}}
    del state["ResultWriter"]
    (item,) = asl_toolkit.run(machine, {}, services=Services(aws.handlers())).output
    assert (item["Key"], item["Size"]) == ("in/k.jsonl", 4)


def test_names():
    assert [java_name(name) for name in ("DynamoDB", "SFN", "S3", "API Gateway", "Secrets Manager", "EMR containers")] == [
        "DynamoDb",
        "Sfn",
        "S3",
        "ApiGateway",
        "SecretsManager",
        "EmrContainers",
    ]
    assert [java_service(name) for name in ("Database Migration Service", "SFN", "Directory Service", "Amazon X")] == [
        "DatabaseMigration",
        "Sfn",
        "Directory",
        "X",
    ]
    assert [exception_name(name) for name in ("NoSuchKey", "XException", "ClusterNotFoundFault")] == [
        "NoSuchKeyException",
        "XException",
        "ClusterNotFoundException",
    ]
    available = frozenset({"emr-serverless", "glue", "stepfunctions"})
    assert [client_name(name, available) for name in ("emrserverless", "glue", "sfn", "nope")] == [
        "emr-serverless",
        "glue",
        "stepfunctions",
        None,
    ]


@pytest.mark.parametrize(
    ("resource", "parameters", "error"),
    [
        ("s3:headBucket", {"Bucket": "nobody-has-this"}, "S3.NoSuchBucketException"),
        ("s3:headObject", {"Bucket": "nobody-has-this", "Key": "k"}, "S3.NoSuchKeyException"),
        ("sqs:getQueueAttributes", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/gone"},
         "Sqs.QueueDoesNotExistException"),
        ("rds:deleteDBInstance", {"DbInstanceIdentifier": "gone", "SkipFinalSnapshot": True},
         "Rds.DbInstanceNotFoundException"),
    ],
)  # fmt: skip
def test_errors_of_the_sdk_are_the_classes_of_its_version_2(aws, resource, parameters, error):
    """tiny-asl-machine, Feature.Catch 007 (S3, run on AWS); sfnx (names that TestState gave); public ASL that catches Rds.Db…"""
    assert call(aws, f"aws-sdk:{resource}", parameters).error == error


def test_a_leading_acronym_is_a_word_for_the_sdk(aws):
    """Public definitions that run on AWS: `aws-sdk:rds:describeDBInstances`, `$.DbInstances[0].DbInstanceStatus`."""
    aws.client("rds").create_db_instance(DBInstanceIdentifier="shop", DBInstanceClass="db.t3.micro", Engine="postgres")
    for name in ("DbInstanceIdentifier", "DBInstanceIdentifier"):
        (shop,) = call(aws, "aws-sdk:rds:describeDBInstances", {name: "shop"}).output["DbInstances"]
        assert (shop["DbInstanceIdentifier"], shop["Engine"], shop["DbInstanceStatus"]) == ("shop", "postgres", "available")


def test_sdk_calls_of_step_functions_accept_json_for_text_members(aws):
    parameters = {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:gone", "Input": {"a": [1]}}
    assert call(aws, "aws-sdk:sfn:startExecution", parameters).error == "Sfn.StateMachineDoesNotExistException"


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("text data", b'"text data"'),
        ({"Dict": "Value"}, b'{"Dict":"Value"}'),
        (["List"], b'["List"]'),
        (False, b"false"),
        (0, b"0"),
    ],
)
def test_a_blob_of_the_sdk_is_the_json_text_of_its_value(aws, value, body):
    """LocalStack's recording of s3:putObject (pull 12035): md5 2b5df37… is that of "text data" with its quotes."""
    aws.client("s3").create_bucket(Bucket="bucket")
    assert call(aws, "aws-sdk:s3:putObject", {"Bucket": "bucket", "Key": "k", "Body": value}).status == "SUCCEEDED"
    assert aws.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == body


def test_a_dynamodb_attribute_may_be_plain_text(aws):
    """aws-samples, human-task-reminder: `taskComplete: "false"` is read back as `taskComplete.S`."""
    table(aws)
    call(aws, "dynamodb:putItem", {"TableName": "t", "Item": {"id": "1", "done": "false"}})
    item = call(aws, "dynamodb:getItem", {"TableName": "t", "Key": {"id": "1"}, "ConsistentRead": "true"}).output["Item"]
    assert item == {"id": {"S": "1"}, "done": {"S": "false"}}


def test_names_of_the_sdk():
    """Java's SDK 2.x: DefaultNamingStrategy, CodegenNamingUtils and Utils.unCapitalize of its code generator."""
    members = {
        "DBInstanceIdentifier": "DbInstanceIdentifier",
        "jobName": "JobName",
        "ETag": "ETag",
        "ACL": "Acl",
        "SSEKMSKeyId": "SsekmsKeyId",
        "VPCId": "VpcId",
        "EC2SecurityGroupName": "Ec2SecurityGroupName",
        "KmsKeyARN": "KmsKeyARN",
        "A": "A",
    }
    assert {name: sdk_member_name(name) for name in members} == members
    classes = {
        "DBInstanceNotFoundFault": "DbInstanceNotFoundException",
        "KMSInvalidStateException": "KmsInvalidStateException",
        "QueueDoesNotExist": "QueueDoesNotExistException",
        "EC2AccessDeniedException": "Ec2AccessDeniedException",
        "WAFNonexistentItemException": "WafNonexistentItemException",
    }
    assert {name: sdk_exception_name(name) for name in classes} == classes
