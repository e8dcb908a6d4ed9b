"""Names: which botocore service and operation an ARN means, and how Step Functions names a service's errors.

`aws-sdk:*` follows the AWS SDK for Java 2.x: `Sfn.StateMachineDoesNotExistException`, `DynamoDb.…`, `S3.NoSuchKeyException`
(its code generator's naming strategy). Optimised integrations follow version 1: `DynamoDB.AmazonDynamoDBException`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Optimised:
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


def java_name(service_id: str) -> str:
    """A service id as Java's SDK writes class names: `DynamoDB` → `DynamoDb`, `SFN` → `Sfn`, `API Gateway` → `ApiGateway`."""
    spaced = re.sub(r"[^A-Za-z0-9]+", " ", service_id)
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", spaced)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return "".join(word[:1].upper() + word[1:].lower() for word in spaced.split())


def exception_name(shape: str) -> str:
    """The class that Java's SDK makes of an error shape: `NoSuchKey` → `NoSuchKeyException`."""
    if shape.endswith("Exception"):
        return shape
    return f"{shape.removesuffix('Fault')}Exception"
