"""`extract validate`: all complaints in one go, offline, with exit codes for scripts."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from extract_core.registry.loading import discover


def test_a_config_in_order(cli, project):
    said = cli("validate")
    assert said == (0, "config/sales.yml: 3 tables (ecs 1, glue 2)\n", "")


FAULTY = """\
source_name: billing
extract:
  job_type: glue
  job_type: glue
  default_arguments: {fetchsiz: 10, worker_no: many}
  tables:
    a: {x: !ENV foo, b: *nope}
    b: {job_type: teleporter}
    c: {extract_type: PE}
runs: {}
transform: {}
"""
COMPLAINTS = [
    "sales.yml:1:14: source_name: is 'billing', but the file's name says 'sales'; write 'sales', or name the file billing.yml",
    "sales.yml:4:3: the key 'job_type' is given twice, first in line 3; keep one of them",
    (
        "sales.yml:5:23: extract.default_arguments.fetchsiz: neither the core nor any installed job type knows this key; "
        "did you mean 'fetchsize'?"
    ),
    (
        "sales.yml:5:48: extract.default_arguments.worker_no: is 'many', which job type 'glue' refuses: write a whole "
        "number, in digits"
    ),
    (
        "sales.yml:7:9: extract.tables.a.x: neither the core nor job type 'glue' knows this key; what only the script reads "
        "goes under arguments"
    ),
    "sales.yml:7:12: the tag !ENV is not supported here; write the value without it",
    (
        "sales.yml:7:22: extract.tables.a.b: neither the core nor job type 'glue' knows this key; what only the script reads "
        "goes under arguments"
    ),
    "sales.yml:7:25: the alias *nope has no anchor &nope before it in this file",
    (
        "sales.yml:9:5: extract.tables.c: an incremental extract (extract_type PE) needs watermark.column and watermark.type; "
        "write watermark: {column: …, type: …} here, or extract_type: FE"
    ),
    "sales.yml:10:1: runs: no such key here; did you mean 'run'?",
]


def test_yaml_sections_and_tables_in_one_go(cli, project):
    (project / "config" / "sales.yml").write_text(FAULTY, encoding="utf-8")
    said = cli("validate", "--pipeline", project)
    lines = said.out.splitlines()
    assert said.code == 2
    assert [line for line in lines if "job_type: job type 'teleporter' is not installed" not in line] == [
        f"config/{complaint}" for complaint in COMPLAINTS
    ]
    assert said.err == "note: config/sales.yml: the section transform is for other tools and not read here\n11 findings\n"


def test_json(cli, project):
    (project / "config" / "sales.yml").write_text("extract: {job_type: glue, tables: {a: {fetchsize: many}}}", encoding="utf-8")
    said = cli("validate", "--output", "json")
    assert said.code == 2
    fault = {
        "file": "config/sales.yml",
        "line": 1,
        "column": 51,
        "path": "extract.tables.a.fetchsize",
        "message": "is 'many'; write a whole number from 0 to 2147483647",
    }
    source = {"file": "config/sales.yml", "source": "sales", "tables": 1, "job_types": {"glue": 1}, "findings": [fault]}
    assert json.loads(said.out) == {"valid": False, "findings": [], "notes": [], "sources": [{**source, "notes": []}]}


def test_without_a_pipeline_the_machine_is_not_asked(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.yml").write_text("extract: {job_type: glue, max_attempts: 3, tables: {a: {}}}", encoding="utf-8")
    assert cli("validate", "sales.yml") == (
        0,
        "sales.yml: 1 table (glue 1)\n",
        "there is no extract.toml here: rules that depend on the machine were not checked\n",
    )


def test_a_job_type_that_the_machine_lacks_is_told(cli, project):
    (project / "extract.toml").write_text('[job_types.glue]\njob_name = "j"\n', encoding="utf-8")
    said = cli("validate", "config")
    assert (said.code, said.out) == (
        2,
        (
            "config/sales.yml:14:31: extract.tables.\"public.events\".job_type: job type 'ecs' is installed, but the state "
            "machine 'extract' was built without it (it has: glue); write [job_types.ecs] in extract.toml, then build and deploy "
            "the machine again\n"
        ),
    )


def test_a_faulty_extract_toml_and_a_missing_file_are_told_with_the_rest(cli, project):
    text = (project / "extract.toml").read_text().replace("max_concurrency = 4", "max_concurrency = 0")
    (project / "extract.toml").write_text(text, encoding="utf-8")
    said = cli("validate", "config/sales.yml", "config/sails.yml")
    assert said.code == 2
    assert said.out.splitlines() == [
        "extract.toml:5:1: machine.max_concurrency: 0 is not a number from 1 to 10,000, the limit of a Map that is DISTRIBUTED",
        "config/sails.yml: can't be read: No such file or directory",
        "config/sales.yml: 3 tables (ecs 1, glue 2)",
    ]


@pytest.mark.parametrize("argument", ["sales", "config/sales", "config", "config/sales.yml"])
def test_a_source_by_name_a_file_and_a_folder(cli, project, argument):
    assert cli("validate", argument) == (0, "config/sales.yml: 3 tables (ecs 1, glue 2)\n", "")


def test_a_name_that_is_no_source(cli, project, tmp_path, monkeypatch):
    said = cli("validate", "sails")
    assert (said.code, said.out) == (2, "")
    assert said.err == "extract: 'sails' is not a file, not a folder and not a source in 'config'; did you mean 'sales'?\n"
    (project / "extract.toml").unlink()
    assert cli("validate", "sails").err == (
        "extract: 'sails' is neither a file nor a folder; give the file of the source: sails.yml\n"
    )


FAULTY_PIPELINE = """\
[pipeline]
nam = "x"
tracking = "redis://x"
runs_uri = "gs://bucket/runs"
data_uri = "s3:/bucket"

