"""What the machine's role needs for each ``.sync`` that AWS documents: start, watch, stop, the managed EventBridge rule.

Source: Step Functions developer guide, "Integrating optimized services" for which calls have ``.sync``, and the section "IAM
policies" of each connect-… page for the actions and the rule's exact name (some are singular, some plural). For two calls of
SageMaker that page has no policy: the names for tuning and processing jobs come from public policies of the Step Functions data
science SDK and from AWS's samples. createLabelingJob is not in the table because its rule's name is not published. The rules of
EMR on a cluster are only in older copies of the guide and in the CDK.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

RULE_ACTIONS: Final = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
"""Step Functions calls these for its managed rule when the machine is created. Without them CreateStateMachine fails."""


@dataclass(frozen=True, slots=True)
class SyncRights:
    """The actions of one ``.sync`` call, and the managed rule that reports its end; None if Step Functions polls the service.

    `may_want_rule`: older guides required the rule, today's guide does not. A policy may still allow it, under this name.
    """

    actions: tuple[str, ...]
    rule: str | None = None
    may_want_rule: bool = False


def _of(service: str, actions: str, rule: str | None = None, *, once: bool = False) -> SyncRights:
    prefixed = tuple(f"{service}:{action}" for action in actions.split())
    return SyncRights(prefixed, f"StepFunctionsGetEvent{rule}Rule" if rule else None, may_want_rule=once)


SYNC: Final[Mapping[str, SyncRights]] = {
    "athena:startQueryExecution": _of("athena", "StartQueryExecution GetQueryExecution StopQueryExecution"),
    "batch:submitJob": _of("batch", "SubmitJob DescribeJobs TerminateJob", "sForBatchJobs"),
    "bedrock:createModelCustomizationJob": _of(
        "bedrock", "CreateModelCustomizationJob GetModelCustomizationJob StopModelCustomizationJob"
    ),
    "codebuild:startBuild": _of("codebuild", "StartBuild StopBuild BatchGetBuilds", "ForCodeBuildStartBuild"),
    "codebuild:startBuildBatch": _of(
        "codebuild", "StartBuildBatch StopBuildBatch BatchGetBuildBatches", "ForCodeBuildStartBuildBatch"
    ),
    "codebuild:retryBuildBatch": _of("codebuild", "RetryBuildBatch StopBuildBatch BatchGetBuildBatches"),
    "databrew:startJobRun": _of("databrew", "StartJobRun ListJobRuns StopJobRun"),
    "ecs:runTask": _of("ecs", "RunTask StopTask DescribeTasks", "sForECSTask"),
    "eks:createCluster": _of("eks", "CreateCluster DescribeCluster DeleteCluster"),
    "eks:createFargateProfile": _of("eks", "CreateFargateProfile DescribeFargateProfile DeleteFargateProfile"),
    "eks:createNodegroup": _of("eks", "CreateNodegroup DescribeNodegroup DeleteNodegroup"),
    "eks:deleteCluster": _of("eks", "DeleteCluster DescribeCluster"),
    "eks:deleteFargateProfile": _of("eks", "DeleteFargateProfile DescribeFargateProfile"),
    "eks:deleteNodegroup": _of("eks", "DeleteNodegroup DescribeNodegroup"),
    "eks:runJob": SyncRights(()),  # Kubernetes grants the rights, by its RBAC
    "elasticmapreduce:addStep": _of(
        "elasticmapreduce", "AddJobFlowSteps DescribeStep CancelSteps", "ForEMRAddJobFlowSteps", once=True
    ),
    "elasticmapreduce:createCluster": _of(
        "elasticmapreduce", "RunJobFlow DescribeCluster TerminateJobFlows", "ForEMRRunJobFlow", once=True
    ),
    "elasticmapreduce:terminateCluster": _of(
        "elasticmapreduce", "TerminateJobFlows DescribeCluster", "ForEMRTerminateJobFlows", once=True
    ),
    "emr-containers:deleteVirtualCluster": _of("emr-containers", "DeleteVirtualCluster DescribeVirtualCluster"),
    "emr-containers:startJobRun": _of("emr-containers", "StartJobRun DescribeJobRun CancelJobRun"),
    "emr-serverless:cancelJobRun": _of("emr-serverless", "CancelJobRun GetJobRun", "sForEMRServerlessJob"),
    "emr-serverless:createApplication": _of(
        "emr-serverless", "CreateApplication GetApplication DeleteApplication", "sForEMRServerlessApplication"
    ),
    "emr-serverless:deleteApplication": _of("emr-serverless", "DeleteApplication GetApplication", "sForEMRServerlessApplication"),
    "emr-serverless:startApplication": _of(
        "emr-serverless", "StartApplication GetApplication StopApplication", "sForEMRServerlessApplication"
    ),
    "emr-serverless:startJobRun": _of("emr-serverless", "StartJobRun GetJobRun CancelJobRun", "sForEMRServerlessJob"),
    "emr-serverless:stopApplication": _of("emr-serverless", "StopApplication GetApplication", "sForEMRServerlessApplication"),
    "glue:startJobRun": _of("glue", "StartJobRun GetJobRun GetJobRuns BatchStopJobRun"),
    "mediaconvert:createJob": _of("mediaconvert", "CreateJob GetJob CancelJob", "sForMediaConvertJob"),
    "sagemaker:createHyperParameterTuningJob": _of(
        "sagemaker",
        "CreateHyperParameterTuningJob DescribeHyperParameterTuningJob StopHyperParameterTuningJob",
        "sForSageMakerTuningJobs",
    ),
    "sagemaker:createProcessingJob": _of(
        "sagemaker", "CreateProcessingJob DescribeProcessingJob StopProcessingJob", "sForSageMakerProcessingJobs"
    ),
    "sagemaker:createTrainingJob": _of(
        "sagemaker", "CreateTrainingJob DescribeTrainingJob StopTrainingJob", "sForSageMakerTrainingJobs"
    ),
    "sagemaker:createTransformJob": _of(
        "sagemaker", "CreateTransformJob DescribeTransformJob StopTransformJob", "sForSageMakerTransformJobs"
    ),
    "states:startExecution": _of("states", "StartExecution DescribeExecution StopExecution", "sForStepFunctionsExecution"),
}
"""By call: the end of a Task's Resource without ``.sync`` (or ``.sync:2``)."""
