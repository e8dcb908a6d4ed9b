from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from shared_fixtures.pipeline import SALES

from extract_core import FailureClass, JobState, JobStatus
from extract_core.errors import TrackingUnavailable, UsageError
from extract_core.registry.installed import Registry
from extract_core.status.record import record

DONE = {"State": "DONE"}
MARK = "2026-03-01 05:00:00"


def test_a_success_is_recorded_with_all_that_is_known(pipeline, item_of):
    item = item_of("public.orders")
    assert pipeline.done(item, rows=42, high=MARK) == {"status": "SUCCEEDED"}
    row = pipeline.row("public.orders")
    assert (row.state, row.failure, row.message) == (JobState.SUCCEEDED, None, None)
    assert (row.rows, row.bytes, row.files) == (42, 12, [{"bytes": 12, "name": "part-00000.parquet"}])
    assert (row.watermark_low, row.watermark_high, row.settings) == (None, MARK, None)
    assert (row.started_at, row.ended_at) == ("2026-03-01T06:01:00+00:00", "2026-03-01T06:01:30+00:00")
    assert (row.job_run_id, row.cost_basis, row.job_type) == ("jr_1", {"dpu_seconds": 60.0}, "press")
    assert (row.extract_s3_uri, row.result_uri) == (item["extract_s3_uri"], item["result_uri"])
    state = pipeline.state("public.orders")
    assert (state.watermark, state.column, state.type, state.version) == (MARK, "updated_at", "TimestampType", 1)
    assert state.owner is None


def test_the_answer_stays_small(pipeline, item_of):
    answer = pipeline.fail(item_of(), "x" * 30_000)
    assert answer == {"status": "FAILED"}
    assert len(pipeline.row("public.accounts").message) < 5_000


def test_a_long_reason_is_cut_in_its_middle_and_kept_whole_beside_the_results(pipeline, item_of):
    text = "".join(f"line {number} of a trace\n" for number in range(1_000)) + "ValueError: the reason"
    pipeline.fail(item_of(), text)
    row = pipeline.row("public.accounts")
    place = pipeline.folder / "runs/run-1/messages/public.accounts/attempt=1.txt"
    assert row.message_uri == f"file://{place}"
    assert place.read_text() == text
    assert (
        row.message == f"{text[:1500]} … ({len(text) - 4000} characters cut; the whole text: {row.message_uri}) … {text[-2500:]}"
    )


def test_a_long_reason_is_cut_even_where_it_cannot_be_kept(pipeline, item_of, caplog):
    item = item_of()
    (pipeline.folder / "runs/run-1/messages").write_text("in the way")
    pipeline.fail(item, "x" * 30_000)
    row = pipeline.row("public.accounts")
    assert row.message == f"{'x' * 1500} … (26000 characters cut) … {'x' * 2500}"
    assert row.message_uri is None
    assert "cannot store the full reason: can't write" in caplog.text


def test_the_same_status_twice_is_told_once(pipeline, item_of):
    item = item_of("public.orders")
    pipeline.done(item, high=MARK)
    before = pipeline.state("public.orders")
    assert pipeline.done(item, high="2026-03-01 05:30:00") == {"status": "SUCCEEDED"}
    assert pipeline.fail(item) == {"status": "SUCCEEDED"}
    assert pipeline.state("public.orders") == before


def test_many_tables_end_at_once(pipeline):
    tables = "".join(f"    public.t{number}: {{}}\n" for number in range(60))
    pipeline.write(f"extract:\n  job_type: press\n  tables:\n{tables}")
    items = pipeline.plan()["tables_to_extract"]
    for item in items:
        pipeline.report(item)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda item: pipeline.record(item, DONE), items * 2))
    assert answers == [{"status": "SUCCEEDED"}] * 120
    assert len(list(pipeline.tracking.attempts("run-1"))) == 60
    assert pipeline.summarise()["succeeded"] is True


def test_a_full_extract_moves_no_watermark(pipeline, item_of):
    item = item_of()
    pipeline.done(item, high=MARK)
    assert pipeline.state("public.accounts").watermark is None


def test_an_incremental_extract_of_nothing_moves_no_watermark(pipeline, item_of):
    pipeline.done(item_of("public.orders"), rows=0, high=None)
    assert pipeline.row("public.orders").state is JobState.SUCCEEDED
    assert pipeline.state("public.orders").watermark is None


