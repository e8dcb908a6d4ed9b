"""What roles need where a job type has its own functions, or stops its jobs by a message."""

from __future__ import annotations

from many_states.redshift.job_type import Redshift
from many_states.redshift.models import RedshiftDeployment
from many_states.worker.job_type import Worker
from many_states.worker.models import WorkerDeployment

from extract_core import Statement, Target

WORKGROUP_ID = "0b7d7a4c-52a5-4f0e-9d0c-3f1b2a4c5d6e"


def target(deployment, partition="aws"):
    return Target(
        partition=partition, region="eu-west-1", account="123456789012", machine_name="m", map_mode="INLINE",
        deployment=deployment, function_arn=str,
    )  # fmt: skip


def test_a_functions_statements_name_resources_of_the_target():
    role = "arn:aws-cn:iam::123456789012:role/unload"
    deployment = RedshiftDeployment(workgroup="night", workgroup_id=WORKGROUP_ID, database="d", unload_role_arn=role)
    start, ask = Redshift().functions()
    assert list(start.statements_for(target(deployment, "aws-cn"))) == [
        Statement(
            actions=("redshift-data:ExecuteStatement",),
            resources=(f"arn:aws-cn:redshift-serverless:eu-west-1:123456789012:workgroup/{WORKGROUP_ID}",),
        )
    ]
    of_statements = Statement(actions=("redshift-data:CancelStatement", "redshift-data:DescribeStatement"), resources=("*",))
    assert (list(ask.statements), ask.statements_for) == ([of_statements], None)


def test_a_job_that_is_called_off_by_a_message():
    fields = {name: "jobs" for name, field in WorkerDeployment.model_fields.items() if field.is_required()}
    statements = list(Worker().stop_permissions(target(WorkerDeployment.model_validate(fields | {"queue": "jobs"}))))
    queue = "arn:aws:sqs:eu-west-1:123456789012:jobs"
    assert statements == [Statement(actions=("sqs:GetQueueUrl", "sqs:SendMessage"), resources=(queue,))]
