"""`extract validate`: all complaints in one go, offline, with exit codes for scripts."""

from __future__ import annotations

import json

import pytest


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
    "sales.yml:4:3: the key 'job_type' is given twice, in line 3 already; keep one of them",
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
        "sales.yml:9:5: extract.tables.c: an incremental extract (extract_type PE) needs hwm_col_name and hwm_column_type; write "
        "them here, or extract_type: FE"
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
    assert said.err == "config/sales.yml: the section transform is kept and not read here\n11 complaints\n"


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
    source = {"file": "config/sales.yml", "source_name": "sales", "tables": 1, "job_types": {"glue": 1}, "faults": [fault]}
    assert json.loads(said.out) == {"valid": False, "faults": [], "sources": [{**source, "notes": []}]}


def test_without_a_pipeline_the_machine_is_not_asked(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.yml").write_text("extract: {job_type: glue, max_attempts: 3, tables: {a: {}}}", encoding="utf-8")
    assert cli("validate", "sales.yml") == (
        0,
        "sales.yml: 1 table (glue 1)\n",
        "there is no extract.toml here: what depends on the machine was not checked\n",
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
    (project / "extract.toml").write_text("[machine]\nmax_concurrency = 0\n", encoding="utf-8")
    said = cli("validate", "config/sales.yml", "config/sails.yml")
    assert said.code == 2
    assert said.out.splitlines() == [
        "extract.toml:2:1: machine.max_concurrency: 0 is not a number from 1 to 40 (the limit of an inline Map)",
        "config/sails.yml: can't be read: No such file or directory",
        "config/sales.yml: 3 tables (ecs 1, glue 2)",
    ]


@pytest.mark.parametrize(
    ("given", "probable"),
    [
        ("sales", "did you mean 'config/sales.yml'?"),
        ("config/sales", "did you mean 'config/sales.yml'?"),
        ("sails", "a source's config is sails.yml, in the pipeline's folder"),
    ],
)
def test_a_name_where_a_file_is_wanted(cli, project, given, probable):
    said = cli("validate", given)
    assert (said.code, said.out) == (2, "")
    assert said.err == f"extract: {given!r} is neither a file nor a folder; give a file: {probable}\n"


def test_a_folder_without_configs_is_told(cli, project):
    (project / "config" / "sales.yml").unlink()
    said = cli("validate")
    assert (said.code, said.err) == (2, "extract: there is no source config (<source>.yml) in 'config'; make one: extract init\n")


def test_very_many_complaints_are_all_printed(cli, project):
    tables = "".join(f"    t{number}: {{fetchsize: many}}\n" for number in range(300))
    (project / "config" / "sales.yml").write_text(f"extract:\n  job_type: glue\n  tables:\n{tables}", encoding="utf-8")
    said = cli("validate")
    assert (said.code, len(said.out.splitlines()), said.err) == (2, 300, "300 complaints\n")