[job_types.glu]
job_name = "extract-jdbc"

[job_types.ecs]
cluster = 7
subnet = "subnet-1"
"""
OF_FAULTY_PIPELINE = [
    "extract.toml:2:1: pipeline.nam: no such key here; did you mean 'name'?",
    "extract.toml:3:1: pipeline.tracking: 'redis://x' is not valid; write the path of a file, or dynamodb://table",
    "extract.toml:4:1: pipeline.runs_uri: 'gs://bucket/runs' is not a folder or an s3:// URI",
    "extract.toml:5:1: pipeline.data_uri: 's3:/bucket' is not a folder or an s3:// URI",
    (
        "extract.toml:7:1: job_types.glu: job type 'glu' is not installed; did you mean 'glue'? (installed: "
        f"{', '.join(discover().job_types)}); install its plugin, or remove the section"
    ),
    "extract.toml:10:1: job_types.ecs.task_definition: is missing, and job type 'ecs' needs it",
    "extract.toml:11:1: job_types.ecs.cluster: is 7; write text",
    "extract.toml:12:1: job_types.ecs.subnet: no such key here; did you mean 'subnets'?",
]


@pytest.mark.parametrize("argv", [("run", "sales", "--local"), ("plan", "sales"), ("status",), ("asl", "build")])
def test_every_command_reports_all_that_is_wrong_in_extract_toml(cli, project, argv):
    (project / "extract.toml").write_text(FAULTY_PIPELINE, encoding="utf-8")
    said = cli(*argv)
    lines = [line.removeprefix("extract: ") for line in said.err.splitlines()]
    assert (said.code, lines) == (2, OF_FAULTY_PIPELINE)


def test_all_that_is_wrong_in_extract_toml_in_one_go(cli, project):
    (project / "extract.toml").write_text(FAULTY_PIPELINE, encoding="utf-8")
    (project / "config" / "sales.yml").write_text(
        "extract: {job_type: ecs, tables: {a: {}, b: {fetchsize: many}}}", encoding="utf-8"
    )
    said = cli("validate")
    assert (said.code, said.out.splitlines()) == (
        2,
        [
            *OF_FAULTY_PIPELINE,
            "config/sales.yml:1:57: extract.tables.b.fetchsize: is 'many'; write a whole number from 0 to 2147483647",
        ],
    )
    planned = cli("plan", "sales")
    assert (planned.code, planned.err.splitlines()) == (2, [f"extract: {line}" for line in OF_FAULTY_PIPELINE])
    doctor = cli("doctor")
    assert doctor.code == 1
    assert [line for line in OF_FAULTY_PIPELINE if line not in doctor.out] == []


def test_a_faulty_section_is_told_once_and_not_at_each_table(cli, project):
    text = (project / "extract.toml").read_text().replace("cluster =", "cluste =")
    (project / "extract.toml").write_text(text, encoding="utf-8")
    message = "extract.toml:11:1: job_types.ecs.cluste: no such key here; did you mean 'cluster'?\n"
    assert cli("validate") == (2, f"{message}config/sales.yml: 3 tables (ecs 1, glue 2)\n", "1 finding\n")
    assert cli("plan", "sales") == (2, "", f"extract: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[pipeline]\n[machine]\n[pipeline]\n",
            "extract.toml:3:10: the section [pipeline] is given twice; put its keys under one",
        ),
        ("[pipeline]\nname = 'a'\nname = 'b'\n", "extract.toml:3:11: a key is given twice; keep one of them"),
        ("[pipeline]\nname = shop\n", "extract.toml:2:8: the value is not valid; write text in quotes"),
    ],
)
def test_what_is_no_toml(cli, project, text, message):
    (project / "extract.toml").write_text(text, encoding="utf-8")
    assert cli("validate", "sales.yml").out.splitlines()[0] == message
    assert cli("plan", "sales").err == f"extract: {message}\n"


def test_a_config_folder_that_is_missing(cli, project):
    text = (project / "extract.toml").read_text().replace("[machine]", 'config_uri = "confg"\n[machine]')
    (project / "extract.toml").write_text(text, encoding="utf-8")
    message = f"extract.toml:4:1: pipeline.config_uri: there is no folder {str(project / 'confg')!r}; did you mean 'config'?"
    assert cli("validate") == (2, f"{message}\n", "1 finding\n")
    assert cli("plan", "sales") == (2, "", f"extract: {message}\n")
    assert (
        f"wrong   configs: {message}\n        -> correct config_uri in extract.toml, or create the folder\n" in cli("doctor").out
    )


def test_odd_files_mean_the_same_to_all_commands(cli, project):
    folder = project / "config"
    (folder / ".#sales.yml").symlink_to("me@host.1234")
    (folder / ".sales.yml").write_text("no config")
    (folder / "d.yml").mkdir()
    assert cli("validate") == (0, "config/sales.yml: 3 tables (ecs 1, glue 2)\n", "")
    assert "config sales: is valid\n" in cli("doctor").out
    (folder / "gone.yml").symlink_to("nowhere.yml")
    (folder / "mine.yml.yml").write_text("extract: {job_type: glue, tables: {a: {}}}")
    (folder / "sales.yaml").write_text("extract: {job_type: glue, tables: {a: {}}}")
    assert cli("validate").out.splitlines() == [
        "config/sales.yml: sales.yaml is beside it; keep one of them",
        "config/gone.yml: is a link to nothing",
        "config/mine.yml.yml:1:1: the file's name has the ending .yml twice; name it mine.yml",
        "config/sales.yaml: 1 table (glue 1)",
        "config/sales.yml: 3 tables (ecs 1, glue 2)",
    ]
    doctor = cli("doctor").out
    linked = f"cannot read the config of source 'gone' in {folder.as_uri()}/: it is a broken link, or was just removed"
    assert f"wrong   config gone: {linked}\n" in doctor
    twice = "config/mine.yml.yml:1:1: the file's name has the ending .yml twice; name it mine.yml"
    assert f"wrong   config mine.yml: has 1 fault, the first: {twice}\n" in doctor
    assert "config d" not in doctor
    assert ".sales" not in doctor
    assert cli("plan", "gone").err == f"extract: {linked}\n"


SHOP = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, changed_at TIMESTAMP);
CREATE TABLE orders (id INTEGER PRIMARY KEY);
CREATE VIEW open_orders AS SELECT id FROM orders;
"""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("columns", "[ID, changed]"),
        ("exclude_columns", "[changed]"),
        ("text_columns", "[id, changed]"),
        ("rename", "{changed: at, ID: key}"),
        ("where", "{changed: null, ID: 1}"),
    ],
)
def test_each_key_that_names_columns_is_compared_with_the_database(cli, project, key, value):
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.executescript("CREATE TABLE accounts (id INTEGER PRIMARY KEY, changed_at TIMESTAMP)")
    config = f"extract:\n  job_type: glue\n  tables:\n    accounts: {{{key}: {value}}}\n"
    (project / "config" / "sales.yml").write_text(config)
    code, out, _ = cli("validate", "sales", "--database", "sqlite:///shop.db")
    said = f"extract.tables.accounts.{key}: names 'changed', and the table has no such column; did you mean 'changed_at'?"
    assert (code, out.count("\n"), said in out) == (2, 1, True), out
    (project / "config" / "sales.yml").write_text(config.replace("changed", "changed_at"))
    assert cli("validate", "sales", "--database", "sqlite:///shop.db")[0] == 0