def failed(pipeline, table="public.accounts"):
    row = pipeline.row(table)
    assert row.state is not JobState.SUCCEEDED
    return row.failure, row.message


def test_a_job_that_reports_nothing_has_not_succeeded(pipeline, item_of):
    item = item_of()
    assert pipeline.record(item, DONE) == {"status": "FAILED"}
    assert failed(pipeline) == (FailureClass.NO_RESULT, f"the job ended well but reported nothing at {item['result_uri']!r}")


@pytest.mark.parametrize(("table", "status"), [("public.accounts", "SUCCEEDED"), ("public.orders", "FAILED")])
def test_only_a_full_extract_may_report_nothing_and_only_if_it_is_optional(pipeline, item_of, table, status):
    pipeline.write(SALES.replace("job_type: press", "job_type: press\n  result: optional"))
    assert pipeline.record(item_of(table), DONE) == {"status": status}


def test_an_optional_result_that_is_there_must_be_right(pipeline, item_of):
    pipeline.write(SALES.replace("job_type: press", "job_type: press\n  result: optional"))
    item = item_of()
    pipeline.put(item["result_uri"], "{")
    assert pipeline.record(item, DONE) == {"status": "FAILED"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"run_id": "run-0"}, "is of another attempt: run_id is 'run-0', not 'run-1'"),
        ({"attempt": 2}, "is of another attempt: attempt is 2, not 1"),
        ({"attempt": True}, "is of another attempt: attempt is True, not 1"),
        ({"low_watermark": "2026-01-01"}, "began elsewhere: low_watermark is '2026-01-01', not None"),
        ({"rows": "3"}, "has rows='3' instead of a count"),
        ({"bytes": -1}, "has bytes=-1 instead of a count"),
        ({"rows": 2**63}, f"has rows={2**63} instead of a count"),
        ({"rows": True}, "has rows=True instead of a count"),
        ({"rows_without_watermark": "2"}, "has rows_without_watermark='2' instead of a count or null"),
        ({"high_watermark": 7}, "has high_watermark=7 instead of text or null"),
        ({"files": None}, "has files=None instead of a list"),
        (
            {"files": [{"name": "../x"}]},
            "names a file as {'name': '../x'} instead of {'name': …, 'bytes': …} with a name below extract_s3_uri",
        ),
        ({"files": ["x"]}, "names a file as 'x' instead of {'name': …, 'bytes': …} with a name below extract_s3_uri"),
        ({"files": [{"name": "part-00001.parquet"}]}, "names the file 'part-00001.parquet', which is not there"),
    ],
)
def test_a_result_that_does_not_count(pipeline, item_of, change, message):
    item = item_of("public.orders")
    assert pipeline.done(item, **{"high": MARK, **change}) == {"status": "FAILED"}
    text = f"the job ended well, but what it reported at {item['result_uri']!r} {message}"
    assert failed(pipeline, "public.orders") == (FailureClass.NO_RESULT, text)
    assert pipeline.state("public.orders").watermark is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"run_id": "run-1"', "is not JSON: Expecting ',' delimiter: line 1 column 19 (char 18)"),
        ("[]", "is not an object but list"),
        ("\xff", "is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("{}", "has rows=None instead of a count"),
    ],
)
def test_a_result_that_cannot_be_read(pipeline, item_of, text, message):
    item = item_of()
    pipeline.put(item["result_uri"], text)
    assert pipeline.record(item, DONE) == {"status": "FAILED"}
    assert failed(pipeline)[1] == f"the job ended well, but what it reported at {item['result_uri']!r} {message}"


def test_a_result_that_is_nested_without_end(pipeline, item_of):
    item = item_of()
    pipeline.put(item["result_uri"], "[" * 1_000_000)
    assert pipeline.record(item, DONE) == {"status": "FAILED"}
    assert failed(pipeline)[0] is FailureClass.NO_RESULT


def test_a_result_in_another_form_of_the_same_mark_counts(pipeline, item_of):
    pipeline.run()
    item = item_of("public.orders", run_id="run-2")
    assert item["watermark"]["low"] == MARK
    assert pipeline.done(item, high="2026-03-01 06:00:00", low_watermark="2026-03-01T05:00:00.000") == {"status": "SUCCEEDED"}
    assert pipeline.state("public.orders").watermark == "2026-03-01 06:00:00"


