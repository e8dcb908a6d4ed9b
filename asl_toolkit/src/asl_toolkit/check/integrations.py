"""The optimised integrations of Step Functions: actions, patterns, and differences from the service's own requests.

Sources: developer guide, "Integrating optimized services" (table of patterns) and the page of each service: connect-emr (one
Step, ClusterId, names instead of ids), connect-eks (call, runJob), connect-bedrock (Body or Input, Output),
connect-api-gateway, call-https-apis. Members are PascalCase for every service. A member of kind "any" accepts any JSON
value, and Step Functions sends its text (MessageBody, Message, Detail, Input, Payload).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

Simple: TypeAlias = Literal["any", "string", "boolean", "object"]
ModelShape: TypeAlias = tuple[str, str]  # botocore's service and the name of a shape in its model


class Integration(NamedTuple):
    """One action.

    `suffixes` are its patterns; `operation` is the called operation (botocore's service and operation). `members` replaces
    or adds members of the request, `required` replaces the required members (None: those of the model), `refused` names
    members that Step Functions does not accept at any depth. `closed`: the request has no other members than `members`. At
    least one member of `one_of` must be present.
    """

    suffixes: tuple[str, ...]
    operation: tuple[str, str] | None = None
    members: Mapping[str, Simple | ModelShape] = MappingProxyType({})
    required: tuple[str, ...] | None = None
    refused: frozenset[str] = frozenset()
    closed: bool = False
    one_of: tuple[str, ...] = ()


_REQUEST: Final = ("",)
_JOB: Final = ("", ".sync")
_TOKEN: Final = ("", ".waitForTaskToken")
_BOTH: Final = ("", ".sync", ".waitForTaskToken")


def _calls(service: str, suffixes: tuple[str, ...], *actions: str) -> dict[str, Integration]:
    """Actions with the same request as the service's operation of the same name."""
    return {action: Integration(suffixes, (service, action[0].upper() + action[1:])) for action in actions}


_KUBERNETES: Final[Mapping[str, Simple]] = {"ClusterName": "string", "CertificateAuthority": "string", "Endpoint": "string"}
_HTTP: Final[Mapping[str, Simple]] = {
    "ApiEndpoint": "string",
    "Method": "string",
    "Headers": "object",
    "QueryParameters": "object",
    "RequestBody": "any",
}


def _cluster(
    suffixes: tuple[str, ...], operation: str, members: Mapping[str, Simple | ModelShape], *optional: str
) -> Integration:
    """An action of elasticmapreduce on one cluster: all members except `optional` are required."""
    all_members: dict[str, Simple | ModelShape] = {"ClusterId": "string", **members}
    required = tuple(name for name in all_members if name not in optional)
    refused = frozenset({"InstanceFleetId", "InstanceGroupId"}) if operation.startswith("Modify") else frozenset[str]()
    return Integration(suffixes, ("emr", operation), all_members, required, refused, closed=True)


OPTIMISED: Final[Mapping[str, Mapping[str, Integration]]] = {
    "apigateway": {
        "invoke": Integration(
            _TOKEN,
            members={**_HTTP, "Stage": "string", "Path": "string", "AllowNullValues": "boolean", "AuthType": "string"},
            required=("ApiEndpoint", "Method"),
            closed=True,
        )
    },
    "athena": {
        **_calls("athena", _JOB, "startQueryExecution"),
        **_calls("athena", _REQUEST, "stopQueryExecution", "getQueryExecution", "getQueryResults"),
    },
    "batch": _calls("batch", _JOB, "submitJob"),
    "bedrock": {
        "invokeModel": Integration(
            _TOKEN,
            ("bedrock-runtime", "InvokeModel"),
            {"Body": "any", "Input": "object", "Output": "object"},
            required=("ModelId",),
            one_of=("Body", "Input"),
        ),
        **_calls("bedrock", _BOTH, "createModelCustomizationJob"),
    },
    "bedrockagentcore": {"invokeHarness": Integration(_REQUEST)},
    "codebuild": {
        **_calls("codebuild", _JOB, "startBuild", "startBuildBatch", "retryBuild", "retryBuildBatch"),
        **_calls(
            "codebuild", _REQUEST, "stopBuild", "stopBuildBatch", "batchDeleteBuilds", "deleteBuildBatch", "batchGetReports"
        ),
    },
    "databrew": _calls("databrew", _JOB, "startJobRun"),
    "dynamodb": _calls("dynamodb", _REQUEST, "getItem", "putItem", "deleteItem", "updateItem"),
    "ecs": _calls("ecs", _BOTH, "runTask"),
    "eks": {
        **_calls("eks", _BOTH, "createCluster", "deleteCluster", "createFargateProfile", "deleteFargateProfile"),
        **_calls("eks", _BOTH, "createNodegroup", "deleteNodegroup"),
        "call": Integration(
            _TOKEN,
            members={**_KUBERNETES, "Method": "string", "Path": "string", "QueryParameters": "object", "RequestBody": "any"},
            required=(*_KUBERNETES, "Method", "Path"),
            closed=True,
        ),
        "runJob": Integration(
            _BOTH,
            members={**_KUBERNETES, "Namespace": "string", "Job": "any", "LogOptions": "object"},
            required=(*_KUBERNETES, "Job"),
            closed=True,
        ),
    },
    "elasticmapreduce": {
        "createCluster": Integration(_JOB, ("emr", "RunJobFlow"), refused=frozenset({"Steps"})),
        "setClusterTerminationProtection": _cluster(_REQUEST, "SetTerminationProtection", {"TerminationProtected": "boolean"}),
        "terminateCluster": _cluster(_JOB, "TerminateJobFlows", {}),
        "addStep": _cluster(
            _JOB, "AddJobFlowSteps", {"Step": ("emr", "StepConfig"), "ExecutionRoleArn": "string"}, "ExecutionRoleArn"
        ),
        "cancelStep": _cluster(
            _REQUEST, "CancelSteps", {"StepId": "string", "StepCancellationOption": "string"}, "StepCancellationOption"
        ),
        "modifyInstanceFleetByName": _cluster(
            _REQUEST,
            "ModifyInstanceFleet",
            {"InstanceFleetName": "string", "InstanceFleet": ("emr", "InstanceFleetModifyConfig")},
        ),
        "modifyInstanceGroupByName": _cluster(
            _REQUEST,
            "ModifyInstanceGroups",
            {"InstanceGroupName": "string", "InstanceGroup": ("emr", "InstanceGroupModifyConfig")},
        ),
    },
    "emr-containers": {
        **_calls("emr-containers", _REQUEST, "createVirtualCluster"),
        **_calls("emr-containers", _JOB, "deleteVirtualCluster", "startJobRun"),
    },
    "emr-serverless": {
        **_calls("emr-serverless", _JOB, "createApplication", "startApplication", "stopApplication", "deleteApplication"),
        **_calls("emr-serverless", _JOB, "startJobRun", "cancelJobRun"),
    },
    "events": {"putEvents": Integration(_TOKEN, ("events", "PutEvents"), {"Detail": "any"})},
    "glue": _calls("glue", _JOB, "startJobRun"),
    "http": {
        "invoke": Integration(
            _REQUEST,
            members={**_HTTP, "Authentication": "object", "InvocationConfig": "object", "Transform": "object"},
            required=("ApiEndpoint", "Method"),
            closed=True,
            one_of=("Authentication", "InvocationConfig"),
        )
    },
    "lambda": {"invoke": Integration(_TOKEN, ("lambda", "Invoke"), {"Payload": "any"})},
    "mediaconvert": _calls("mediaconvert", _JOB, "createJob"),
    "sagemaker": {
        **_calls("sagemaker", _JOB, "createTrainingJob", "createTransformJob", "createHyperParameterTuningJob"),
        **_calls("sagemaker", _JOB, "createLabelingJob", "createProcessingJob"),
        **_calls("sagemaker", _REQUEST, "createEndpoint", "createEndpointConfig", "createModel", "updateEndpoint"),
    },
    "sns": {
        "publish": Integration(_TOKEN, ("sns", "Publish"), {"Message": "any"}, one_of=("TopicArn", "TargetArn", "PhoneNumber"))
    },
    "sqs": {"sendMessage": Integration(_TOKEN, ("sqs", "SendMessage"), {"MessageBody": "any"})},
    "states": {
        "startExecution": Integration(
            ("", ".sync", ".sync:2", ".waitForTaskToken"), ("stepfunctions", "StartExecution"), {"Input": "any"}
        )
    },
}
# Calls of ItemReader and ResultWriter in a Distributed Map; a Task cannot make them.
OF_MAPS: Final[Mapping[tuple[str, str], Integration]] = {
    ("s3", "getObject"): Integration(_REQUEST, ("s3", "GetObject")),
    ("s3", "listObjectsV2"): Integration(_REQUEST, ("s3", "ListObjectsV2")),
    ("s3", "putObject"): Integration(
        _REQUEST,
        members={"Bucket": "string", "Prefix": "string", "ExpectedBucketOwner": "string"},
        required=("Bucket",),
        closed=True,
    ),
}

SDK_SUFFIXES: Final = _TOKEN

# Names in botocore and in AWS's command line that differ from Step Functions' name of the service.
RENAMED: Final[Mapping[str, str]] = {
    "ce": "costexplorer",
    "cognitoidp": "cognitoidentityprovider",
    "cur": "costandusagereport",
    "discovery": "applicationdiscovery",
    "dms": "databasemigration",
    "ds": "directory",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancingv2",
    "es": "elasticsearch",
    "events": "eventbridge",
    "iotdata": "iotdataplane",
    "lexmodels": "lexmodelbuilding",
    "logs": "cloudwatchlogs",
    "meteringmarketplace": "marketplacemetering",
    "mgh": "migrationhub",
    "sdb": "simpledb",
    "serverlessrepo": "serverlessapplicationrepository",
    "smsvoice": "pinpointsmsvoice",
    "states": "sfn",
    "stepfunctions": "sfn",
    "elasticmapreduce": "emr",
}
# Services that Step Functions lists, but that ended, so that newer botocore versions have no model of them.
RETIRED: Final = frozenset({
    "alexaforbusiness", "backupstorage", "chime", "codestar", "elastictranscoder", "gamesparks", "honeycode",
    "iot1clickdevices", "iot1clickprojects", "iotanalytics", "iotevents", "ioteventsdata", "iotfleethub", "iotroborunner",
    "iotthingsgraph", "lookoutmetrics", "lookoutvision", "macie", "mobile", "nimble", "opsworks", "opsworkscm",
    "panorama", "privatenetworks", "qldb", "qldbsession", "robomaker", "simspaceweaver", "sms", "worklink",
})  # fmt: skip
