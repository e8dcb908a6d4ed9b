"""`extract plugins`: list, check and new, as a person calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from shared_fixtures.command import Done, succeed

DRUM = """
    from extract_core import hookimpl
    from extract_glue.job_type import Glue


    class Drum(Glue):
        name = "drum"
        title = "Drum"
        {body}


    @hookimpl
    def extract_job_types():
        return [Drum()]
"""


@pytest.fixture
def extract(tmp_path):
    """Runs the command in an empty folder, with distributions of other teams on the path."""
    site = tmp_path / "site"
    site.mkdir()

    def install(name: str, source: str) -> None:
        info = site / f"acme_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[extract_core]\n{name} = {name}_of_acme\n")
        (site / f"{name}_of_acme.py").write_text(dedent(source))

    def call(*arguments: str, code: int = 0, **environ: str) -> Done:
        folder = tmp_path / "here"
        folder.mkdir(exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            return succeed(folder, "plugins", *arguments, code=code, python_path=[site])

    call.install = install
    call.folder = tmp_path / "here"
    return call


def test_list_names_the_broken_ones_with_their_cause(extract):
    extract.install("drum", DRUM.format(body=""))
    extract.install("half", "raise RuntimeError('half an upgrade')\n")
    ended = extract("list", "--output", "json", code=1)
    listed = json.loads(ended.stdout)
    assert {
        "plugin": "drum",
        "version": "1.0",
        "distribution": "acme-drum",
        "job_types": ["drum"],
        "hooks": ["extract_job_types"],
    } in listed["plugins"]
    (broken,) = listed["broken"]
    assert (broken["plugin"], broken["distribution"], broken["version"]) == ("half", "acme-half", "1.0")
    assert broken["cause"].startswith("importing its module 'half_of_acme' raised RuntimeError: half an upgrade (")


def test_list_shows_what_is_blocked(extract):
    ended = extract("list", EXTRACT_DISABLE_PLUGINS="glue")
    assert ended.stderr == "blocked by EXTRACT_DISABLE_PLUGINS: glue\n"
    assert " ecs " in ended.stdout


def test_list_without_any_job_type_says_how_to_install_one(extract):
    ended = extract("list", EXTRACT_DISABLE_PLUGINS="all", code=1)
    assert ended.stderr.endswith(
        "no job type is installed; for example, install the distribution extract-sfn-glue (docs/start.md says how)\n"
    )


def test_check_of_a_job_type_that_keeps_the_contract(extract):
    assert extract("check", "glue").stdout == (
        "glue: plugin 'glue' of extract-sfn-glue 0.1.0, tried with the example of GlueDeployment\n  passed    45 of 45 checks\n"
    )
    assert list(extract.folder.iterdir()) == []  # nothing is left in the current folder


def test_check_tells_what_is_wrong_with_place_and_remedy(extract):
    extract.install(
        "drum", DRUM.format(body="def start_retries(self): return [__import__('extract_core').Retry(errors=['States.ALL'])]")
    )
    ended = extract("check", "drum", code=1).stdout
    problem = "States.ALL matches every error, including a failure of the job: the job would run twice"
    remedy = "name errors that occur before a job starts; the machine's retry loop handles later failures"
    heading, first, second, passed = ended.splitlines()
    assert heading == "drum: plugin 'drum' of acme-drum 1.0, tried with the example of GlueDeployment"
    assert first == f"  broken    retries_start_no_job_twice: start_retries()[0]: {problem}; {remedy}"
    assert second == "  left out  the_machine_runs: retries_start_no_job_twice is broken; fix that first"
    assert passed == "  passed    43 of 45 checks"
    as_json = json.loads(extract("check", "drum", "--output", "json", code=1).stdout)
    (job_type,) = as_json["job_types"]
    assert job_type["broken"][:1] == [
        {
            "check": "retries_start_no_job_twice",
            "place": "start_retries()[0]",
            "problem": problem,
            "remedy": remedy,
            "alike": 0,
        }
    ]
    assert (job_type["job_type"], job_type["plugin"], job_type["distribution"]) == ("drum", "drum", "acme-drum")
    assert len(job_type["passed"]) == 43
    assert as_json["broken"] == []


def test_check_of_a_plugin_names_all_its_job_types(extract):
    ended = json.loads(extract("check", "emr", "--output", "json").stdout)
    assert "emr" in [job_type["job_type"] for job_type in ended["job_types"]]


def test_check_takes_the_section_of_extract_toml(extract):
    extract.folder.mkdir()
    (extract.folder / "extract.toml").write_text('[job_types.glue]\njob_nam = "x"\n')
    ended = extract("check", "glue", code=1).stdout
    assert ended.startswith("glue: plugin 'glue' of extract-sfn-glue 0.1.0, tried with [job_types.glue] of extract.toml\n")
    problem = "deployment(): its model refuses [job_types.glue] of extract.toml {'job_nam': 'x'}: "
    assert f"  broken    methods_return_the_right_types: {problem}" in ended
    assert "job_nam: Extra inputs are not permitted; fix [job_types.glue] of extract.toml or the model" in ended


def test_check_of_a_broken_plugin_tells_its_cause(extract):
    extract.install("half", "raise RuntimeError('half an upgrade')\n")
    ended = extract("check", "half", code=1).stdout
    assert ended.startswith(
        "broken: plugin 'half' of acme-half 1.0: importing its module 'half_of_acme' raised RuntimeError: half an "
    )


def test_check_without_an_example_says_what_to_write(extract):
    body = """def deployment(self):
            import pydantic
            return pydantic.create_model("Sticks", pool=(str, ...), __config__={"extra": "forbid"})
