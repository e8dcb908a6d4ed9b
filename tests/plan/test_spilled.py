"""Arguments that are too long for their service: refused with the remedy, or put into an object that the job reads."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from extract_core import ArgumentsTooLong
from extract_core.config.read import read_source_config
from extract_core.errors import ObjectError
from extract_core.objects.files import FileObjects, file_uri
from extract_core.plan.check import check_source
from extract_core.plan.explain import Explainer
from extract_core.plan.job_arguments import from_object
from extract_core.plan.plan_file import write_plan
from extract_core.registry.installed import Registry

LONG = "x" * 500
TABLES = f"""\
source_name: sales
extract:
  job_type: loom
  tables:
    a: {{argument_encoding: json, arguments: {{--query: {LONG}, --empty: ""}}}}
    b: {{arguments: {{--query: {LONG}}}}}
    c: {{argument_encoding: json}}
"""
PLACE = "s3://runs/r-1/results/a/attempt=1.arguments.json"


@pytest.fixture
def short(registry):
    """The registry with a job type loom that takes so many characters of job arguments."""

    def made(most):
        class Short(type(registry.job_type("loom"))):
            def arguments(self, table, settings):
                size = sum(map(len, table.job_arguments.values()))
                if size > most:
                    raise ArgumentsTooLong(f"{size} characters of arguments, {most} is the limit: shorten them")
                return super().arguments(table, settings)

        return Registry.of(Short())

    return made


def test_what_does_not_fit_is_read_from_an_object(plan, short):
    table = plan(TABLES, registry=short(400))[0]
    assert table.plan_error is None
    assert table.item["arguments"]["job_arguments"] == {"--extract_arguments": PLACE}
    assert table.table_run["job_arguments"] == {"--extract_arguments": PLACE}
    assert table.spilled.uri == PLACE
    assert json.loads(table.spilled.data) == {
        "source_name": "sales", "source_type": "jdbc", "extract_table": "a", "run_id": "r-1", "attempt": "1",
        "extract_s3_uri": "s3://data/sales/a/run_id=r-1/attempt=1/", "result_uri": "s3://runs/r-1/results/a/attempt=1.json",
        "extract_type": "FE", "query": LONG, "empty": "",
    }  # fmt: skip


def test_on_a_command_line_it_is_refused_with_the_remedy(plan, short):
    table = plan(TABLES, registry=short(400))[1]
    assert table.plan_error == (
        "sales.yml:6:5: extract.tables.b: job type 'loom': 593 characters of arguments, 400 is the limit: shorten them, or write "
        "argument_encoding: json, with which the job reads its arguments from an object"
    )
    assert table.spilled is None


def test_what_fits_stays_where_it_is(plan, short):
    table = plan(TABLES, registry=short(400))[2]
    assert table.spilled is None
    assert len(table.item["arguments"]["job_arguments"]["--extract_arguments"]) < 400


def test_a_limit_that_even_the_place_is_over(plan, short):
    table = plan(TABLES, registry=short(20))[0]
    assert table.plan_error == (
        f"sales.yml:5:5: extract.tables.a: job type 'loom': {len(PLACE)} characters of arguments, 20 is the limit: shorten them; "
        f"this is with all arguments of the job in an object, {PLACE!r}"
    )
    assert table.spilled is None


def test_the_objects_are_there_before_the_plan_is(plan, short, tmp_path):
    folder = file_uri(tmp_path)
    objects = FileObjects()
    [table] = plan(TABLES, tables="a", registry=short(400))
    write_plan(objects, folder, "r-1", [_at(table, f"{folder}/a.json")])
    assert from_object((tmp_path / "a.json").read_bytes())["--query"] == LONG
    assert (tmp_path / "r-1" / "plan.jsonl").exists()


def test_a_plan_whose_objects_can_not_be_written_is_none(plan, short, tmp_path):
    (tmp_path / "file").write_text("")
    [table] = plan(TABLES, tables="a", registry=short(400))
    with pytest.raises(ObjectError, match="can't write"):
        write_plan(FileObjects(), file_uri(tmp_path), "r-1", [_at(table, f"{file_uri(tmp_path)}/file/a.json")])
    assert not (tmp_path / "r-1" / "plan.jsonl").exists()


def test_very_many_objects(plan, short, tmp_path):
    tables = {f"t{number}": {} for number in range(200)}
    shared = {"job_type": "loom", "argument_encoding": "json", "arguments": {"--query": LONG}}
    text = json.dumps({"source_name": "sales", "extract": {**shared, "tables": tables}})
    planned = [_at(table, f"{file_uri(tmp_path)}/{table.table}.json") for table in plan(text, registry=short(400))]
    write_plan(FileObjects(), file_uri(tmp_path), "r-1", planned)
    assert len(list(tmp_path.glob("t*.json"))) == 200


def test_a_plan_tells_each_argument_all_the_same(plan, short, machine):
    registry = short(400)
    [table] = plan(TABLES, tables="a", registry=registry)
    config = read_source_config(TABLES.encode(), file="sales.yml")
    values = {explained.name: explained.value for explained in Explainer(config, machine, registry).explain(table)}
    assert values["--query"] == LONG


def test_a_check_says_it_and_writes_nothing(short, machine):
    checked = check_source(TABLES.encode(), file="sales.yml", registry=short(400), machine=machine)
    assert [fault.path for fault in checked.findings] == ["extract.tables.b"]


def _at(table, uri):
    """The table with its object in another place."""
    return replace(table, spilled=replace(table.spilled, uri=uri))
