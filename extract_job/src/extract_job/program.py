"""The program around the job: arguments in, exit code out, one line on stderr per event."""

import gc
import sys
import time
from collections.abc import Sequence

from extract_job.arguments.model import Arguments
from extract_job.arguments.pairs import pairs_of
from extract_job.arguments.parsing import arguments_of, suggestion
from extract_job.errors import JobError
from extract_job.failure import put_wrong_arguments, stopped
from extract_job.job import extract
from extract_job.shared import run_shared, shared_run
from extract_job.stopping import Stopped, StopRequest


def main(argv: Sequence[str]) -> int:
    """Run one extract as the only work of this process; return the exit code (see `__main__`)."""
    stop = StopRequest()
    stop.listen()
    # Rows are tuples without cycles; searching them for cycles costs a third of the time.
    gc.disable()
    return run(argv, stop)


def run(argv: Sequence[str], stop: StopRequest) -> int:
    """Run one extract, or those of a shared job, until `stop` gets a signal, and return the exit code."""
    try:
        pairs = pairs_of(argv)
        tables = shared_run(pairs)
        arguments = arguments_of(pairs) if tables is None else None
    except JobError as error:
        say(str(error))
        put_wrong_arguments(argv, error)
        return error.exit_code
    try:
        if tables is not None:
            return run_shared(tables, stop, say)
        assert arguments is not None  # noqa: S101 - by the lines above
        return _extracted(arguments, stop)
    except (Stopped, JobError) as error:
        if stop.signal is not None:
            say(str(stopped(stop)))
            return 128 + stop.signal
        say(str(error))
        return error.exit_code if isinstance(error, JobError) else 1


def say(line: str) -> None:
    """Write one line to stderr; line breaks in names are escaped."""
    escaped = line.replace("\r", "\\r").replace("\n", "\\n")
    sys.stderr.write(f"extract_job: {escaped}\n")
    sys.stderr.flush()


def _extracted(arguments: Arguments, stop: StopRequest) -> int:
    started = time.monotonic()
    if arguments.ignored:
        say(f"note: ignored unknown arguments: {', '.join(map(_with_suggestion, arguments.ignored))}")
    result = extract(arguments, stop, say)
    files = "1 file" if len(result.files) == 1 else f"{len(result.files)} files"
    seconds = time.monotonic() - started
    say(f"{arguments.table}: {result.rows} rows, {result.bytes} bytes in {files}, {seconds:.2f} s")
    return 0


def _with_suggestion(key: str) -> str:
    near = suggestion(key)
    return f"--{key} (did you mean --{near}?)" if near else f"--{key}"
