"""Each hook and contributed commands, in whole runs, with several plugins: in order, one's fault is nobody else's."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pluggy
import pytest

from extract_core import contract

DOCUMENT = Path(__file__).parents[2] / "docs" / "plugins" / "hooks.md"

LABEL = """
    from extract_core import hookimpl

    amends_all_job_types = True

    @hookimpl
    def extract_amend_arguments(table, job_type):
        seen = table.job_arguments.get("--seen_by", "")
        return {"--seen_by": seen + NAME, "--of": f"{job_type}/{table.table}/{table.attempt}"}

    @hookimpl
    def extract_run_finished(table, job_type, status):
        with open("finished.txt", "a") as file:
            file.write(f"NAME {table['table']} {job_type} {status.state}\\n")

    @hookimpl
    def extract_state_machine(definition):
        return {**definition, "Comment": definition["Comment"] + " NAME"}
"""


TABLE = contract.TableRun(
    source="sales", source_type="jdbc", table="t", job_type="glue", run_id="r", run_started_at="2026-01-02T03:04:05Z",
    attempt=1, extract_s3_uri="s3://d/", result_uri="s3://r", watermark=contract.Watermark(), deployment=None, job_arguments={},
)  # fmt: skip


def labels(project, *names: str) -> None:
    for name in names:
        project.install(name, LABEL.replace("seen + NAME", f"seen + {name!r}").replace("NAME", name))


def test_extract_job_types(project):
    project.install(
        "farm",
        """
        from extract_core import JobType, hookimpl
        from extract_glue.job_type import Glue

        class Farm(Glue):
            name = "farm"
            title = "Farm"

        @hookimpl
        def extract_job_types():
            return [Farm()]
        """,
    )
    with (project.folder / "extract.toml").open("a") as toml:
        toml.write('\n[job_types.farm]\njob_name = "farm"\n')
    config = project.folder / "config" / "sales.yml"
    config.write_text(config.read_text().replace("orders: {}", "orders: {job_type: farm}"))
    rows = project.run("r1")
    assert {table: (row["job_type"], row["state"]) for table, row in rows.items()} == {
        "accounts": ("glue", "SUCCEEDED"),
        "orders": ("farm", "SUCCEEDED"),
    }


def test_extract_amend_arguments(project):
    labels(project, "b", "a")
    project.run("r1")
    arguments = {table: item["arguments"]["arguments"] for table, item in project.plan("r1").items()}
    assert {table: (passed["--seen_by"], passed["--of"]) for table, passed in arguments.items()} == {
        "accounts": ("ab", "glue/accounts/1"),
        "orders": ("ab", "glue/orders/1"),
    }


def test_extract_amend_arguments_that_raises_is_told_at_its_table_alone(project):
    labels(project, "a")
    project.install(
        "picky",
        """
        from extract_core import hookimpl

        amends_all_job_types = True

        @hookimpl
        def extract_amend_arguments(table):
            if table.table == "orders":
                raise LookupError("no owner of orders")
        """,
    )
    rows = project.run("r1", code=1)
    assert rows["accounts"]["state"] == "SUCCEEDED"
    assert (rows["orders"]["state"], rows["orders"]["failure"]) == ("FAILED", "CONFIG")
    assert (
        "plugin 'picky' of acme-picky 1.0: its hook extract_amend_arguments raised LookupError: no owner of orders"
        in (rows["orders"]["message"])
    )


def test_extract_run_finished(project):
    project.install(
        "aaa_raises",
        "from extract_core import hookimpl\n@hookimpl\ndef extract_run_finished(job_type):\n    raise OSError('no network')\n",
    )
    labels(project, "b", "a")
    project.run("r1")
    lines = (project.folder / "finished.txt").read_text().splitlines()
    assert sorted(lines) == [
        "a accounts glue SUCCEEDED",
        "a orders glue SUCCEEDED",
        "b accounts glue SUCCEEDED",
        "b orders glue SUCCEEDED",
    ]
    for table in ("accounts", "orders"):  # of each table, in the order of the plugins' names
        assert [line[0] for line in lines if f" {table} " in line] == ["a", "b"]


LISTENER = """
    import json
    from extract_core import Statement, hookimpl

    def note(**what):
        with open("heard.jsonl", "a") as file:
            file.write(json.dumps(what) + "\\n")

    @hookimpl
    def extract_settings():
        from pydantic import BaseModel
        class Settings(BaseModel, extra="forbid"):
            topic: str
        return Settings

    @hookimpl
    def extract_permissions(target, settings):
        yield Statement(actions=["sns:Publish"], resources=[target.arn("sns", settings["topic"])])

    @hookimpl
    def extract_run_planned(run, settings):
        note(planned=sorted(item["table"] for item in run.items), run=run.run_id, **settings)

    @hookimpl
    def extract_run_finished(table, report, settings):
        live = [attempt.run_id for attempt in report.live()]
        note(finished=table["table"], rows=report.rows, columns=[c["column"] for c in report.schema], live=live, **settings)

    @hookimpl
    def extract_run_ended(summary, settings):
        note(ended=summary["run_id"], state=summary["state"], **settings)
        raise OSError("no network")