def test_against_the_database(cli, project):
    connection = sqlite3.connect("shop.db")
    connection.executescript(SHOP)
    connection.close()
    (project / "config" / "sales.yml").write_text(
        """\
extract:
  job_type: glue
  default_arguments: {hwm_column_type: TimestampType}
  tables:
    accounts: {extract_type: PE, hwm_col_name: changed, partition_column: id, lower_bound: 1, upper_bound: 9, num_partitions: 2}
    order: {}
    open_orders: {}
    nothing: {}
"""
    )
    assert cli("validate", "sales", "--database", "sqlite:///shop.db") == (
        2,
        (
            "config/sales.yml:5:48: extract.tables.accounts.hwm_col_name: is 'changed', and the table has no such column; did "
            "you mean 'changed_at'?\n"
            "config/sales.yml:6:5: extract.tables.order: the database has no such table; did you mean 'orders'?\n"
            "config/sales.yml:8:5: extract.tables.nothing: the database has no such table; leave it out, or let this user see "
            "it\n"
        ),
        "note: config/sales.yml: 1 of the database's tables and views is not in it: orders\n3 findings\n",
    )
    (project / "config" / "other.yml").write_text("extract: {job_type: glue, tables: {a: {}}}")
    assert cli("validate", "--database", "sqlite:///shop.db").err == (
        "extract: --database compares one config; give its source, as in: extract validate sales --database URL\n"
    )


