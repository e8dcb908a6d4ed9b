"""`extract plan`: what a run would do and where each value comes from; not a byte is written."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from extract_cli.views.preview import reading_parts
from extract_core import JobState
from extract_core.pipeline.parts import Parts
from extract_core.pipeline.read import read_pipeline
from extract_core.plan.machine import machine_facts
from extract_core.registry.loading import discover
from extract_core.runs.begin import manage
from extract_core.tracking.records import AttemptRow, Guard, Owner, RunRecord
from extract_core.tracking.sqlite import SQLiteTracking

TEXT = """\
 public.events
   --db_engine      sqlite  (extract, line 5)
   --db_name        sales.db  (extract, line 6)
   --extract_type   FE  (default)
   --fetchsize      500  (the table, line 14)
   task_definition  extract-job  ([job_types.ecs] of extract.toml)
   container        extract-job  ([job_types.ecs] of extract.toml)
   cpu              1024  (job_types.ecs, line 11)
   memory           (none)  (default of ecs)
   timeout_minutes  480  (default of ecs)
"""


NEAR = "'public.notes' or 'public.accounts' or 'public.events'"


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def lines(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip(" ─")]


@pytest.fixture
def started(project):
    """Plan a run as the config manager does, leases taken."""

    def start(run_id="r-1", tables="*"):
        read = read_pipeline(project)
        registry = discover()
        with SQLiteTracking(project / ".extract" / "tracking.db") as tracking:
            made = reading_parts(read, registry)
            made.tracking.close()
            parts = Parts(
                objects=made.objects,
                tracking=tracking,
                registry=registry,
                config_uri=made.config_uri,
                data_uri=made.data_uri,
                runs_uri=made.runs_uri,
                is_running=lambda _: False,
            )
            execution = {"id": f"arn:x:{run_id}", "name": run_id, "started_at": "2026-03-01T06:00:00.000Z"}
            event = {"source": "sales", "tables": tables}
            manage(parts, {"event": event, "execution": execution, "machine": machine_facts(read, registry)})

    return start


def test_text(cli, project):
    said = cli("plan", "sales", "public.events", "public.accounts")
    assert (said.code, said.err) == (0, "")
    assert TEXT in said.out
    assert lines(said.out)[:4] == [
        "sales: 2 tables",
        "Table Job type Reads Held by",
        "public.accounts glue updated_at, from the beginning",
        "public.events ecs everything",
    ]
    assert lines(said.out)[-2] == "Map DISTRIBUTED, 2 at once"
    assert lines(said.out)[-1].startswith("transitions 15 ($0.000375 at $25 per million)")


def test_json_tells_each_value_and_its_line_and_is_stable(cli, project):
    said = cli("plan", "sales", "--output", "json")
    assert said == cli("plan", "sales", "--output", "json")
    shown = json.loads(said.out)
    accounts, events, notes = shown["tables"]
    assert {key: shown[key] for key in ("map", "max_concurrency", "transitions", "usd", "refused", "skipped", "on_conflict")} == {
        "map": "DISTRIBUTED", "max_concurrency": 4, "transitions": shown["transitions"],
        "usd": round(shown["transitions"] * 0.000025, 6), "refused": None, "skipped": [], "on_conflict": "fail",
    }  # fmt: skip
    assert {"name": "--fetchsize", "value": "1000", "from": "default_arguments", "line": 8} in accounts["values"]
    assert {"name": "worker_no", "value": 2, "from": "default_arguments", "line": 9} in notes["values"]
    assert {"name": "cpu", "value": 1024, "from": "job_types.ecs", "line": 11} in events["values"]
    assert {"name": "worker_type", "value": "G.1X", "from": "default of glue", "line": None} in notes["values"]
    assert accounts["watermark"] == {"column": "updated_at", "type": "TimestampType", "low": None, "mode": "incremental"}
    assert notes["arguments"]["number_of_workers"] == 2


def test_the_plan_says_which_tables_share_a_job_and_what_that_saves(cli, project):
    toml, config = project / "extract.toml", project / "config/sales.yml"
    machine, prices = "[machine]\nshare = true\n", '\n[prices]\nas_of = "2026-11-30"\n[prices.glue]\ndpu_seconds = 0.44\n'
    toml.write_text(toml.read_text().replace("[machine]\n", machine) + prices)
    config.write_text(config.read_text().replace("extract:\n", "extract:\n  share: true\n"))
    said = lines(cli("plan", "sales").out)
    glue = said.index(
        "share a job 2 tables of glue in 1 job: saves 1 start, 1 min, about 120 dpu_seconds, $52.80 by the prices of 2026-11-30"
    )
    assert said[glue + 1] == "public.accounts, public.notes"
    shown = json.loads(cli("plan", "sales", "--output", "json").out)
    assert shown["groups"] == [["public.accounts", "public.notes"]]
    saving = {"job_type": "glue", "tables": 2, "jobs": 1, "seconds": 60, "units": {"dpu_seconds": 120.0}, "usd": 52.8}
    assert shown["savings"] == [saving]


@pytest.mark.parametrize("key", ["retries", "share"])
def test_the_plan_says_why_tables_that_want_to_share_a_job_do_not(cli, project, key):
    toml, config = project / "extract.toml", project / "config/sales.yml"
    toml.write_text(toml.read_text().replace("[machine]\n", f"[machine]\n{key} = false\n"))
    assert "share a job" not in cli("plan", "sales").out
    config.write_text(config.read_text().replace("extract:\n", "extract:\n  share: true\n"))
    said = lines(cli("plan", "sales").out)
    assert f"share a job none: 3 tables with share: true, but [machine] has {key} = false" in said


def test_nothing_is_written(cli, project, started):
    before = tree(project)
    for argv in ("plan", "sales"), ("plan", "sales", "--output", "json"), ("validate",):
        assert cli(*argv).code == 0
    assert tree(project) == before
    started()
    before = tree(project)
    for argv in ("plan", "sales"), ("plan", "--diff", "r-1"), ("plan", "sales", "public.*", "--details"):
        assert cli(*argv).code == 0
    assert tree(project) == before


def test_who_holds_a_table(cli, project, started):
    started(tables="public.notes")
    said = cli("plan", "sales")
    assert "public.notes glue everything r-1, which died: it will be taken over" in lines(said.out)
    table = json.loads(cli("plan", "sales", "public.notes", "--output", "json").out)["tables"][0]
    assert table["lock"] == {"run_id": "r-1", "since": "2026-03-01T06:00:00.000Z", "is_alive": False}


def test_a_live_run_that_holds_a_table_is_told(cli, project):
    with SQLiteTracking(project / ".extract" / "tracking.db") as tracking:
        owner = Owner(
            execution_id="arn:x:r-1", run_id="r-1", started_at="2026-03-01T06:00:00Z", bound="2999-01-01T00:00:00+00:00"
        )
        tracking.take("sales", ["public.notes"], owner, is_running=lambda _: True, now=datetime.now(UTC), all_or_nothing=True)
    folder = project / ".extract" / "executions" / "r-1"
    from extract_local.executions.folder import ExecutionFolder

    held = ExecutionFolder.create(folder.parent, "arn:x:r-1", "{}", {})
    try:
        said = cli("plan", "sales", "public.notes")
    finally:
        held.close()
    assert "public.notes glue everything r-1 since 2026-03-01T06:00:00Z" in lines(said.out)
    assert "held 1 table: run.on_conflict is fail, so it would refuse this run" in lines(said.out)


def test_what_can_not_be_planned_is_told_with_exit_code_2(cli, project):
    path = project / "config" / "sales.yml"
    path.write_text(path.read_text() + "    public.odd: {fetchsize: many}\n", encoding="utf-8")
    said = cli("plan", "sales")
    assert said.code == 2
    assert lines(said.out)[-1] == (
        "config/sales.yml:16:29: extract.tables.\"public.odd\".fetchsize: is 'many'; write a whole number from 0 to 2147483647"
    )
    assert "public.odd glue can't be planned" in lines(said.out)


def test_a_fault_above_the_tables_is_told_once(cli, project):
    path = project / "config" / "sales.yml"
    path.write_text(path.read_text().replace("job_type: glue", "job_type: gleu"), encoding="utf-8")
    said = cli("plan", "sales")
    assert said.code == 2
    installed = f"(installed: {', '.join(discover().job_types)})"
    assert [line for line in lines(said.out) if "gleu" in line] == [
        "public.accounts gleu can't be planned",
        "public.notes gleu can't be planned",
        f"config/sales.yml:3:13: extract.job_type: job type 'gleu' is not installed; did you mean 'glue'? {installed} (2 tables)",
    ]


def test_a_source_by_its_file(cli, project, tmp_path):
    expected = cli("plan", "sales").out
    for source in ("config/sales.yml", "./config/sales.yml", "sales.yml", project / "config" / "sales.yml"):
        assert cli("plan", source) == (0, expected, "")
    (project / "sales.yml").write_text("")
    said = cli("plan", "./sales.yml")
    assert (said.code, said.err) == (
        2,
        "extract: './sales.yml' is not a config of this pipeline, whose configs are in 'config'; give the name of a source\n",
    )


def test_a_run_that_would_not_fit_is_told(cli, project):
    path = project / "config" / "sales.yml"
    path.write_text(path.read_text() + "".join(f"    t{number}: {{}}\n" for number in range(400)), encoding="utf-8")
    toml = project / "extract.toml"
    toml.write_text(toml.read_text().replace("[machine]", '[machine]\nmap = "inline"'), encoding="utf-8")
    said = cli("plan", "sales", "--no-details")
    assert said.code == 2
    assert lines(said.out)[-1].startswith("the 403 tables of this run need ")
    assert lines(said.out)[-1].endswith("run fewer tables at once (name them in the event, or leave some out with exclude)")


def test_a_faulty_config_is_told_whole(cli, project):
    (project / "config" / "sales.yml").write_text(
        "extract: {job_type: glue, tables: {a: {lag: x}}}\nruns: {}\n", encoding="utf-8"
    )
    said = cli("plan", "sales")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "extract: config/sales.yml:1:45: extract.tables.a.lag: is 'x'; write a time like 15m, 2h or 1d, or a whole number where "
        "the watermark is a number\nextract: config/sales.yml:2:1: runs: no such key here; did you mean 'run'?\n"
    )


def test_what_has_changed_since_a_run(cli, project, started):
    started()
    path = project / "config" / "sales.yml"
    text = path.read_text().replace("public.notes: {}", "public.news: {}").replace("fetchsize: 500", "cpu: 2048")
    path.write_text(text, encoding="utf-8")
    said = cli("plan", "sales", "--diff", "latest")
    assert said == (
        0,
        (
            "- public.notes\n+ public.news\n~ public.events: fetchsize: 500 -> 1000\n~ public.events: cpu: 1024 -> 2048\n"
            "since run r-1: 1 added, 1 not in this plan, 1 changed, 1 the same\n"
        ),
        "",
    )
    assert json.loads(cli("plan", "sales", "--diff", "r-1", "--output", "json").out) == {
        "run_id": "r-1",
        "added": ["public.news"],
        "removed": ["public.notes"],
        "changed": {
            "public.events": [
                {"name": "fetchsize", "before": 500, "now": 1000},
                {"name": "cpu", "before": 1024, "now": 2048},
            ]
        },
    }


def test_the_event_of_a_run_or_of_a_file(cli, project, started, monkeypatch):
    started(tables="public.notes")
    assert cli("plan", "--diff", "r-1").out == "since run r-1: 0 added, 0 not in this plan, 0 changed, 1 the same\n"
    (project / "event.json").write_text('{"source": "sales", "tables": "tag:large"}', encoding="utf-8")
    assert lines(cli("plan", "--event", "event.json").out)[2] == "public.events ecs everything"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"source": "sales", "tables": ["public.notes"]}')))
    assert lines(cli("plan", "--event", "-").out)[0] == "sales: 1 table"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "give a source, as in: extract plan sales public.accounts; or an event: --event event.json"),
        (("sails",), "there is no source 'sails': no sails.yml in {config}; did you mean 'sales'?"),
        (("sales", "public.note"), "sales.yml: there is no table 'public.note'; did you mean {near}?"),
        (("sales", "tag:big"), "sales.yml: no table has the tag 'big'; it has the tags: large"),
        (("sales", "--event", "e.json"), "--event is the complete event: leave out SOURCE, TABLES, --exclude and --reingest"),
        (("--event", "e.json"), "the event 'e.json' can't be read: No such file or directory"),
    ],
)
def test_wrong_use_is_told(cli, project, argv, message):
    said = cli("plan", *argv)
    assert (said.code, said.out) == (2, "")
    assert said.err == f"extract: {message.format(config=(project / 'config').as_uri() + '/', near=NEAR)}\n"


def test_configs_and_plans_on_s3(cli, project, monkeypatch):
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    path = project / "extract.toml"
    places = "".join(f'{name}_uri = "s3://extract-sales/{name}/"\n' for name in ("config", "data", "runs"))
    path.write_text(path.read_text().replace("[machine]", f"{places}\n[machine]"), encoding="utf-8")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="extract-sales")
        s3.put_object(Bucket="extract-sales", Key="config/sales.yml", Body=(project / "config" / "sales.yml").read_bytes())
        said = cli("plan", "sales", "public.notes", "--output", "json")
        names = [listed["Key"] for listed in s3.list_objects_v2(Bucket="extract-sales")["Contents"]]
    assert said.code == 0, said.err
    [table] = json.loads(said.out)["tables"]
    assert table["arguments"]["arguments"]["--extract_s3_uri"].startswith("s3://extract-sales/data/sales/public.notes/run_id=")
    assert names == ["config/sales.yml"]


def test_a_backfill_says_its_range(cli, project):
    event = {
        "source": "sales",
        "tables": ["public.accounts"],
        "backfill": {"from": "2026-01-01 00:00:00", "to": "2026-02-01 00:00:00"},
    }
    (project / "event.json").write_text(json.dumps(event), encoding="utf-8")
    said = cli("plan", "--event", "event.json")
    assert lines(said.out)[2] == ("public.accounts glue updated_at above 2026-01-01 00:00:00 up to 2026-02-01 00:00:00, again"), (
        said
    )
    assert "--high_watermark 2026-02-01 00:00:00 (the event (backfill))" in lines(said.out)


def test_an_error_that_only_moved_is_no_change(cli, project, started):
    config = project / "config" / "sales.yml"
    text = "extract:\n  job_type: glue\n  tables:\n    a: {fetchsize: many}\n"
    config.write_text(text)
    started()
    config.write_text("# moved\n" + text)
    said = cli("plan", "sales", "--diff", "r-1")
    assert said.out == "since run r-1: 0 added, 0 not in this plan, 0 changed, 1 the same\n"
    config.write_text(text.replace("many", "more"))
    assert "plan_error" in cli("plan", "sales", "--diff", "r-1").out


def test_values_do_not_steer_the_terminal(cli, project):
    (project / "config" / "sales.yml").write_text(
        'extract:\n  job_type: glue\n  arguments: {--a: "x\\e]0;t\\ny", --b: "' + "z" * 20_000 + '"}\n  tables: {a: {}}\n'
    )
    said = cli("plan", "sales")
    assert next(line.split() for line in said.out.splitlines() if "--a " in line) == [
        "--a",
        r"x\x1b]0;t\ny",
        "(extract,",
        "line",
        "3)",
    ]
    assert f"{'z' * 300}… (20,000 characters)" in said.out


@pytest.fixture
def ran_before(project):
    """A run of the tables of the project, which took 5, 130 and 10 minutes."""
    with SQLiteTracking(project / ".extract" / "tracking.db") as tracking:
        record = RunRecord(
            run_id="r-1", execution_id="e", source="sales", started_at="2026-03-01T06:00:00+00:00", event={"source": "sales"}
        )
        tracking.start_run(record)
        tables = ["public.accounts", "public.events", "public.notes"]
        owner = Owner(execution_id="e", run_id="r-1", started_at=record.started_at, bound="2026-03-02T06:00:00+00:00")
        now = datetime(2026, 3, 1, 6, tzinfo=UTC)
        taken = tracking.take("sales", tables, owner, is_running=lambda _: False, now=now, all_or_nothing=True).taken
        for table, minutes in zip(tables, (5, 130, 10), strict=True):
            row = AttemptRow(
                run_id="r-1", source="sales", table=table, attempt=1, job_type="glue", state=JobState.SUCCEEDED,
                started_at=now.isoformat(), ended_at=(now + timedelta(minutes=minutes)).isoformat(), recorded_at=now.isoformat(),
            )  # fmt: skip
            tracking.finish(row, guard=Guard(run_id="r-1", fencing=taken[table].state.fencing, attempt=1))


def test_without_an_earlier_run_the_length_is_not_known(cli, project):
    assert "length" not in cli("plan", "sales").out


@pytest.mark.usefixtures("ran_before")
def test_the_length_of_the_run_by_the_last_one(cli, project):
    said = cli("plan", "sales")
    assert lines(said.out)[-1] == "length about 2 h 10 min, by the last run of each table; public.events alone takes 2 h 10 min"
    assert json.loads(cli("plan", "sales", "--output", "json").out)["length"] == {
        "seconds": 7800.0, "tables": 3, "known": 3, "longest": 7800.0, "ruled_by": "public.events", "pools": {},
        "ruled_by_pool": None,
    }  # fmt: skip


@pytest.mark.usefixtures("ran_before")
@pytest.mark.parametrize(("tables", "runs"), [("public.events", "run of 1 table"), ("public.*", "runs of 3 tables")])
def test_the_length_of_a_run_with_a_new_table(cli, project, tables, runs):
    config = project / "config" / "sales.yml"
    config.write_text(config.read_text().replace("    public.notes:", "    public_new: {}\n    public.notes:"))
    assert f", by the last {runs}; public.events alone takes 2 h" in cli("plan", "sales", tables, "public_new").out


POOLS = "\n[pools]\nsales-db = 1\nspare = 2\n"


@pytest.fixture
def pooled(project):
    """The tables of the project have a pool of one slot; the job type ecs has another one."""
    toml = project / "extract.toml"
    toml.write_text(toml.read_text().replace("[job_types.ecs]\n", '[job_types.ecs]\npool = "spare"\n') + POOLS)
    config = project / "config" / "sales.yml"
    config.write_text(config.read_text().replace("  job_types:\n", "  job_types:\n    glue: {pool: sales-db}\n"))
    return project


@pytest.mark.usefixtures("ran_before", "pooled")
def test_the_pool_of_each_table_and_the_pool_that_decides_the_length(cli):
    said = cli("plan", "sales")
    assert lines(said.out)[1:5] == [
        "Table Job type Pool Reads Held by",
        "public.accounts glue sales-db updated_at, from the beginning",
        "public.events ecs spare everything",
        "public.notes glue sales-db everything",
    ]
    assert lines(said.out)[-1].startswith("length about 2 h 10 min, by the last run of each table; public.events alone takes")
    detailed = cli("plan", "sales", "--details").out
    assert [line for line in lines(detailed) if line.startswith("pool ")] == [
        "pool sales-db (job_types.glue, line 11)",
        "pool spare ([job_types.ecs] of extract.toml)",
        "pool sales-db (job_types.glue, line 11)",
    ]
    document = json.loads(cli("plan", "sales", "--output", "json").out)
    assert {table["table"]: table["pool"] for table in document["tables"]} == {
        "public.accounts": "sales-db", "public.events": "spare", "public.notes": "sales-db",
    }  # fmt: skip
    assert document["length"]["pools"] == {"sales-db": 900.0, "spare": 3900.0}
    few = cli("plan", "sales", "public.accounts", "public.notes").out
    assert lines(few)[-1] == (
        "length about 15 min, by the last run of each table; the pool sales-db decides: its 2 tables, 1 at once, take 15 min"
    )


def test_the_event_says_how_many_tables_run_at_once(cli, project):
    event = project / "event.json"
    event.write_text(json.dumps({"source": "sales", "tables": "*", "max_concurrency": 2}))
    assert "Map DISTRIBUTED, 2 at once" in lines(cli("plan", "--event", event).out)
    assert json.loads(cli("plan", "--event", event, "--output", "json").out)["max_concurrency"] == 2
