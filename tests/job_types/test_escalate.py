"""Out of memory: what each job type asks for in a further attempt. Any other end asks for nothing more."""

from __future__ import annotations

import json

import extract_batch
import pytest
from hypothesis import given
from hypothesis import strategies as st

import extract_ecs
import extract_emr
import extract_glue
from extract_core import FailureClass, JobState, JobStatus, LocalExit, Outcome
from extract_ecs.overrides import FARGATE_MEMORY

BY_NAME = {
    job_type.name: job_type
    for plugin in (extract_batch, extract_ecs, extract_emr, extract_glue)
    for job_type in plugin.extract_job_types()
}  # fmt: skip
OOM = JobStatus(state=JobState.FAILED, failure=FailureClass.OUT_OF_MEMORY, message="out of memory")


def next_of(name, settings, status=OOM):
    """What changes in the settings of a bigger next attempt; None where nothing does."""
    model = BY_NAME[name].settings().model_validate(settings)
    bigger = BY_NAME[name].escalate(model, status, 1)
    if bigger is None:
        return None
    before, after = model.model_dump(), bigger.model_dump()
    assert type(model).model_validate(json.loads(json.dumps(bigger.model_dump(mode="json")))) == bigger
    return {key: value for key, value in after.items() if value != before[key]}


@pytest.mark.parametrize(
    ("name", "settings", "more"),
    [
        ("glue", {}, {"worker_type": "G.2X"}),
        ("glue", {"worker_type": "Standard"}, {"worker_type": "G.1X"}),
        ("glue", {"worker_type": "G.16X", "worker_no": 4}, {"worker_no": 8}),
        ("glue", {"worker_type": "R.8X"}, {"worker_no": 4}),
        ("glue", {"worker_type": "Z.2X"}, {"worker_no": 4}),
        ("glue", {"worker_type": "G.1X", "execution_class": "FLEX"}, {"worker_type": "G.2X"}),
        ("glue", {"worker_type": "G.2X", "execution_class": "FLEX"}, {"worker_type": "G.4X", "execution_class": "STANDARD"}),
        ("ecs", {"cpu": 1024, "memory": 2048}, {"memory": 4096}),
        ("ecs", {"cpu": 1024, "memory": 8192}, {"cpu": 2048, "memory": 16384}),
        ("ecs", {"cpu": 4096, "memory": 30720}, {"cpu": 8192, "memory": 61440}),
        ("ecs", {"cpu": 8192, "memory": 61440}, {"cpu": 16384, "memory": 122880}),
        ("ecs", {"cpu": 16384, "memory": 122880}, None),
        ("ecs", {"memory": 2048}, {"cpu": 1024, "memory": 4096}),
        ("ecs", {"cpu": 512}, {"memory": 4096}),
        ("ecs", {"cpu": 300, "memory": 1000}, {"memory": 2000}),
        ("ecs", {"cpu": 300}, None),
        ("ecs", {"memory": 1000}, {"memory": 2000}),
        ("ecs", {}, None),
        ("emr", {}, {"executor_cores": 1}),
        ("emr", {"executor_cores": 1}, None),
        ("emr", {"spark_submit_args": ["--executor-cores", "1"]}, None),
        ("emr", {"executor_memory": "4g"}, {"executor_memory": "8g"}),
        ("emr", {"executor_memory": "1500m", "driver_memory": "2g"}, {"executor_memory": "3000m", "driver_memory": "4g"}),
        ("emr", {"spark_submit_args": ["--conf", "spark.executor.memory=6G"]}, {"executor_memory": "12g"}),
        ("emr", {"spark_submit_args": ["--conf=spark.driver.memory=512m"]}, {"driver_memory": "1g"}),
        ("emr", {"spark_submit_args": ["--executor-memory=3g", "--conf", "spark.executor.memory=9g"]}, {"executor_memory": "6g"}),
        ("emr", {"spark_submit_args": ["--executor-memory", "lots"]}, {"executor_cores": 1}),
        (
            "emr_serverless", {},
            {"executor_memory": "28g", "executor_cores": 8, "driver_memory": "28g", "driver_cores": 8},
        ),
        (
            "emr_serverless", {"executor_memory": "4g", "executor_cores": 2, "driver_memory": "2g", "driver_cores": 1},
            {"executor_memory": "8g", "driver_memory": "4g"},
        ),
        (
            "emr_serverless",
            {"executor_memory": "100g", "executor_cores": 16, "driver_memory": "111709m", "driver_cores": 16},
            {"executor_memory": "111709m"},
        ),
        ("emr_serverless", {"executor_memory": "111709m", "driver_memory": "111709m"}, None),
        ("emr_eks", {}, {"executor_memory": "8g", "driver_memory": "4g"}),
        ("batch", {"memory": 2048, "vcpus": 1}, {"memory": 4096}),
        ("batch", {}, None),
    ],
)  # fmt: skip
def test_more_memory(name, settings, more):
    assert next_of(name, settings) == more


