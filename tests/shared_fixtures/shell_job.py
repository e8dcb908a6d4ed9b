"""A job type whose job is a few lines of shell: a table costs milliseconds, and its job fails as a file says.

The file `broken/<table>` in the pipeline's folder holds the failure class with which each job of the table ends. Each start of a
job is a line of the file `started`: run, table, attempt.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA = "PAR1\\0\\0\\0\\0PAR1"  # begins and ends as a Parquet file does
_SCRIPT = f"""
echo "$RUN $TABLE $ATTEMPT" >> started
if [ -e "broken/$TABLE" ]; then
  read class < "broken/$TABLE"
  [ "$class" = NO_RESULT ] && exit 0
  echo "$class"
  exit 1
fi
mkdir -p "$FOLDER" "${{RESULT%/*}}"
printf '{_DATA}' > "$FOLDER/part-00000.parquet"
printf '%s' "$REPORT" > "$RESULT.tmp"
exec mv "$RESULT.tmp" "$RESULT"
"""
_SHARED = f"""
printf '%s\\n' "$LIST" | while IFS="	" read -r RUN TABLE ATTEMPT FOLDER RESULT REPORT; do ({_SCRIPT}); done
"""
_STATES = {FailureClass.STOPPED: JobState.STOPPED, FailureClass.TIMEOUT: JobState.TIMED_OUT}


class Settings(BaseModel):
    """One setting, so that a table can have a wrong one."""

    model_config = ConfigDict(extra="forbid")
    priority: int = 5


class Deployment(BaseModel):
    """Nothing is deployed."""


class ShellJob(JobType[Settings, Deployment]):
    """Starts the shell. On AWS it would be a Glue job."""

    name = "shell"
    title = "Shell"
    api_version = 1
    shares = True

    def settings(self) -> type[Settings]:
        return Settings

    def deployment(self) -> type[Deployment]:
        return Deployment

    def branch(self, target: Any) -> Branch:
        start = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::glue:startJobRun.sync",
            "Parameters": {"JobName": "shell", "Arguments.$": "$.arguments"},
            "ResultPath": "$.job_result",
        }
        return Branch(start="Shell", states={"Shell": start}, job_state="Shell")

    def arguments(self, table: Any, settings: Settings) -> Mapping[str, str]:
        return dict(table.job_arguments)

    def timeout(self, settings: Settings) -> int:
        return 600

    def status(self, outcome: Any) -> JobStatus:
        if outcome.error is None:
            return JobStatus(state=JobState.SUCCEEDED)
        reason = outcome.cause_json["Reason"] if isinstance(outcome.cause_json, dict) else str(outcome.cause)
        word = reason.strip()
        failure = FailureClass(word) if word in FailureClass.__members__ else FailureClass.USER_CODE
        return JobStatus(state=_STATES.get(failure, JobState.FAILED), failure=failure, message=reason)

    def local_command(self, arguments: Mapping[str, Any]) -> LocalCommand:
        if "--extract_arguments" in arguments:
            shared = json.loads(Path(_path(arguments["--extract_arguments"])).read_text(encoding="utf-8"))
            lines = ("\t".join(_variables(table).values()) for table in shared["tables"])
            return LocalCommand(argv=["/bin/sh", "-c", _SHARED], env={"LIST": "\n".join(lines)})
        table = {name.removeprefix("--"): value for name, value in arguments.items()}
        return LocalCommand(argv=["/bin/sh", "-c", _SCRIPT], env=_variables(table))


def _variables(table: Mapping[str, Any]) -> dict[str, str]:
    """What the script reads of one table."""
    report = {
        "run_id": table["run_id"], "attempt": int(table["attempt"]), "rows": 1, "bytes": 12,
        "files": [{"name": "part-00000.parquet", "bytes": 12}], "low_watermark": None, "high_watermark": None,
    }  # fmt: skip
    names = {"RUN": table["run_id"], "TABLE": table["extract_table"], "ATTEMPT": table["attempt"]}
    places = {"FOLDER": _path(table["extract_s3_uri"]), "RESULT": _path(table["result_uri"])}
    return {**names, **places, "REPORT": json.dumps(report)}


def _path(uri: str) -> str:
    return unquote(uri.removeprefix("file://")).rstrip("/")


PIPELINE = """
[pipeline]
name = "shell"
config_uri = "config/"
data_uri = "data/"
runs_uri = "runs/"
tracking = "tracking.db"

[machine]
max_concurrency = {at_once}

[job_types.shell]
"""


def write_project(folder: Path, tables: int, *, at_once: int = 10, table: str = "{}") -> list[str]:
    """Write a project of so many tables of the source `s`; return their names. `table` is the config of each."""
    names = [f"t{number:05}" for number in range(tables)]
    (folder / "config").mkdir(parents=True)
    (folder / "broken").mkdir()
    (folder / "started").touch()
    (folder / "extract.toml").write_text(PIPELINE.format(at_once=at_once), encoding="utf-8")
    write_config(folder, dict.fromkeys(names, table))
    return names


def write_config(folder: Path, tables: Mapping[str, str]) -> None:
    """Write the config of the source `s`: each table with its YAML."""
    head = "source_name: s\nextract:\n  job_type: shell\n  db_engine: sqlite\n  db_name: s.db\n  tables:\n"
    lines = (f"    {name}: {config}\n" for name, config in tables.items())
    (folder / "config/s.yml").write_text(head + "".join(lines), encoding="utf-8")


@hookimpl
def extract_job_types() -> list[ShellJob]:
    """The plugin, for a test that runs the command in a process."""
    return [ShellJob()]