"""
    extract.install("drum", DRUM.format(body=body))
    ended = extract("check", "drum", code=1).stdout
    assert ended == (
        "drum: plugin 'drum' of acme-drum 1.0, tried with nothing\n"
        "  broken    examples: deployment(): cannot test it: extract.toml has no section [job_types.drum], and the model "
        "has no example; write the section, or add an example to the model: ConfigDict(json_schema_extra={'examples': [{…}]})\n"
        "  passed    0 of 1 checks\n"
    )


def test_check_of_an_unknown_name_says_the_nearest(extract):
    ended = extract("check", "gleu", code=2).stderr
    assert ended.startswith("extract: job type 'gleu' is not installed; did you mean 'glue'? (installed: ")


def test_check_where_nothing_is_installed(extract):
    ended = extract("check", EXTRACT_DISABLE_PLUGINS="all", code=2).stderr
    assert (
        ended
        == "extract: no plugin is installed; for example, install the distribution extract-sfn-glue (docs/start.md says how)\n"
    )


def test_check_without_the_kit_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['asl_toolkit'] = None; from extract_cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "plugins", "check", "glue"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    how = "install the distribution extract-sfn-testing (docs/start.md says how)"
    assert done.stderr == f"extract: the contract kit needs asl_toolkit; {how}\n"


def test_new_writes_a_package_and_says_what_comes_next(extract):
    ended = extract("new", "night_farm", "--title", "Night Farm 2", "--folder", "plugins/night")
    written = ended.stdout.splitlines()
    assert "plugins/night/src/extract_night_farm/job_type.py" in written
    assert all((extract.folder / path).is_file() for path in written)
    assert ended.stderr == "now: cd plugins/night; pip install --no-deps --no-build-isolation -e .; pytest; and then README.md\n"
    job_type = Path(extract.folder / "plugins/night/src/extract_night_farm/job_type.py").read_text()
    assert 'title = "Night Farm 2"' in job_type


def test_new_refuses_what_is_taken(extract):
    ended = extract("new", "glue", code=2).stderr
    assert ended == (
        "extract: the job type 'glue' is taken: plugin 'glue' of extract-sfn-glue 0.1.0 brings it; choose another name, "
        "or uninstall that one\n"
    )