def test_a_job_that_outlived_its_run_commits_nothing(pipeline, item_of):
    item = item_of("public.orders")
    pipeline.running.clear()
    pipeline.plan("run-2")
    assert pipeline.done(item, high=MARK) == {"status": "FAILED"}
    assert failed(pipeline, "public.orders")[0] is FailureClass.CONFLICT
    assert pipeline.state("public.orders").watermark is None
    assert pipeline.state("public.orders").owner.run_id == "run-2"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (
            "raise",
            "the status parser of job type 'press' raised RuntimeError: the parser is broken; the service said: \"raise\"",
        ),
        (
            "nonsense",
            "the status parser of job type 'press' returned 'SUCCEEDED' instead of a JobStatus; the service said: \"nonsense\"",
        ),
        (
            None,
            (
                "the status parser of job type 'press' raised AttributeError: 'NoneType' object has no attribute 'get'; "
                "the service said: null"
            ),
        ),
    ],
)
def test_a_broken_parser_is_never_green(pipeline, item_of, result, message):
    item = item_of()
    pipeline.report(item)
    assert pipeline.record(item, result) == {"status": "UNKNOWN"}
    failure, said = failed(pipeline)
    assert (failure, re.sub(r" \(\w+\.py:\d+\)", "", said)) == (FailureClass.UNKNOWN, message)


def test_a_state_that_nobody_knows_is_never_green(pipeline, item_of):
    item = item_of()
    pipeline.report(item)
    assert pipeline.record(item, {"State": "FINE"}) == {"status": "UNKNOWN"}
    assert failed(pipeline) == (FailureClass.UNKNOWN, None)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (JobStatus(state="SUCCEEDED"), "a JobStatus with state='SUCCEEDED'"),
        (JobStatus(state=JobState.FAILED, failure="OOM"), "a JobStatus with failure='OOM'"),
        (JobStatus(state=JobState.FAILED, message=b"x"), "a JobStatus with message=b'x'"),
        (JobStatus(state=JobState.FAILED, started_at="now"), "a JobStatus with started_at='now'"),
        (JobStatus(state=JobState.FAILED, cost_basis={"dpu": "1"}), "a JobStatus with cost_basis={'dpu': '1'}"),
        (JobStatus(state=JobState.FAILED, cost_basis={"dpu": float("nan")}), "a JobStatus with cost_basis={'dpu': nan}"),
        (
            JobStatus(state=JobState.SUCCEEDED, failure=FailureClass.TIMEOUT),
            f"SUCCEEDED with failure={FailureClass.TIMEOUT!r}",
        ),
        (None, "None instead of a JobStatus"),
    ],
)
def test_what_cannot_be_stored_is_not_believed(pipeline, item_of, monkeypatch, status, message):
    item = item_of()
    press = pipeline.parts.registry.job_type("press")
    monkeypatch.setattr(type(press), "status", lambda self, outcome: status)
    assert pipeline.record(item, DONE) == {"status": "UNKNOWN"}
    assert (
        failed(pipeline)[1] == f"the status parser of job type 'press' returned {message}; the service said: {json.dumps(DONE)}"
    )


def test_a_caught_error_is_no_success_whatever_the_parser_says(pipeline, item_of, monkeypatch):
    item = item_of()
    press = pipeline.parts.registry.job_type("press")
    monkeypatch.setattr(type(press), "status", lambda self, outcome: JobStatus(state=JobState.SUCCEEDED))
    assert pipeline.fail(item, "") == {"status": "UNKNOWN"}
    assert failed(pipeline)[1] == (
        "the status parser of job type 'press' returned SUCCEEDED for a caught error; "
        "the service said: States.TaskFailed: nothing"
    )


def test_a_caught_error_counts_before_a_result(pipeline, item_of):
    item = {**item_of(), "job_error": {"Error": "States.Timeout", "Cause": "late"}}
    assert pipeline.record(item, DONE) == {"status": "FAILED"}
    assert failed(pipeline) == (FailureClass.USER_CODE, "late")


