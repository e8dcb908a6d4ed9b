"""The README's commands and code, run as a new user would."""

import json
import re
import runpy
import shlex
from pathlib import Path

import pytest

from asl_toolkit.commands import main
from asl_toolkit.pytest_plugin import asl  # noqa: F401 - the fixture, also where the package is not installed

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^    python -m asl_toolkit ((?:.*\\\n)*.*)$", README, re.MULTILINE)


@pytest.fixture
def place(tmp_path, monkeypatch):
    machine, mocks = (text for language, text in BLOCKS if language == "json")
    (tmp_path / "machine.json").write_text(machine)
    (tmp_path / "mocks.json").write_text(mocks)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_do_what_they_say(place, capsys):
    runs = [shlex.split(command.replace("\\\n", " ")) for command in COMMANDS if command.startswith("run ")]
    assert len(runs) == 2
    assert main(runs[0]) == 0
    assert capsys.readouterr().out.strip() in README
    assert main(runs[1]) == 0
    shown = capsys.readouterr().err
    assert "Glue.AWSGlueException: Rate exceeded" in shown
    assert "3630.000" in shown
    bad = ["run", "machine.json", "--mocks", "mocks.json", "--input", '{"tables": [{"name": "bad"}]}']
    assert main(bad) == 1


def test_the_code_runs(place, asl, capsys):  # noqa: F811 - the fixture
    for number, code in enumerate(text for language, text in BLOCKS if language == "python"):
        file = place / f"example_{number}.py"
        file.write_text(code)
        names = runpy.run_path(str(file))
        for name, value in names.items():
            if name.startswith("test_"):
                value(asl)
    printed = capsys.readouterr().out
    assert "SUCCEEDED" in printed
    assert '"world"' in printed


def test_the_options_exist(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    known = capsys.readouterr().out
    for option in set(re.findall(r"`(--[a-z]+)", README)):
        assert option in known


def test_every_public_name_is_documented():
    import asl_toolkit

    assert all(getattr(asl_toolkit, name).__doc__ for name in asl_toolkit.__all__ if name not in {"Json", "Event", "Handler"})
    assert json.dumps(asl_toolkit.__all__)
