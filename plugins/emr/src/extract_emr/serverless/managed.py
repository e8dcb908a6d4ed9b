"""What the stack makes if ``managed`` is set: an application of EMR Serverless, and the role that its job runs have.

Source: EMR Serverless guide, "Job runtime roles for Amazon EMR Serverless"; the application starts and stops by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import Resource
from extract_core.sync_job.managed import allow, job_statements, role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core import Json, Target
    from extract_emr.serverless.settings import ManagedServerless, ServerlessDeployment


def infrastructure(target: Target[ServerlessDeployment], managed: ManagedServerless) -> dict[str, Resource]:
    """The resources by logical id: `ServerlessDeployment` names two of them."""
    application: dict[str, Json] = {
        "Name": target.machine_name,
        "Type": "SPARK",
        "ReleaseLabel": managed.release_label,
        "Architecture": "ARM64" if target.stack.architecture == "arm64" else "X86_64",
        "AutoStartConfiguration": {"Enabled": True},
        "AutoStopConfiguration": {"Enabled": True, "IdleTimeoutMinutes": managed.idle_minutes},
        "MaximumCapacity": {"Cpu": f"{managed.max_vcpus} vCPU", "Memory": f"{managed.max_vcpus * 8} GB"},
    }
    if defaults := _spark_defaults(managed):
        application["RuntimeConfiguration"] = [{"Classification": "spark-defaults", "Properties": defaults}]
    if managed.subnets:
        application["NetworkConfiguration"] = {
            "SubnetIds": [*managed.subnets],
            "SecurityGroupIds": [*managed.security_groups],
        }
    return {
        **role("EMRServerlessRole", "emr-serverless.amazonaws.com", _statements(target, managed), target.account),
        "EMRServerlessApplication": Resource(type="AWS::EMRServerless::Application", properties=application),
    }


def _spark_defaults(managed: ManagedServerless) -> dict[str, Json]:
    """The defaults of all job runs (guide, "Default application configuration" and "Using Python libraries")."""
    defaults: dict[str, Json] = {}
    if managed.python_archive:
        python = "./environment/bin/python"
        places = ("emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON", "emr-serverless.driverEnv.PYSPARK_PYTHON")
        defaults = {f"spark.{place}": python for place in (*places, "executorEnv.PYSPARK_PYTHON")}
        defaults["spark.archives"] = f"{managed.python_archive}#environment"
    if managed.jars:
        defaults["spark.jars"] = ",".join(managed.jars)
    return defaults


def _statements(target: Target[ServerlessDeployment], managed: ManagedServerless) -> Iterator[Json]:
    yield from job_statements(target, managed.secrets)
    yield allow(("s3:GetObject",), target.stack.job_files)
    files = [*([managed.python_archive] if managed.python_archive else []), *managed.jars]
    if files:
        yield allow(("s3:GetObject",), [f"arn:{target.partition}:s3:::{uri.partition('://')[2]}" for uri in files])
    folders = {uri for uri in (target.deployment.scripts_uri, target.deployment.log_uri) if uri}
    for uri in sorted(folders):
        actions = ("s3:GetObject", "s3:PutObject") if uri == target.deployment.log_uri else ("s3:GetObject",)
        yield allow(actions, [f"arn:{target.partition}:s3:::{uri.partition('://')[2].rstrip('/')}/*"])