@pytest.mark.parametrize("error", ["text", [], {"Error": 7, "Cause": {"a": 1}}, {"Cause": None}, False])
def test_an_error_of_any_shape_is_an_error(pipeline, item_of, error):
    assert record(pipeline.parts, {**item_of(), "job_error": error}) == {"status": "FAILED"}


@pytest.mark.parametrize(
    ("error", "failure", "message"),
    [
        ({"failure": "CONFIG", "message": "sales.yml:1:1: no"}, FailureClass.CONFIG, "sales.yml:1:1: no"),
        ({"failure": "PERMISSION", "message": "no"}, FailureClass.PERMISSION, "no"),
        ({"failure": "?"}, FailureClass.CONFIG, "the table can't be planned: {'failure': '?'}"),
        ("no", FailureClass.CONFIG, "the table can't be planned: 'no'"),
    ],
)
def test_a_plan_error_is_recorded_as_it_stands(pipeline, item_of, error, failure, message):
    assert record(pipeline.parts, {**item_of(), "plan_error": error}) == {"status": "FAILED"}
    assert failed(pipeline) == (failure, message)


@pytest.mark.parametrize(("outcome", "state"), [({}, "FAILED"), ({"job_result": DONE}, "UNKNOWN")])
def test_a_job_type_that_is_gone_since_the_plan(pipeline, item_of, outcome, state):
    item = item_of()
    assert record(replace(pipeline.parts, registry=Registry.of()), {**item, **outcome}) == {"status": state}
    failure, message = failed(pipeline)
    assert failure is FailureClass.CONFIG
    assert message.startswith("job type 'press' is not installed")


def test_a_machine_without_the_branch(pipeline, item_of):
    assert record(pipeline.parts, item_of()) == {"status": "FAILED"}
    message = "the state machine has no branch for the job type 'press': build and deploy it again"
    assert failed(pipeline) == (FailureClass.CONFIG, message)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            {"table": "public.a", "attempt": "1"},
            (
                "the item can't be recorded, it lacks run_id (None), source (None), attempt ('1'), lease.fencing (None): "
                "each state of a branch must keep the item, with its own output at $.job_result"
            ),
        ),
        (["x"], "the status handler got list instead of an item of tables_to_extract"),
    ],
)
def test_what_is_no_item_is_refused(pipeline, item, message):
    with pytest.raises(UsageError) as raised:
        record(pipeline.parts, item)
    assert str(raised.value) == message


@pytest.mark.parametrize("cause", ["half \ud800 a pair", "nul \0 byte", "\u2028", "😀" * 3_000])
def test_a_reason_of_any_characters_is_recorded(pipeline, item_of, cause):
    assert pipeline.fail(item_of(), cause) == {"status": "FAILED"}
    assert failed(pipeline)[1] == cause.replace("\ud800", "\\ud800")
    assert pipeline.summarise()["succeeded"] is False


