"""`python -m extract_job verify`: compares committed files with their results, one attempt per line of stdin.

Each line is a JSON object with `folder` and `result_uri` (URIs), and what is recorded of the
attempt: see `proof.verify`. For each line there is one on stdout: `table`, `attempt`, `verify`,
`files`, `rows` and `differences`. Exit codes: 0 all equal, 1 something differs or cannot be read,
2 a line is not valid.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from extract_job.errors import ArgumentError, JobError
from extract_job.storage.opening import files_in, result_in
from extract_job.storage.places import folder_at, object_at


def main(lines: Iterable[str], out: TextIO) -> int:
    """Compare each attempt; return the exit code."""
    code = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            answer = _answer(json.loads(line))
        except (ArgumentError, ValueError, TypeError, KeyError, AttributeError) as error:
            sys.stderr.write(f"extract_job: not a valid request: {error}\n")
            return 2
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()
        code = max(code, 1 if answer["differences"] else 0)
    return code


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    from extract_job.proof.verify import Verdict, verified

    folder, result = folder_at("folder", request["folder"]), object_at("result_uri", request["result_uri"])
    try:
        verdict = verified(request, result_in(result).read(), files_in(folder))
    except JobError as error:
        verdict = Verdict(None, 0, 0, (str(error),))
    return {
        "table": request["table"],
        "attempt": request["attempt"],
        "verify": verdict.verify,
        "files": verdict.files,
        "rows": verdict.rows,
        "differences": list(verdict.differences),
    }
