"""The Lambda entry points with parts from the environment, and behaviour that exists only in AWS."""

from __future__ import annotations

import io
import json
import logging

import boto3
import pytest
from moto import mock_aws

from extract_core.aws.client import StepFunctions
from extract_core.aws.parts import parts_from
from extract_core.errors import TrackingUnavailable, UsageError
from extract_core.lambdas import config_manager, job_run_status, reconcile, run_summary
from extract_core.lambdas.environment import parts_from_environment
from extract_core.lambdas.logs import JsonLines
from extract_core.objects.files import file_uri
from extract_core.registry.frozen import frozen


@pytest.fixture
def environment(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sales.yml").write_text("extract: {job_type: press, tables: {a: {}}}")
    places = {
        "EXTRACT_CONFIG_URI": file_uri(tmp_path / "config"),
        "EXTRACT_DATA_URI": file_uri(tmp_path / "data") + "/",
        "EXTRACT_RUNS_URI": file_uri(tmp_path / "runs"),
        "EXTRACT_TRACKING": f"sqlite://{tmp_path}/t.db",
        "EXTRACT_DISABLE_PLUGINS": "all",
    }
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    parts_from_environment.cache_clear()
    yield places
    parts_from_environment().tracking.close()
    parts_from_environment.cache_clear()


def test_a_run_through_the_entry_points(environment, tmp_path):
    execution = {"id": "arn:aws:states:eu-west-1:1:execution:m:run-1", "name": "run-1", "started_at": "2026-03-01T06:00:00.000Z"}
    machine = {"name": "m", "map": "INLINE", "max_concurrency": 4, "retry_loop": False, "contract": [1, 0], "job_types": {}}
    event = {"source": "sales", "tables": "*"}
    answer = config_manager.handler({"event": event, "execution": execution, "machine": machine}, None)
    (item,) = answer["tables_to_extract"]
    assert item["plan_error"]["failure"] == "CONFIG"
    assert item["result_uri"] == f"{environment['EXTRACT_RUNS_URI']}/run-1/results/a/attempt=1.json"
    assert job_run_status.handler(item, None) == {"status": "FAILED"}
    answer = run_summary.handler({"run_id": "run-1", "execution": execution, "map_error": None}, None)
    assert answer["cause"].startswith("1 of 1 table failed: a (CONFIG: ")
    detail = {"executionArn": execution["id"], "name": "run-1", "status": "FAILED", "error": "ExtractFailed", "cause": "x"}
    assert reconcile.handler({"detail": detail}, None)["summary"]["failed"] == 1


FROZEN = """
from extract_core.registry.entry_points import Contribution, Provider
from extract_core.registry.values import FrozenPlugin

PLUGINS = (FrozenPlugin("press", "acme_pressing", "acme-press", "1.0"),)
REPORTS = (Contribution("x.txt", "acme_pressing:report", Provider("x.txt", "acme-press", "1.0")),)
"""


def test_in_a_bundle_its_list_of_plugins_is_all_there_is(environment, tmp_path, monkeypatch):
    monkeypatch.setenv("EXTRACT_DISABLE_PLUGINS", "")
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "extract_frozen.py").write_text(FROZEN)
    parts = parts_from_environment()
    assert [str(plugin.provider) for plugin in parts.registry.broken] == ["plugin 'press' of acme-press 1.0"]
    assert not parts.registry.job_types
    assert [report.name for report in parts.publish.keywords["writers"]] == ["x.txt"]


def test_a_list_of_plugins_that_cannot_be_imported_is_an_error(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "extract_frozen.py").write_text("import acme_missing")
    with pytest.raises(ModuleNotFoundError, match="acme_missing"):
        frozen()


def test_an_event_of_something_else(environment):
    with pytest.raises(UsageError) as raised:
        reconcile.handler({"detail": {"state": "pending"}}, None)
    assert str(raised.value) == (
        "the event has no detail with executionArn, name and status: it must be a Step Functions Execution Status Change"
    )


def test_a_missing_variable_is_named():
    with pytest.raises(UsageError) as raised:
        parts_from({"EXTRACT_DATA_URI": "file:///x", "EXTRACT_TRACKING": " "})
    assert str(raised.value) == (
        "the environment has no EXTRACT_CONFIG_URI, EXTRACT_RUNS_URI, EXTRACT_TRACKING: set them on the function, as the "
        "deployed template does"
    )


def test_a_line_of_the_log_is_json():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.Logger("extract_core.lambdas")  # noqa: LOG001 - apart from the others
    logger.addHandler(handler)
    logger.info("%s: %s", "public.ü", "FAILED", extra={"extract": {"run_id": "run-1", "table": "public.ü"}})
    try:
        raise ValueError("broken")  # noqa: TRY301
    except ValueError:
        logger.exception("oh")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "INFO",
        "logger": "extract_core.lambdas",
        "message": "public.ü: FAILED",
        "run_id": "run-1",
        "table": "public.ü",
    }
    assert second["exception"].endswith("ValueError: broken")


@pytest.fixture
def client(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield boto3.client("stepfunctions")


def test_step_functions_knows_who_is_alive(client):
    definition = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}})
    role = "arn:aws:iam::123456789012:role/x"
    machine = client.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    states = StepFunctions()
    assert states.is_running(execution) is True
    client.stop_execution(executionArn=execution)
    assert states.is_running(execution) is False
    assert states.is_running("arn:aws:states:eu-west-1:123456789012:execution:m:gone") is False
    assert states.is_running("a run on some machine") is True


def test_step_functions_that_does_not_answer_is_worth_another_try(client):
    with pytest.raises(TrackingUnavailable, match=r"^cannot ask Step Functions whether 'arn:nonsense' still runs: "):
        StepFunctions(client).is_running("arn:nonsense")
