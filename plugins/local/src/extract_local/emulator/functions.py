"""The Lambda functions of the account: each call is a process that imports the deployed bundle and boto3, as in Lambda."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from zipfile import ZipFile

from asl_generator.bundle.target import this_machine
from asl_generator.deployments.infrastructure import BUCKET, BUNDLE_KEY
from asl_generator.errors import GeneratorError
from asl_toolkit import TaskFailed
from asl_toolkit.services.functions import FunctionCaller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from asl_generator.bundle.target import BundleTarget
    from asl_toolkit import TaskRequest

_RUNTIME: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""What Lambda's runtime has beside Python (Lambda guide, "Lambda runtimes": the SDK and what it imports)."""
_SCRIPT: Final = Path(__file__).with_name("runtime.py")


class DeployedFunctions:
    """Handles `lambda:invoke` with the functions that the account has at that moment.

    `client` makes boto3 clients of the account. Zips are unpacked, and logs are written, below `folder`. `note` gets a line for
    people per bundle that cannot run here.
    """

    def __init__(
        self, client: Callable[[str], Any], folder: Path, note: Callable[[str], None], *, region: str, account: str
    ) -> None:
        self._client = client
        self._folder = folder
        self._note = note
        self._region = region
        self._account = account
        self._lock = threading.Lock()
        self._paths: dict[str, list[str]] = {}
        self._here = _target_here()

    def invoke(self, request: TaskRequest) -> Any:
        """Call the function that the request names. Raises TaskFailed as Lambda reports it."""
        pages = self._client("lambda").get_paginator("list_functions").paginate()
        functions = {function["FunctionName"]: function for page in pages for function in page["Functions"]}
        callables = {name: partial(self._call, function) for name, function in functions.items()}
        return FunctionCaller(callables, region=self._region, account=self._account).invoke(request)

    def _call(self, function: Any, event: Any, context: Any) -> Any:
        name = function["FunctionName"]
        return called(function, self._path_of(name), event, context.aws_request_id, self._folder / "functions" / f"{name}.log")

    def _path_of(self, function: str) -> list[str]:
        """What is on the path of the function: its unpacked zip and the SDK; or the packages of this environment, with a note."""
        place = urlsplit(self._client("lambda").get_function(FunctionName=function)["Code"]["Location"]).path
        key = place.removeprefix("/")
        with self._lock:
            if key not in self._paths:
                self._paths[key] = self._unpacked(key) if self._runs_here(key) else self._own(key)
            return self._paths[key]

    def _unpacked(self, key: str) -> list[str]:
        folder = self._folder / "bundles" / Path(key).stem
        data = self._client("s3").get_object(Bucket=self._bucket_of(key), Key=key)["Body"].read()
        with ZipFile(BytesIO(data)) as file:
            file.extractall(folder / "task")
        (folder / "runtime").mkdir()
        for name in _RUNTIME:
            spec = find_spec(name)
            if spec is not None and spec.origin is not None:
                origin = Path(spec.origin)
                package = origin.parent if origin.name == "__init__.py" else origin
                (folder / "runtime" / package.name).symlink_to(package)
        return [str(folder / "task"), str(folder / "runtime")]

    def _bucket_of(self, key: str) -> str:
        """The bucket of a zip: a parameter of the stack that uploaded it."""
        pages = self._client("cloudformation").get_paginator("describe_stacks").paginate()
        for stack in (stack for page in pages for stack in page["Stacks"]):
            parameters = {of["ParameterKey"]: of["ParameterValue"] for of in stack.get("Parameters", ())}
            if parameters.get(BUNDLE_KEY) == key:
                return str(parameters[BUCKET])
        raise TaskFailed("Lambda.ResourceNotFoundException", f"no stack of the emulator has uploaded {key}")

    def _runs_here(self, key: str) -> bool:
        here = self._here
        return here is not None and Path(key).name.startswith(f"extract-{here.architecture}-python{here.python}-")

    def _own(self, key: str) -> list[str]:
        here, remedy = self._here, ""
        if here is not None:
            wanted = f'architecture = "{here.architecture}" and runtime = "python{here.python}"'
            remedy = f". To run the bundle itself, write {wanted} under [deploy] in extract.toml, and deploy again"
        self._note(
            f"note: {Path(key).name} is not for this machine, so the functions run from the packages that are installed "
            f"here{remedy}"
        )
        return [entry for entry in sys.path if entry]


def called(function: Mapping[str, Any], path: Sequence[str], event: Any, request_id: str, log: Path) -> Any:
    """The answer of a function (a FunctionConfiguration of Lambda's API) whose process imports from `path` only.

    What it writes is appended to `log`. Raises TaskFailed for an exception of the function and if its time is up, and
    SystemExit if its process ends by itself. The answer after a timeout is that of AWS's Lambda Runtime Interface Emulator.
    """
    seconds = function["Timeout"]
    members = {
        "function_name": function["FunctionName"],
        "function_version": function["Version"],
        "invoked_function_arn": function["FunctionArn"],
        "memory_limit_in_mb": str(function["MemorySize"]),
        "aws_request_id": request_id,
        "seconds": seconds,
    }
    command = [sys.executable, "-I", "-S", str(_SCRIPT), json.dumps(list(path)), function["Handler"], json.dumps(members)]
    own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    environment = {**own, **function.get("Environment", {}).get("Variables", {})}
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as file:
            done = subprocess.run(  # noqa: S603 - the function's own code
                command,
                input=json.dumps(event).encode(),
                env=environment,
                stdout=subprocess.PIPE,
                stderr=file,
                timeout=seconds,
                check=False,
            )
    except subprocess.TimeoutExpired:
        message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
        raise TaskFailed("Sandbox.Timedout", json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": message})) from None
    if done.returncode:
        raise SystemExit(done.returncode)
    answer = json.loads(done.stdout)
    if "result" not in answer:
        raise TaskFailed(answer["errorType"], json.dumps(answer, separators=(",", ":")))
    return answer["result"]


def _target_here() -> BundleTarget | None:
    """What a bundle must be built for to run on this machine; None: no bundle does."""
    with suppress(GeneratorError):
        return this_machine() if sys.platform == "linux" else None
    return None
