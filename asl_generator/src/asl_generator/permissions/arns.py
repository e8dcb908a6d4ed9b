"""The ARNs of the things that every pipeline has."""

from __future__ import annotations

from dataclasses import replace

from asl_generator.machine.iterate import LABEL
from extract_core.dataclass import dataclass
from extract_core.plan.places import s3_place
from extract_core.tracking.open import dynamodb_table


@dataclass(frozen=True, slots=True)
class Arns:
    """ARNs in one account and region, for a pipeline of this name."""

    partition: str
    region: str
    account: str
    name: str

    def of(self, service: str, resource: str) -> str:
        """The ARN of a resource: ``arn:aws:<service>:<region>:<account>:<resource>``."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def host(self, service: str) -> str:
        """The host of a service here, as ``kms:ViaService`` names it."""
        return f"{service}.{self.region}.amazonaws.com{'.cn' if self.partition == 'aws-cn' else ''}"

    @property
    def machine(self) -> str:
        """The state machine. By name: a role that refers to its own machine makes a circle in CloudFormation (aws-cdk#28820)."""
        return self.of("states", f"stateMachine:{self.name}")

    @property
    def executions(self) -> str:
        """All executions of the machine."""
        return self.of("states", f"execution:{self.name}:*")

    @property
    def children(self) -> str:
        """All children of the machine's DISTRIBUTED Map."""
        return self.of("states", f"execution:{self.name}/{LABEL}:*")

    @property
    def map_runs(self) -> str:
        """All runs of the machine's DISTRIBUTED Map."""
        return self.of("states", f"mapRun:{self.name}/{LABEL}:*")

    def function(self, function: str) -> str:
        """A Lambda function of the pipeline, without a version."""
        return self.of("lambda", f"function:{self.name}-{function}")

    def objects(self, uri: str, below: str = "*") -> str:
        """The objects below a place of S3."""
        bucket, key = s3_place(uri)
        return f"arn:{self.partition}:s3:::{bucket}/{key}{below}"

    def bucket(self, uri: str) -> str:
        """The bucket of a place of S3."""
        return f"arn:{self.partition}:s3:::{s3_place(uri)[0]}"

    def table(self, tracking: str, index: str = "") -> str:
        """The tracking table, or its index. It may be in another region. Raises TrackingError if the place names no table."""
        table, region = dynamodb_table(tracking)
        return replace(self, region=region or self.region).of("dynamodb", f"table/{table}{index and f'/index/{index}'}")
