"""What a command says if it is not called as it should be, or is ended before it has an answer."""

from __future__ import annotations

import json

import click
import pytest

from extract_cli.views.attempts import print_attempts
from extract_core.tracking.records import Skipped


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ["run", "--source", "sales"],
            "No such option '--source'. Write SOURCE without an option name: extract run [OPTIONS] SOURCE",
        ),
        (["run", "--table", "t"], "No such option '--table'. Write TABLES without an option name: extract run [OPTIONS] SOURCE"),
        (
            ["rerun", "one", "--tables", "t"],
            "No such option '--tables'. Write TABLES without an option name: extract rerun [OPTIONS] RUN [TABLES]...",
        ),
        (
            ["rerun", "--run", "one"],
            "No such option '--run'. Write RUN without an option name: extract rerun [OPTIONS] RUN [TABLES]...\n",
        ),
        (["state", "show", "--table", "t"], "No such option '--table'. Write TABLE without an option name: extract state show"),
        (["validate", "--file", "sales.yml"], "No such option '--file'. Write FILE without an option name: extract validate"),
    ],
)
def test_an_option_with_the_name_of_an_argument(cli, command, said):
    done = cli(*command)
    assert done.code == 2
    assert f"Error: {said}" in done.err


def test_an_unknown_option_stays_clicks_matter(cli):
    assert cli("rerun", "one", "--forec", "t").err.endswith("Error: No such option '--forec'. Did you mean '--force'?\n")


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (
            ["status", "one", "t"],
            ". It is about the whole run. For one table: `extract logs RUN TABLE` or `extract history TABLE`.",
        ),
        (
            ["watch", "one", "t"],
            ". It is about the whole run. For one table: `extract logs RUN TABLE` or `extract history TABLE`.",
        ),
        (["data", "one", "t"], ": `extract data` takes one table at a time."),
        (["history", "one", "t"], ": `extract history` takes one table at a time."),
        (["state", "reset", "one", "t", "--reason", "x"], ": `extract state reset` takes one table at a time."),
        (["runs", "t"], ""),
    ],
)
def test_an_argument_too_many_gets_a_hint(cli, command, hint):
    done = cli(*command)
    assert (done.code, done.err.rpartition("Error: ")[2]) == (2, f"Got unexpected extra argument (t){hint}\n")


@pytest.mark.parametrize("end", [KeyboardInterrupt, click.Abort])
def test_a_command_that_is_stopped_before_its_answer_prints_json(cli, monkeypatch, end):
    def stopped(*_args, **_options):
        raise end

    monkeypatch.setattr("extract_cli.commands.run.engine_of", stopped)
    done = cli("run", "sales", "--output", "json")
    assert (done.code, done.err.lstrip()) == (1, "extract: stopped\n")
    assert json.loads(done.out) == {"error": "Stopped", "message": "stopped before the end"}
    assert cli("run", "sales").out == ""


def test_the_lines_of_a_reason_stand_below_its_table(capsys):
    print_attempts([], [Skipped(table="public.orders", reason="sales.yml:3:5: one\nsales.yml:3:9: two")])
    assert " public.orders: sales.yml:3:5: one\n   sales.yml:3:9: two\n" in capsys.readouterr().out