@pytest.mark.parametrize(
    ("moment", "stored"),
    [
        (datetime(2026, 3, 1, 6, 0), "2026-03-01T06:00:00+00:00"),  # noqa: DTZ001 - what a plugin may give
        (datetime(2026, 3, 1, 6, 0, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T04:00:00+00:00"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=2))), "0001-01-01T00:00:00+02:00"),
    ],
)
def test_a_time_of_any_zone_is_recorded(pipeline, item_of, monkeypatch, moment, stored):
    item = item_of()
    status = JobStatus(state=JobState.FAILED, started_at=moment, ended_at=moment)
    press = pipeline.parts.registry.job_type("press")
    monkeypatch.setattr(type(press), "status", lambda self, outcome: status)
    pipeline.fail(item)
    assert pipeline.row("public.accounts").started_at == stored
    assert pipeline.summarise()["succeeded"] is False


def test_a_plan_that_is_gone_costs_only_the_settings(pipeline, item_of, caplog):
    item = item_of()
    pipeline.path(item["plan_uri"]).unlink()
    assert pipeline.fail(item) == {"status": "FAILED"}
    assert pipeline.row("public.accounts").settings is None
    assert [line.getMessage() for line in caplog.records if line.levelname == "WARNING"] == [
        f"the settings of the attempt are not known: there is no object at {item['plan_uri']!r}"
    ]


def test_without_its_plan_line_nothing_is_committed(pipeline, item_of):
    item = item_of("public.orders")
    pipeline.path(item["plan_uri"]).unlink()
    assert pipeline.done(item, high=MARK) == {"status": "FAILED"}
    assert failed(pipeline, "public.orders") == (
        FailureClass.NO_RESULT,
        (
            "the job ended well, but nothing can be committed: the table's line of the plan can't be read: there is no object at "
            f"{item['plan_uri']!r}"
        ),
    )
    assert pipeline.state("public.orders").watermark is None


def test_a_failure_is_recorded_with_the_settings_of_its_plan_line(pipeline, item_of):
    pipeline.fail(item_of("public.returns"))
    assert pipeline.row("public.returns").settings == {"workers": 3}


def test_a_larger_attempt_that_succeeds_is_recorded_with_its_own_settings(pipeline, item_of):
    pipeline.done({**item_of(), "settings": {"workers": 8}})
    assert pipeline.row("public.accounts").settings == {"workers": 8}


def test_a_store_that_is_busy_is_for_the_machine_to_retry(pipeline, item_of):
    item = item_of()

    class Busy:
        def finish(self, row, **more):
            raise TrackingUnavailable("busy")

    pipeline.report(item)
    with pytest.raises(TrackingUnavailable, match=r"^busy$"):
        record(replace(pipeline.parts, tracking=Busy()), {**item, "job_result": DONE})


@pytest.fixture
def reports(monkeypatch):
    calls = []
    monkeypatch.setattr(Registry, "tell", lambda self, hook, log, **named: calls.append((hook, named)))
    return lambda: [named for hook, named in calls if hook == "extract_run_finished"]


def test_plugins_are_told_what_was_recorded_at_least_once(pipeline, item_of, reports):
    """A second call of the handler tells it again, in the same words: the first one may have died before."""
    item = item_of("public.orders")
    pipeline.record(item, DONE)
    pipeline.record(item, {"State": "BROKEN"})
    first, second = reports()
    assert (first["table"]["table"], first["job_type"]) == ("public.orders", "press")
    for report in (first, second):
        assert (report["status"].state, report["status"].failure) == (JobState.FAILED, FailureClass.NO_RESULT)
    assert first["status"].job_run_id == "jr_1"
    assert (first["report"].files, first["report"].rows, first["report"].live()) == ([], None, [])


def test_plugins_get_what_the_job_reported_and_what_is_live(pipeline, item_of, reports):
    columns = [{"column": "id", "declared": "bigint", "arrow": "int64", "nullable": False}]
    item = item_of()
    pipeline.done(item, schema=columns, source={"engine": "postgresql", "host": "db"})
    (report,) = (call["report"] for call in reports())
    assert (report.rows, report.mode, report.schema, report.origin) == (
        3,
        "full",
        columns,
        {"engine": "postgresql", "host": "db"},
    )
    assert report.files == [f"{item['extract_s3_uri']}part-00000.parquet"]
    assert report.run_started_at == "2026-03-01T06:00:00.000Z"
    assert report.database == {"db_engine": "sqlite"}
    ((attempt,)) = report.live()
    assert (attempt.run_id, attempt.is_base, attempt.folder, attempt.files) == (
        "run-1",
        True,
        item["extract_s3_uri"],
        report.files,
    )


@pytest.mark.parametrize("schema", ["text", [1], [{"name": "id"}], {"id": 1}])
def test_a_schema_of_another_shape_costs_no_commit(pipeline, item_of, reports, schema):
    assert pipeline.done(item_of(), schema=schema) == {"status": "SUCCEEDED"}
    (report,) = (call["report"] for call in reports())
    assert (list(report.schema), report.origin) == ([], {})


def test_each_line_of_the_log_has_run_and_table(pipeline, item_of, caplog):
    caplog.set_level("INFO", logger="extract_core")
    pipeline.fail(item_of(), "exit code 1")
    last = caplog.records[-1]
    assert (last.getMessage(), last.extract) == (
        "public.accounts: FAILED",
        {
            "run_id": "run-1",
            "table": "public.accounts",
            "attempt": 1,
            "state": "FAILED",
            "failure": "USER_CODE",
            "reason": "exit code 1",
            "outcome": "RECORDED",
            "watermark": None,
        },
    )
