"""The rim of the job: arguments in, exit code out, one line on stderr for each thing worth knowing."""

import gc
import sys
import time
from collections.abc import Sequence

from extract_job.arguments.parsing import Arguments, parse_arguments, suggestion
from extract_job.errors import JobError
from extract_job.job import extract
from extract_job.stopping import Stopped, StopRequest


def main(argv: Sequence[str]) -> int:
    """Run one extract as this process's only work and give the exit code (see `__main__`)."""
    stop = StopRequest()
    stop.listen()
    # Rows are tuples of plain values: there are no cycles to collect, and looking for them costs a third of the time.
    gc.disable()
    return run(argv, stop)


def run(argv: Sequence[str], stop: StopRequest) -> int:
    """Run one extract that ends where `stop` says so, and give the exit code."""
    try:
        return _extracted(parse_arguments(argv), stop)
    except (Stopped, JobError) as error:
        if stop.signal is not None:
            say(f"stopped by {stop.signal.name}: no result is written, and what was not yet whole is removed")
            return 128 + stop.signal
        say(str(error))
        return error.exit_code if isinstance(error, JobError) else 1


def say(line: str) -> None:
    """Write one line to stderr; line breaks in names are shown, not made."""
    whole = line.replace("\r", "\\r").replace("\n", "\\n")
    sys.stderr.write(f"extract_job: {whole}\n")
    sys.stderr.flush()


def _extracted(arguments: Arguments, stop: StopRequest) -> int:
    started = time.monotonic()
    if arguments.ignored:
        say(f"note: not arguments of this job, ignored: {', '.join(map(_named, arguments.ignored))}")
    result = extract(arguments, stop, say)
    files = "1 file" if len(result.files) == 1 else f"{len(result.files)} files"
    seconds = time.monotonic() - started
    say(f"{arguments.table}: {result.rows} rows, {result.bytes} bytes in {files}, {seconds:.2f} s")
    return 0


def _named(key: str) -> str:
    near = suggestion(key)
    return f"--{key} (did you mean --{near}?)" if near else f"--{key}"
