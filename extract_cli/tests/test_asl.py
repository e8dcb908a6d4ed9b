"""`extract asl build`: the definition on stdout, a line about it on stderr, faults as errors that the CLI prints."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from click.testing import CliRunner

from extract_cli.commands.asl import asl
from extract_core.errors import ConfigError, UsageError

DEPLOYED = '[job_types.glue]\njob_name = "extract-jdbc"\n'


def disable_all_but(monkeypatch, *names: str, also: str = "") -> None:
    others = {entry.name for entry in entry_points(group="extract_core")} - set(names)
    monkeypatch.setenv("EXTRACT_DISABLE_PLUGINS", ",".join([*sorted(others), also]))


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    """An extract.toml in the current folder; of the installed plugins glue alone is left."""
    disable_all_but(monkeypatch, "glue")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "extract.toml"
    file.write_text(f'[pipeline]\nname = "mine"\n{DEPLOYED}')
    return file


def built(*arguments: str):
    return CliRunner().invoke(asl, ["build", *arguments])


def test_the_definition_is_printed(pipeline):
    done = built()
    definition = json.loads(done.stdout)
    assert done.exit_code == 0
    assert definition["StartAt"] == "Extract Config Manager"
    size = f"{len(done.stdout.encode()):,}"
    assert done.stderr == f"state machine mine: 1 job type (glue), {size} bytes\n"


@pytest.mark.parametrize("output", ["-", "json", "text"])
def test_words_that_mean_stdout(pipeline, output):
    assert json.loads(built("--output", output).stdout)["StartAt"] == "Extract Config Manager"


def test_a_file_is_written_whole(pipeline, tmp_path):
    done = built("-o", "machine.asl.json")
    assert done.stdout == ""
    assert done.stderr.endswith(" bytes → machine.asl.json\n")
    assert (tmp_path / "machine.asl.json").read_text() == built().stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["extract.toml", "machine.asl.json"]


def test_a_file_that_can_not_be_written(pipeline):
    done = built("-o", "no/such/machine.json")
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == "'no/such/machine.json' can't be written: No such file or directory"


def test_another_pipeline_and_its_faults(pipeline, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text("[job_types.glue]\n")
    done = built("--pipeline", str(other))
    assert isinstance(done.exception, ConfigError)
    assert done.exception.exit_code == 2
    assert str(done.exception) == "other.toml:1:1: job_types.glue.job_name: is missing, and job type 'glue' needs it"


def test_job_types_without_a_section_are_named(pipeline, monkeypatch):
    disable_all_but(monkeypatch, "glue", "ecs")
    first, second = built().stderr.splitlines()
    assert first == "note: left out, since extract.toml has no section for them: ecs"
    assert second.startswith("state machine mine: 1 job type (glue), ")


def test_a_blocked_name_that_is_no_plugins_is_noted(pipeline, monkeypatch):
    disable_all_but(monkeypatch, "glue", also="gleu")
    note = "note: EXTRACT_DISABLE_PLUGINS names 'gleu', but no such plugin is installed; did you mean 'glue'?\n"
    assert built().stderr.startswith(note)


def test_importing_the_commands_is_light():
    script = (
        "import sys, extract_cli.commands.asl; print(sorted({'boto3', 'rich', 'pydantic', 'asl_toolkit'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_the_drawing_is_printed_or_written(pipeline, tmp_path):
    done = CliRunner().invoke(asl, ["graph"])
    assert done.exit_code == 0
    assert done.stdout.startswith('flowchart TD\n    start1(( )) --> s1\n    s1["Extract Config Manager"]\n')
    assert '|"$.job_type is glue"|' in done.stdout
    assert CliRunner().invoke(asl, ["graph", "-o", "machine.mermaid"]).stdout == ""
    assert (tmp_path / "machine.mermaid").read_text() == done.stdout


def test_a_drawing_is_not_json(pipeline):
    done = CliRunner().invoke(asl, ["graph", "--output", "json"])
    assert str(done.exception) == (
        "a drawing is text: give --output text, or a file; for the definition as JSON, see: extract asl build"
    )
