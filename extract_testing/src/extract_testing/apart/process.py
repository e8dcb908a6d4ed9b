"""Starts two processes: the plugin's calls in their order, and in reverse with other hashes, time and surroundings."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import LocalExit
from extract_core.wording import RAISED
from extract_testing.apart.report import Report
from extract_testing.breaches import NotChecked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject

_SECONDS: Final = 120
_OTHER: Final = {"USER": "kit", "LOGNAME": "kit", "HOSTNAME": "kit", "TZ": "Pacific/Apia", "AWS_REGION": "sa-east-1", "LANG": "C"}


def reports_of(subject: Subject) -> tuple[Report, Report]:
    """Both reports, made once per subject. NotChecked if the job type cannot be made in another process."""
    if subject.reports is None:
        subject.reports = _made(subject)
    return subject.reports


def _made(subject: Subject) -> tuple[Report, Report]:
    module = type(subject.job_type).__module__
    if isinstance(subject.fresh, Exception):
        raise NotChecked(f"left out: the job type cannot be passed to another process ({subject.fresh})") from subject.fresh
    task = {
        "path": [str(Path(entry).resolve()) for entry in sys.path],
        "modules": [subject.module or module, module],
        "job_type": base64.b64encode(subject.fresh).decode(),
        "deployment": subject.deployment_example,
        "settings": subject.settings_examples,
        "plugin": tuple(subject.frozen) if subject.frozen else None,
        "answers": _answers(subject),
    }
    with TemporaryDirectory() as scratch, _started(task) as first, _started(task, scratch) as second:
        try:
            return _ended(first, module), _ended(second, module)
        finally:  # if the first one cannot be read, the second one must not go on alone
            first.kill()
            second.kill()


def _answers(subject: Subject) -> list[dict[str, Json]]:
    """Answers of the service for a good and a bad end. They may hold times and numbers by chance, so they are made once."""
    answers = []
    for end in (LocalExit(code=0, seconds=2.0, output_tail=""), LocalExit(code=1, seconds=2.0, output_tail="ValueError: row 41")):
        try:
            outcome = subject.job_type.local_answer(subject.cases[0].arguments, end)
            answers.append(json.loads(json.dumps({"result": outcome.result, "error": outcome.error, "cause": outcome.cause})))
        except RAISED:  # another check reports it
            continue
    return answers


def _started(task: Mapping[str, Any], scratch: str = "") -> subprocess.Popen[str]:  # Any: JSON
    """The process of the usual surroundings, or of others if a scratch folder is given."""
    environment = {**os.environ, "PYTHONHASHSEED": "2" if scratch else "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {**_OTHER, "HOME": scratch, "TMPDIR": scratch} if scratch else {}
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path[:] = {task['path']!r}\nfrom extract_testing.apart.child import main; main()",
    ]
    process = subprocess.Popen(  # noqa: S603 - our own script
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=scratch or None,
    )
    assert process.stdin is not None  # noqa: S101 - PIPE
    process.stdin.write(json.dumps({**task, "other": bool(scratch)}))
    process.stdin.close()
    process.stdin = None
    return process


def _ended(process: subprocess.Popen[str], module: str) -> Report:
    err = ""
    try:
        out, err = process.communicate(timeout=_SECONDS)
        report: dict[str, Any] = json.loads(out.splitlines()[-1])  # Any: parsed JSON
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise NotChecked(f"left out: its calls took more than {_SECONDS} seconds in another process") from error
    except (ValueError, IndexError):
        report = {"error": (err.strip() or "it ended without a message").splitlines()[-1]}
    if report["error"]:
        raise NotChecked(f"left out: its module {module!r} cannot be imported by name in another process ({report['error']})")
    return Report(
        tuple(report["imported"]), tuple((kind, place, what) for kind, place, what in report["seen"]), report["outputs"]
    )
