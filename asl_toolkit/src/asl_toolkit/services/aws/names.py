"""Names: the botocore service and operation of an ARN, and the error names of Step Functions.

`aws-sdk:*` follows the AWS SDK for Java 2.x: `Sfn.StateMachineDoesNotExistException`, `DynamoDb.…`, `S3.NoSuchKeyException`
(its code generator's naming strategy). Optimised integrations follow version 1: `DynamoDB.AmazonDynamoDBException`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

# Java's client names whose botocore name differs in more than hyphens (all service models of botocore 1.44 compared).
_CLIENTS: Mapping[str, str] = {
    "applicationdiscovery": "discovery",
    "applicationdiscoveryservice": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "configservice": "config",
    "config": "config",
    "costandusagereport": "cur",
    "costandusagereportservice": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "databasemigrationservice": "dms",
    "directory": "ds",
    "directoryservice": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "elasticsearchservice": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexmodelbuildingservice": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntime": "lex-runtime",
    "lexruntimeservice": "lex-runtime",
    "lexruntimev2": "lexv2-runtime",
    "marketplaceentitlement": "marketplace-entitlement",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "pinpointsmsvoice": "sms-voice",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}


class Optimised(NamedTuple):
    """An optimised integration: botocore's service, the prefix of its errors, its base exception, its SDK v1 name."""

    client: str
    prefix: str
    base: str
    service: str


OPTIMISED: Mapping[str, Optimised] = {
    "batch": Optimised("batch", "Batch", "AWSBatchException", "AWSBatch"),
    "codebuild": Optimised("codebuild", "CodeBuild", "AWSCodeBuildException", "AWSCodeBuild"),
    "dynamodb": Optimised("dynamodb", "DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"),
    "ecs": Optimised("ecs", "ECS", "AmazonECSException", "AmazonECS"),
    "elasticmapreduce": Optimised("emr", "ElasticMapReduce", "AmazonElasticMapReduceException", "AmazonElasticMapReduce"),
    "events": Optimised("events", "EventBridge", "AmazonEventBridgeException", "AmazonEventBridge"),
    "glue": Optimised("glue", "Glue", "AWSGlueException", "AWSGlue"),
    "lambda": Optimised("lambda", "Lambda", "AWSLambdaException", "AWSLambda"),
    "s3": Optimised("s3", "S3", "AmazonS3Exception", "Amazon S3"),
    "sns": Optimised("sns", "SNS", "AmazonSNSException", "AmazonSNS"),
    "sqs": Optimised("sqs", "SQS", "AmazonSQSException", "AmazonSQS"),
    "states": Optimised("stepfunctions", "StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions"),
}


def client_name(service: str, available: frozenset[str]) -> str | None:
    """Botocore's name for the service of an `aws-sdk:` ARN (`sfn` → `stepfunctions`), or None."""
    if service in _CLIENTS:
        return _CLIENTS[service]
    if service in available:
        return service
    return next((name for name in sorted(available) if name.replace("-", "") == service), None)


def _words(name: str) -> list[str]:
    """The words of a name, as the code generator of Java's SDK 2.x splits it (its CodegenNamingUtils.splitOnWordBoundaries)."""
    spaced = re.sub(r"[^A-Za-z0-9]+", " ", name)
    spaced = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", spaced)
    spaced = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", spaced)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " ", spaced)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", spaced).split()


def java_name(name: str) -> str:
    """A name as Java's SDK writes classes: `DynamoDB` → `DynamoDb`, `SFN` → `Sfn`, `API Gateway` → `ApiGateway`."""
    return "".join(word[:1].upper() + word[1:].lower() for word in _words(name))


def java_service(service_id: str) -> str:
    """How Java's SDK 2.x names a service, from its id: `Database Migration Service` → `DatabaseMigration`, `SFN` → `Sfn`.

    This begins the errors of its `aws-sdk:` calls (its code generator: DefaultNamingStrategy.getServiceName).
    """
    name = java_name(service_id)
    for leading in ("Amazon", "Aws"):
        name = name.removeprefix(leading)
    return name.removesuffix("Service")


def exception_name(shape: str) -> str:
    """The exception class of Java's SDK 1.x for an error shape: `NoSuchKey` → `NoSuchKeyException`."""
    if shape.endswith("Exception"):
        return shape
    return f"{shape.removesuffix('Fault')}Exception"


def sdk_exception_name(shape: str) -> str:
    """The exception class of SDK 2.x: `DBInstanceNotFoundFault` → `DbInstanceNotFoundException` (its DefaultNamingStrategy)."""
    return java_name(exception_name(shape))


def member_name(name: str) -> str:
    """A member of a request or a result as Step Functions writes it: `jobName` → `JobName`."""
    return name[:1].upper() + name[1:]


def sdk_member_name(name: str) -> str:
    """A member in `aws-sdk:` integrations: SDK 2.x treats a leading acronym as a word: `DBInstanceId` → `DbInstanceId`.

    Public definitions agree: `aws-sdk:rds:describeDBInstances` has DbInstanceIdentifier and DbInstances (its code generator:
    Utils.unCapitalize, then a capital).
    """
    end = 1
    while end < len(name) and name[end].isupper() and not name[end + 1 : end + 2].islower():
        end += 1
    return name[:1].upper() + name[1:end].lower() + name[end:]