@pytest.mark.parametrize("name", sorted(BY_NAME))
@pytest.mark.parametrize("failure", [failure for failure in FailureClass if failure is not FailureClass.OUT_OF_MEMORY])
def test_no_other_failure_asks_for_more(name, failure):
    assert next_of(name, {}, JobStatus(state=JobState.FAILED, failure=failure)) is None


def test_yarn_tells_the_size_that_was_too_small():
    said = "Container killed by YARN for exceeding memory limits. 5.6 GB of 5.5 GB physical memory used"
    status = JobStatus(state=JobState.FAILED, failure=FailureClass.OUT_OF_MEMORY, message=said)
    assert next_of("emr", {}, status) == {"executor_memory": "10g"}


def test_every_size_of_fargate_leads_to_a_bigger_one():
    ecs = BY_NAME["ecs"]
    for cpu, sizes in FARGATE_MEMORY.items():
        for memory in sizes:
            bigger = ecs.escalate(ecs.settings()(cpu=cpu, memory=memory), OOM, 1)
            if bigger is None:
                assert memory == 122880
                continue
            assert bigger.memory in FARGATE_MEMORY[bigger.cpu]
            assert bigger.memory >= min(memory * 2, 122880)
            assert bigger.cpu >= cpu


@given(
    size=st.sampled_from([(cpu, memory) for cpu, sizes in FARGATE_MEMORY.items() for memory in sizes]),
    pull=st.floats(0, 600),
    run=st.floats(1, 50_000),
)
def test_the_size_of_a_task_definition_is_told_by_the_stopped_task(size, pull, run):
    """A table without a size gets more than its task definition has: never less, whatever the image's pull took."""
    cpu, memory = size
    began = 1_700_000_000_000
    task = {
        "StopCode": "EssentialContainerExited", "StoppedReason": "Essential container in task exited", "Cpu": str(cpu),
        "Memory": str(memory), "PullStartedAt": began, "StartedAt": began + round(pull * 1000),
        "StoppedAt": began + round((pull + run) * 1000),
        "Containers": [{"Name": "main", "ExitCode": 137, "Reason": "OutOfMemoryError: Container killed due to memory usage"}],
    }  # fmt: skip
    ecs = BY_NAME["ecs"]
    status = ecs.status(Outcome.failed("States.TaskFailed", json.dumps(task)))
    assert status.failure is FailureClass.OUT_OF_MEMORY
    bigger = ecs.escalate(ecs.settings()(), status, 1)
    if memory == 122880:
        assert bigger is None
    elif bigger is not None:  # None: the biggest of this ratio was taken for its size, after a pull longer than the run
        assert bigger.memory >= min(2 * memory, 122880)
        assert bigger.cpu >= cpu
    else:
        assert pull > run * 0.99


def test_a_batch_job_tells_its_size():
    job = {
        "JobId": "a", "Status": "FAILED", "StartedAt": 1700000000000, "StoppedAt": 1700000100000,
        "Container": {
            "ExitCode": 137, "Reason": "OutOfMemoryError: Container killed due to memory usage",
            "ResourceRequirements": [{"Type": "VCPU", "Value": "0.25"}, {"Type": "MEMORY", "Value": "2048"}],
        },
    }  # fmt: skip
    status = BY_NAME["batch"].status(Outcome.failed("States.TaskFailed", json.dumps(job)))
    assert next_of("batch", {}, status) == {"memory": 4096, "vcpus": 0.5}


def test_an_injected_lack_of_memory_leads_to_a_bigger_try_of_the_smallest_config(installed):
    """`extract run --local --inject oom`: also for a table that sets no size."""
    job_type = installed.job_type
    settings = job_type.settings()()
    arguments = job_type.arguments(installed.table(), settings)
    answer = job_type.local_answer(arguments, LocalExit(code=137, seconds=2.0, output_tail="", injected="oom"))
    status = job_type.status(Outcome.failed(answer.error, answer.cause, {"arguments": arguments}))
    bigger = job_type.escalate(settings, status, 1)
    assert bigger is not None
    assert bigger != settings
    assert job_type.arguments(installed.table(), bigger) != arguments