"""


@pytest.fixture
def heard(project):
    """What a plugin with settings is told of a run, under this text of its section."""
    project.install("listener", LISTENER)

    def heard(section, run_id):
        project.settings(section)
        project.run(run_id)
        notes = project.folder / "heard.jsonl"
        lines = [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []
        notes.unlink(missing_ok=True)
        return lines

    return heard


@pytest.fixture
def all_heard(heard):
    return heard('[plugins.listener]\ntopic = "t"\n', "r1")


def test_extract_settings(project, heard):
    assert heard("", "off") == []  # without its section, the plugin is off
    refused = {
        "[plugins.listener]\n": "plugins.listener.topic: is missing, and plugin 'listener' needs it",
        "[plugins.listener]\ntopic = 1\n": "plugins.listener.topic: is 1; write text",
        '[plugins.listener]\ntopik = "x"\ntopic = "x"\n': "plugins.listener.topik: no such key here; did you mean 'topic'?",
        "[plugins.listner]\n": "plugins.listner: no installed plugin of this name reads settings; did you mean 'listener'?",
        "[plugins]\nlistener = 1\n": "plugins.listener: is 1, but must be a section; write [plugins.listener]",
        "[plugins.listener]\ntopic = 2026-01-01\n": "plugins.listener: can't be written as JSON (Object of type date is not JSON",
    }
    for section, words in refused.items():
        project.settings(section)
        assert f": {words}" in project.extract("validate", code=2).stdout


def test_extract_run_planned(all_heard):
    assert all_heard[0] == {"planned": ["accounts", "orders"], "run": "r1", "topic": "t"}


def test_a_report_has_what_the_job_wrote_and_what_is_live(all_heard):
    finished = sorted(all_heard[1:3], key=lambda note: note["finished"])
    assert finished == [
        {"finished": table, "rows": 1, "columns": ["id"], "live": ["r1"], "topic": "t"} for table in ("accounts", "orders")
    ]


def test_extract_run_ended(all_heard):
    assert all_heard[3:] == [{"ended": "r1", "state": "SUCCEEDED", "topic": "t"}]  # it raises, and the run succeeded


def test_extract_permissions(project):
    project.install("listener", LISTENER)
    places = "".join(f'{name} = "s3://b/{name}/"\n' for name in ("config_uri", "data_uri", "runs_uri"))
    pipeline = (
        f'[pipeline]\naccount = "123456789012"\n{places}tracking = "dynamodb://tracking"\n[job_types.glue]\njob_name = "j"\n'
    )
    (project.folder / "extract.toml").write_text(pipeline)
    assert "sns" not in project.extract("deploy", "permissions").stdout
    (project.folder / "extract.toml").write_text(f'{pipeline}[plugins.listener]\ntopic = "t"\n')
    roles = json.loads(project.extract("deploy", "permissions", "--output", "json").stdout)
    assert {role for role, policy in roles.items() if "arn:aws:sns:us-east-1:123456789012:t" in json.dumps(policy)} == {
        "job-run-status",
        "run-summary",
        "reconcile",
        "operator",
    }


def test_extract_state_machine(project):
    labels(project, "b", "a")
    definition = json.loads(project.extract("asl", "build").stdout)
    assert definition["Comment"].endswith(" a b")


def test_extract_state_machine_that_raises_stops_the_build_and_is_named(project):
    project.install(
        "odd",
        """
        from extract_core import hookimpl

        @hookimpl
        def extract_state_machine(definition):
            raise ValueError("too long")
        """,
    )
    message = project.extract("asl", "build", code=2).stderr
    assert "plugin 'odd' of acme-odd 1.0: its hook extract_state_machine raised ValueError: too long" in message


def test_contributed_commands(project):
    commands = "[extract_core.commands]\ngreet = acme_greet:greet\nfail = acme_gone:fail\nodd = acme_greet:NAME\n"
    source = """
        import click

        NAME = "not a command"

        @click.command()
        @click.argument("whom")
        def greet(whom):
            click.echo(f"hello {whom}")
    """
    project.install("greet", source, commands)
    help_ = project.extract("--help").stdout
    assert re.search(r"^ *greet +\(acme-greet\)$", help_, re.MULTILINE)  # by name alone: nothing of it is imported
    assert project.extract("greet", "you").stdout == "hello you\n"
    gone = "extract: the command 'fail' of plugin 'fail' of acme-greet 1.0 can't be loaded: ModuleNotFoundError: "
    assert project.extract("fail", code=2).stderr.startswith(gone)
    odd = "extract: the command 'odd' of plugin 'odd' of acme-greet 1.0 is not a click command: 'not a command'\n"
    assert project.extract("odd", code=2).stderr == odd


def test_a_command_whose_name_is_taken_is_named_wherever_one_looks(project):
    project.install("first", "", "[extract_core.commands]\nstatus = acme_first:status\ngreet = acme_first:greet\n")
    project.install("second", "", "[extract_core.commands]\ngreet = acme_second:greet\n")
    ours = "the command 'status' of plugin 'status' of acme-first 1.0 is not used: extract has a command of this name; rename it"
    both = "plugin 'greet' of acme-first 1.0 and plugin 'greet' of acme-second 1.0"
    twice = f"the command 'greet' of {both} is not used: they have the same name; uninstall one, or rename it"
    listed = project.extract("plugins", "list", code=1)
    assert [line for line in listed.stderr.splitlines() if "command" in line] == [f"broken: {twice}", f"broken: {ours}"]
    doctor = project.extract("doctor", code=1)
    assert "extract has a command of this name; rename it" in " ".join(doctor.stdout.split())
    assert project.extract("greet", code=2).stderr.splitlines()[0] == f"extract: {twice}"


def test_every_key_that_authors_may_read_is_in_a_real_item(project):
    project.install(
        "tell",
        """
        import json
        from extract_core import hookimpl

        @hookimpl
        def extract_run_finished(table):
            with open("items.jsonl", "a") as file:
                file.write(json.dumps(sorted(table)) + "\\n")
        """,
    )
    project.run("r1")
    from extract_testing.subject.tables import item_of

    known = set(item_of(TABLE, {}, 60))
    for line in (project.folder / "items.jsonl").read_text().splitlines():
        assert set(json.loads(line)) == known | {"job_result"}


def hooks() -> list[str]:
    manager = pluggy.PluginManager(contract.PROJECT)
    return [name for name in dir(contract) if manager.parse_hookspec_opts(contract, name) is not None]


def lacking(hook: str, tests, document: str) -> list[str]:
    """What a hook lacks: its test here, and in the document its section with the signature, three answers and an example."""
    missing = [] if callable(tests.get(f"test_{hook}")) else [f"tests/hooks has no test_{hook}"]
    section = re.search(rf"^## `{hook}`\n(.*?)(?=^## |\Z)", document, re.DOTALL | re.MULTILINE)
    if section is None:
        return [*missing, f"docs/plugins/hooks.md has no section on {hook}"]
    signature = str(inspect.signature(getattr(contract, hook))).replace("'", "")
    wanted = {
        f"`{hook}{signature}`": "its signature",
        "**Called**": "when it is called",
        "**None**": "what None means",
        "**Raising**": "what raising does",
        "```python": "an example",
    }
    return missing + [f"the section on {hook} lacks {what}" for sign, what in wanted.items() if sign not in section[1]]


@pytest.mark.parametrize("hook", hooks())
def test_every_hook_has_a_test_and_its_signature_in_the_documents(hook):
    assert lacking(hook, globals(), DOCUMENT.read_text()) == []


@pytest.mark.parametrize("hook", hooks())
def test_a_hook_that_lacks_something_is_told(hook):
    text = DOCUMENT.read_text()
    tests = {name: value for name, value in globals().items() if name != f"test_{hook}"}
    assert lacking(hook, tests, text) == [f"tests/hooks has no test_{hook}"]
    assert lacking(hook, globals(), text.replace(f"## `{hook}`", "## `another`")) == [
        f"docs/plugins/hooks.md has no section on {hook}"
    ]
    for sign, what in (
        (f"`{hook}(", "its signature"),
        ("**Called**", "when it is called"),
        ("**None**", "what None means"),
        ("**Raising**", "what raising does"),
        ("```python", "an example"),
    ):
        assert lacking(hook, globals(), text.replace(sign, "")) == [f"the section on {hook} lacks {what}"]


def test_the_hooks_are_these():
    assert hooks() == [
        "extract_amend_arguments",
        "extract_job_types",
        "extract_permissions",
        "extract_run_ended",
        "extract_run_finished",
        "extract_run_planned",
        "extract_settings",
        "extract_state_machine",
    ]
