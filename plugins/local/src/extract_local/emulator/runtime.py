"""The process of one call of a Lambda function. It is run as a script: all that it imports is on the path that it is given.

Arguments: the folders of the path as JSON, the Handler (``package.module.function``), and the members of the context as JSON. The
event is read from stdin. The answer is written to stdout: ``{"result": …}``, or an error as Lambda describes it (Lambda
guide, "Python function errors": errorMessage, errorType, requestId, stackTrace). What the function prints goes to stderr.
"""

import importlib
import json
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any


def main(path: str, handler: str, context: str) -> None:
    """Call the function once."""
    answers, sys.stdout = sys.stdout, sys.stderr
    sys.path[:0] = json.loads(path)
    members = json.loads(context)
    end = time.monotonic() + members.pop("seconds")
    of_call = SimpleNamespace(**members, get_remaining_time_in_millis=lambda: max(0, int((end - time.monotonic()) * 1000)))
    module, _, name = handler.rpartition(".")
    answer: dict[str, Any]
    try:
        answer = {"result": getattr(importlib.import_module(module), name)(json.load(sys.stdin), of_call)}
        text = json.dumps(answer)
    except Exception as error:  # noqa: BLE001 - Lambda reports each of them
        traceback.print_exc()
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
        answer = {"errorMessage": str(error), "errorType": type(error).__name__, "requestId": of_call.aws_request_id}
        text = json.dumps({**answer, "stackTrace": frames})
    answers.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
