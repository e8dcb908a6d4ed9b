"""The attributes of a SyncJob are checked when its plugin is loaded: missing, of the wrong kind, or misspelt."""

from __future__ import annotations

from typing import ClassVar

import pytest

from extract_core import FailureClass, SyncJob
from extract_core.errors import PluginError
from extract_core.registry.installed import Registry


class Drum(SyncJob):
    name, title, api_version = "drum", "Drum", 1
    settings_model = "acme_drum.models:Settings"
    deployment_model = "acme_drum.models:Deployment"
    resource = "drum:beat.sync"
    id_member, state_member, succeeded = "DrumId", "Beat", "BOOM"
    failures: ClassVar = {"CRACKED": None, "HUSHED": FailureClass.STOPPED}

    def request(self, deployment):
        return {}

    def arguments(self, table, settings):
        return {}


def cause(**attributes):
    """Why the registry refuses a Drum with these attributes."""
    with pytest.raises(PluginError) as refused:
        Registry.of(type("Faulty", (Drum,), attributes)())
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("resource", "the integration of Step Functions: 'batch:submitJob.sync'"),
        ("settings_model", "'package.module:Class' of one table's settings"),
        ("deployment_model", "'package.module:Class' of what is fixed when the machine is built"),
        ("id_member", "the member with the job's id"),
        ("state_member", "the member with the job's state"),
        ("succeeded", "the one state that means success"),
        ("failures", "the other states in which a job can end"),
    ],
)
def test_a_required_attribute_is_missing(name, meaning):
    attributes = {key: value for key, value in vars(Drum).items() if key != name and not key.startswith("__")}
    incomplete = type("Incomplete", (SyncJob,), attributes)
    with pytest.raises(PluginError) as refused:
        Registry.of(incomplete())
    assert str(refused.value) == f"its job type 'drum' lacks the attribute `{name}`: {meaning}"


@pytest.mark.parametrize(
    ("name", "methods"),
    [
        ("resource", ["branch"]),
        ("settings_model", ["settings"]),
        ("deployment_model", ["deployment"]),
        ("id_member", ["status", "key"]),
        ("state_member", ["status"]),
        ("succeeded", ["status"]),
        ("failures", ["status"]),
    ],
)
def test_a_class_that_overrides_the_readers_may_leave_an_attribute_out(name, methods):
    attributes = {key: value for key, value in vars(Drum).items() if key != name and not key.startswith("__")}
    attributes |= {method: lambda self, *_: None for method in methods}
    assert Registry.of(type("Own", (SyncJob,), attributes)()).job_types.keys() == {"drum"}


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"rights": {"*": "drum:Beat"}}, "has `rights['*']` 'drum:Beat'; write a tuple: (\"drum:Beat\",)"),
        ({"stop_rights": {"*": "drum:Stop"}}, "has `stop_rights['*']` 'drum:Stop'; write a tuple: (\"drum:Stop\",)"),
        ({"diagnose_rights": {"*": "drum:Get"}}, "has `diagnose_rights['*']` 'drum:Get'; write a tuple: (\"drum:Get\",)"),
        (
            {"rights": ("drum:Beat",)},
            "has `rights` ('drum:Beat',); it must map the last part of an ARN to a tuple of actions",
        ),
        ({"rights": {"*": ()}}, "has `rights['*']` without an action; name one, or leave the resource out"),
        ({"reason_members": ("Why")}, "has `reason_members` 'Why'; write a tuple: (\"Why\",)"),
        ({"wrappers": "Drum"}, "has `wrappers` 'Drum'; write a tuple: (\"Drum\",)"),
        ({"known_by": "DrumArn"}, "has `known_by` 'DrumArn'; write a tuple: (\"DrumArn\",)"),
        ({"started_members": "Began"}, "has `started_members` 'Began'; write a tuple: (\"Began\",)"),
        ({"ended_members": "Ended"}, "has `ended_members` 'Ended'; write a tuple: (\"Ended\",)"),
        ({"ended_members": (1,)}, "has `ended_members` (1,); it must be a tuple of texts"),
        ({"not_ends": "ROLLING"}, "has `not_ends` 'ROLLING'; write a set: frozenset({\"ROLLING\"})"),
        ({"failures": ("CRACKED",)}, "has `failures` ('CRACKED',); it must map a state to a FailureClass or None"),
        ({"failures": {"CRACKED": "STOPPED!"}}, "has `failures['CRACKED']` 'STOPPED!'; it must be a FailureClass or None"),
        ({"local_ends": {"oom": "CRACKED"}}, "has `local_ends['oom']` 'CRACKED'; write a tuple of state and reason"),
        ({"named": ("queue",)}, "has `named` ('queue',); it must map a setting to its name in messages"),
        ({"margin_seconds": -1}, "has `margin_seconds` -1; it must be a whole number of seconds, 0 or more"),
        ({"id_member": ("DrumId",)}, "has `id_member` ('DrumId',); it must be a text"),
        ({"succeeded": ""}, "has `succeeded` ''; it must be a text"),
        ({"settings_model": "acme_drum.models"}, "has `settings_model` 'acme_drum.models'; write 'package.module:Class'"),
        ({"resource": "beat.sync"}, "has `resource` 'beat.sync'; write service and call, as in 'batch:submitJob.sync'"),
        (
            {"resource": "arn:aws:states:::drum:beat.sync"},
            "has `resource` 'arn:aws:states:::drum:beat.sync'; write `resource` without the ARN: 'drum:beat.sync'",
        ),
    ],
)
def test_an_attribute_of_the_wrong_kind(attributes, message):
    assert cause(**attributes) == f"its job type 'drum' {message}"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("start_retry", "start_retries"),
        ("local_args", "local_argv"),
        ("right", "rights"),
        ("reason_member", "reason_members"),
        ("Bigger", "bigger"),
        ("stop_jobs", "stop_job"),
        ("cost_bases", "cost_basis"),
    ],
)
def test_a_misspelt_name(name, meant):
    assert cause(**{name: ()}) == f"its job type 'drum' has {name!r}, which nothing reads; did you mean {meant!r}?"


def test_a_helper_with_a_similar_name_is_right():
    class Used(Drum):
        def reasons(self, job):
            return ["it cracked"]

        def failure(self, state, job, reason):
            return [part for part in (0,) if self.reasons(job)]

    class Beside(Drum):
        reasons: tuple = ()

        def reason(self, job):
            return None

    class Apart(Drum):
        beats_per_minute = 120
        job_name = "drum"

    for job_type in (Used(), Beside(), Apart()):
        assert Registry.of(job_type).job_types.keys() == {"drum"}