SENSELESS = """\
extract:
  job_type: glue
  default_arguments: {num_partitions: "4", hwm_column_type: TimestampType}
  tables:
    mark: {hwm_col_name: changed_at}
    bound: {lower_bound: "1"}
    parts: {num_partitions: 2}
    one_part: {num_partitions: 1}
    column: {partition_column: id}
    half: {partition_column: id, lower_bound: 1}
    whole: {partition_column: id, lower_bound: "1", upper_bound: 2026}
    nothing: {}
"""
NOTES = """\
note: config/sales.yml:5:26: extract.tables.mark.hwm_col_name: is not used: extract_type is FE, so the whole table is read; \
write extract_type: PE to read new rows
note: config/sales.yml:6:26: extract.tables.bound.lower_bound: is not used without partition_column and upper_bound
note: config/sales.yml:10:47: extract.tables.half.lower_bound: is not used without upper_bound
"""


def test_keys_that_are_of_no_use_without_others_are_noted(cli, project):
    (project / "config" / "sales.yml").write_text(SENSELESS)
    assert cli("validate") == (0, "config/sales.yml: 8 tables (glue 8)\n", NOTES)
    planned = cli("plan", "sales", "--details")
    assert (planned.code, planned.err) == (0, NOTES)
    notes = [line.removeprefix("note: config/") for line in NOTES.splitlines()]
    assert json.loads(cli("plan", "sales", "--output", "json").out)["notes"] == notes


def test_very_many_notes_are_counted(cli, project):
    tables = "".join(f"    t{number}: {{lower_bound: 1}}\n" for number in range(300))
    (project / "config" / "sales.yml").write_text(f"extract:\n  job_type: glue\n  tables:\n{tables}")
    lines = cli("validate").err.splitlines()
    assert (len(lines), lines[-1]) == (21, "note: and 280 more; for all of them see: extract validate --output json")
    assert len(json.loads(cli("validate", "--output", "json").out)["sources"][0]["notes"]) == 300


def test_a_name_that_blocks_no_plugin_is_told(cli, project, monkeypatch):
    monkeypatch.setenv("EXTRACT_DISABLE_PLUGINS", "GLUE")
    message = "EXTRACT_DISABLE_PLUGINS names 'GLUE', but no such plugin is installed; did you mean 'glue'?"
    for argv in ("validate",), ("plan", "sales"), ("schema",):
        assert cli(*argv).err.splitlines()[0] == f"note: {message}"
    assert f"note    plugins: {message}\n" in cli("doctor").out


def test_a_section_that_is_none_blames_no_config(cli, project):
    (project / "extract.toml").write_text("pipeline = 3\n")
    said = cli("validate", "config/sales.yml")
    assert (said.code, said.out.splitlines()[0]) == (
        2,
        "extract.toml:1:1: pipeline: is 3, but must be a section; write [pipeline]",
    )
    assert said.err.endswith("1 finding\n")


def test_an_empty_name_is_complained_of_once(cli, project):
    (project / "config" / "sales.yml").write_text('extract:\n  job_type: glue\n  tables:\n    "": {}\n    a: {}\n')
    said = cli("validate")
    assert said.out == (
        'config/sales.yml:4:5: extract.tables."": is not a valid table name: it is empty, or begins or ends with a blank\n'
    )


AWS = """
[pipeline]
config_uri = "s3://acme/config/"
data_uri = "s3://acme/data/"
runs_uri = "s3://acme/runs/"
tracking = "dynamodb://nightly"
[job_types.glue]
job_name = "extract"
[schedules.night]
when = "rate(1 day)"
event = {source = "sale", tables = "*"}
"""


def test_a_pipeline_on_aws_is_checked_with_the_configs_that_are_uploaded_and_with_its_schedules(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "extract.toml").write_text(AWS)
    said = cli("validate")
    assert (said.code, "the pipeline's configs are in s3://acme/config/: give the files to check" in said.err) == (2, True)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sales.yml").write_text("extract: {job_type: glue, db_engine: sqlite, db_name: x.db, tables: {a: {}}}")
    said = cli("validate")
    finding = "extract.toml:11:1: schedules.night.event: there is no config of the source 'sale'; did you mean 'sales'?"
    assert (said.code, said.out.splitlines()) == (2, [finding, "config/sales.yml: 1 table (glue 1)"])
    (tmp_path / "extract.toml").write_text(AWS.replace('"sale"', '"sales"'))
    assert cli("validate").code == 0
