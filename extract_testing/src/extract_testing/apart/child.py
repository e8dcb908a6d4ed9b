"""Runs in a separate process: imports the plugin, calls its methods, and reports what they return and leave behind.

stdin has one JSON object, `Task`; stdout gets the report as one line of JSON. `python -m extract_testing.apart.child`.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import pickle
import sys
import time
from typing import TYPE_CHECKING, Any

from extract_testing.apart.watch import Watch, as_at_the_start, of_the_process

if TYPE_CHECKING:
    from collections.abc import Callable

_SLOW_SECONDS = 1.0


def main() -> None:
    """Import, call, report."""
    out = os.fdopen(os.dup(1), "w")
    task: dict[str, Any] = json.load(sys.stdin)  # Any: parsed JSON
    sys.path[:] = task["path"]
    import extract_core  # noqa: F401 - each command has it already

    as_at_the_start()
    if task["other"]:
        import pydantic  # noqa: F401 - it keeps the real clock

        import extract_testing.subject.subject  # noqa: F401 - as above
        from extract_testing.apart import world

        world.enter()
    report: dict[str, Any] = {"imported": [], "seen": [], "outputs": {}, "error": None}
    watch = Watch(task["modules"][0].partition(".")[0])
    before, modules = of_the_process(), set(sys.modules)
    watch.start()
    started = time.process_time()
    try:
        for module in task["modules"]:
            importlib.import_module(module)
    except BaseException as error:  # noqa: BLE001 - an import raises whatever the module raises
        report["error"] = f"{type(error).__name__}: {error}"
    else:
        report["imported"] = sorted({name.partition(".")[0] for name in set(sys.modules) - modules})
        if time.process_time() - started > _SLOW_SECONDS:
            watch.note("slow", f"{time.process_time() - started:.1f} seconds of CPU")
        _compare(watch, before)
        report["outputs"] = _outputs(task, watch)
    watch.active = False
    report["seen"] = [[kind, place, what] for (kind, place), what in watch.seen.items()]
    print(json.dumps(report), file=out, flush=True)
    os._exit(0)  # a thread of the plugin must not keep the process


def _compare(watch: Watch, before: dict[str, str]) -> None:
    """Note the settings of the process that the calls so far have changed."""
    watch.active = False
    now = of_the_process()
    for name, value in now.items():
        if value != before[name]:
            watch.note("process settings", f"{name} changed" + ("" if name == "the environment" else f": {value[:120]}"))
    before.update(now)
    watch.active = True


def _outputs(task: dict[str, Any], watch: Watch) -> dict[str, str]:  # Any: parsed JSON
    """What each call returned, as text: the same in each process, in whatever order the calls are made."""
    watch.active = False
    from extract_testing.apart.calls import calls_of

    job_type = pickle.loads(base64.b64decode(task["job_type"]))  # noqa: S301 - of the process that started this one
    calls: list[tuple[str, Callable[[], str]]] = calls_of(job_type, task, watch)
    outputs: dict[str, str] = {}
    before, had_boto3 = of_the_process(), "boto3" in sys.modules
    for place, call in reversed(calls) if task["other"] else calls:
        watch.place = place
        watch.active = True
        started = time.process_time()
        try:
            outputs[place] = call()
            if call() != outputs[place]:
                watch.note("state", "a second call with the same input returns something else")
        except BaseException as error:  # noqa: BLE001 - another check reports it; the text must be the same each time
            outputs[place] = f"raised {type(error).__name__}: {error}"
        if time.process_time() - started > _SLOW_SECONDS:
            watch.note("slow", f"{time.process_time() - started:.1f} seconds of CPU")
        if "boto3" in sys.modules and not had_boto3:
            watch.note("network", "it imports boto3")
        had_boto3 = "boto3" in sys.modules
        _compare(watch, before)
    return outputs


if __name__ == "__main__":
    main()
