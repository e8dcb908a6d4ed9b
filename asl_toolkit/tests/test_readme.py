"""The README's commands and code, run as a new user would."""

import json
import re
import runpy
import shlex
from pathlib import Path
from textwrap import indent

import pytest

from asl_toolkit.commands import main
from asl_toolkit.commands.serve import main as serve
from asl_toolkit.pytest_plugin import asl  # noqa: F401 - the fixture, also where the package is not installed

FOLDER = Path(__file__).parents[1]
README = (FOLDER / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^    asl ((?:.*\\\n)*.*)$", README, re.MULTILINE)


@pytest.fixture
def place(tmp_path, monkeypatch):
    machine, mocks = (text for language, text in BLOCKS if language == "json")
    (tmp_path / "machine.json").write_text(machine)
    (tmp_path / "mocks.json").write_text(mocks)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_work_as_described(place, capsys):
    check, *runs, served = [shlex.split(command.replace("\\\n", " ")) for command in COMMANDS]
    assert main(check) == 0
    assert f"\n    {capsys.readouterr().out}" in README
    assert len(runs) == 2
    assert main(runs[0]) == 0
    assert f"\n    {capsys.readouterr().out}" in README
    assert main(runs[1]) == 0
    shown = capsys.readouterr().err
    assert "Glue.AWSGlueException: Rate exceeded" in shown
    assert "4230.000" in shown
    bad = ["run", "machine.json", "--mocks", "mocks.json", "--input", '{"tables": [{"name": "bad"}]}']
    assert main(bad) == 1
    capsys.readouterr()
    assert serve([*served[1:], "--port", "0"], wait=list) == 0
    shown = re.sub(r"(?<=127.0.0.1:)\d+", "8083", capsys.readouterr().out)
    assert f"\n{indent(shown, '    ')}" in README


def test_the_faults_that_it_speaks_of_are_found(place, capsys):
    text = (place / "machine.json").read_text()
    (place / "machine.json").write_text(text.replace("JobName", "jobName").replace("Cool Down", "Cool Off", 1))
    assert main(["check", "machine.json"]) == 1
    shown = capsys.readouterr().out
    assert "did you mean 'JobName'?" in shown
    assert "there is no state 'Cool Off'" in shown


def test_the_code_runs(place, asl, capsys):  # noqa: F811 - the fixture
    names = {}
    tests = 0
    for number, code in enumerate(text for language, text in BLOCKS if language == "python"):
        file = place / f"example_{number}.py"
        file.write_text(code)
        names |= runpy.run_path(str(file), init_globals=names)
    for name, value in names.items():
        if name.startswith("test_"):
            value(asl)
            tests += 1
    printed = capsys.readouterr().out
    assert tests == 2
    assert "SUCCEEDED" in printed
    assert '"world"' in printed


@pytest.mark.parametrize("answer", ["[1, 2]", {"Body": "[1, 2]"}, [1, 2]])
def test_mocks_of_files_work_as_described(asl, answer):  # noqa: F811 - the fixture
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    place = {"Bucket": "b", "Key": "k"}
    loop = {
        "Type": "Map",
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": place},
        "ItemProcessor": {"ProcessorConfig": config, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}},
        "End": True,
    }
    mocks = {"services": {"s3:getObject": {"result": answer}, "s3:putObject": {"result": {}}}}
    result = asl({"StartAt": "M", "States": {"M": loop}}, mocks=mocks)
    assert result.output["ResultWriterDetails"]["Bucket"] == "b"


def test_the_version_is_printed(capsys):
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"asl-toolkit {version('asl-toolkit')}\n"


def test_the_options_exist(capsys):
    for command in ("run", "check", "serve"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
    known = capsys.readouterr().out
    options = set(re.findall(r"`(--[a-z]+)", README))
    assert options
    assert [option for option in options if option not in known] == []


def test_each_member_of_a_mock_is_in_the_table():
    from asl_toolkit.mocks.answers import _MEMBERS

    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", README, re.MULTILINE))))
    assert named == _MEMBERS


def test_its_links_lead_somewhere():
    for document in ("README.md", "CHECKS.md", "DIFFERENCES.md"):
        text = (FOLDER / document).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (FOLDER / target).exists(), f"{document}: {target}"


def test_every_public_name_is_documented():
    import asl_toolkit

    assert all(getattr(asl_toolkit, name).__doc__ for name in asl_toolkit.__all__ if name not in {"Json", "Event", "Handler"})
    assert json.dumps(asl_toolkit.__all__)
