"""The roles of a pipeline in front of its calls: each client of boto3 belongs to the role that acts when it is made.

Nothing is refused if the grants are enough; what each role asked for is recorded, so that unused grants can be found.
"""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest

from asl_generator.permissions import STATE_MACHINE, policy_document
from asl_generator.permissions.roles import every_role
from asl_toolkit.services.aws.iam.guard import Guard
from asl_toolkit.services.aws.iam.machine import function_requests, map_run_requests, service_requests
from asl_toolkit.services.aws.iam.policy import Request
from asl_toolkit.services.aws.iam.requests import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asl_generator import MachineDefinition
    from extract_core.pipeline.model import Pipeline

ACTING: ContextVar[tuple[Guard, str] | None] = ContextVar("acting", default=None)


class Guarded:
    """The guard of one pipeline, and what the services ask for with its roles when it is created."""

    def __init__(self, pipeline: Pipeline, machine: MachineDefinition) -> None:
        self.pipeline = pipeline
        self.roles = every_role(pipeline, machine)
        policies = {role: [policy_document(grants)] for role, grants in self.roles.items()}
        # Secrets Manager appends six characters to the name of a secret (its user guide, "Secret ARN")
        more = {"secretsmanager GetSecretValue": "secret:{SecretId}-a1B2c3"}
        place = Place(pipeline.region, pipeline.account, pipeline.partition, more)
        self.guard = Guard(policies, place, kms_key=pipeline.deploy.kms_key)

    def created(self) -> None:
        """What Step Functions, Lambda and the scheduler ask for when the pipeline is created and runs."""
        options, name, place = self.pipeline.deploy, self.pipeline.name, self.guard.place
        machine = [*service_requests(name, place, tracing=options.tracing, kms_key=options.kms_key)]
        if self.pipeline.machine.map == "DISTRIBUTED":
            machine += map_run_requests(name, "Tables", place)
        for request in machine:
            self.guard.allows(STATE_MACHINE, request)
        if "scheduler" in self.roles:
            self.guard.allows("scheduler", Request("states:StartExecution", place.arn("states", f"stateMachine:{name}")))
        for role in self.roles.keys() - {STATE_MACHINE, "operator", "scheduler"}:
            groups = options.security_groups
            for request in function_requests(f"{name}-{role}", place, subnets=options.subnets, security_groups=groups):
                self.guard.allows(role, request)

    @contextmanager
    def acting(self, role: str) -> Iterator[None]:
        """Clients that are made inside belong to this role."""
        token = ACTING.set((self.guard, role))
        try:
            yield
        finally:
            ACTING.reset(token)

    def record(self) -> None:
        """Append what was asked for to the file that EXTRACT_RECORD_REQUESTS names."""
        if place := os.environ.get("EXTRACT_RECORD_REQUESTS"):
            lines = {
                json.dumps([role, request.action, request.resource, dict(request.context)])
                for role, request in self.guard.requests
            }
            lines |= {
                json.dumps(["REFUSED", role, request.action, request.resource, dict(request.context)])
                for role, request in self.guard.refused
            }
            with Path(place).open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in sorted(lines))


def unguarded(call):
    """The call by no role of the pipeline: of a service, or of a job, whose role belongs to the user."""

    def made(*args, **named):
        token = ACTING.set(None)
        try:
            return call(*args, **named)
        finally:
            ACTING.reset(token)

    return made


@contextmanager
def identities() -> Iterator[None]:
    """Each client gets the guard of the role that acts. Threads of pools act for whoever hands them their work."""
    create, submit, start = botocore.session.Session.create_client, ThreadPoolExecutor.submit, threading.Thread.start

    def created(self, *args, **named):
        client = create(self, *args, **named)
        if (acting := ACTING.get()) is not None:
            acting[0].attach(client, acting[1])
        return client

    def submitted(self, work, /, *args, **named):
        return submit(self, partial(copy_context().run, work), *args, **named)

    def started(self):
        self.run = partial(copy_context().run, self.run)
        start(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session.Session, "create_client", created)
        patch.setattr(ThreadPoolExecutor, "submit", submitted)
        patch.setattr(threading.Thread, "start", started)
        yield
