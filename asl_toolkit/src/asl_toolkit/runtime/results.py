"""The result of a DISTRIBUTED Map: the array of its children's outputs, or files in S3 and their manifest.

Forms: developer guide, "ResultWriter (Map)": NONE (the complete description of each child), COMPACT (the outputs), FLATTEN
(the outputs; elements of arrays one by one). A failed child is always written completely.
"""

import io
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Literal, TypeAlias

from asl_toolkit.definition.model import ResultWriter
from asl_toolkit.errors import StateFailure
from asl_toolkit.json_value import Json, dumps, loads
from asl_toolkit.runtime.frame import Frame
from asl_toolkit.runtime.items import call_storage

ChildStatus: TypeAlias = Literal["SUCCEEDED", "FAILED", "ABORTED"]
_FILE = 1024 * 1024  # characters per result file, the most in memory at once; AWS begins a new file at 5 GB
_MEMORY = 1024 * 1024  # bytes in memory before a temporary file takes them


@dataclass(frozen=True, slots=True)
class ChildRecord:
    """A child execution that has ended. Times as AWS writes them, `input` and `output` as JSON text."""

    name: str
    arn: str
    machine_arn: str
    input: str
    output: str | None
    error: str | None
    cause: str | None
    started: str
    stopped: str
    status: ChildStatus | None = None  # None: SUCCEEDED with an output, else FAILED

    def described(self) -> dict[str, Json]:
        """The form NONE."""
        done = self.output is not None
        record: dict[str, Json] = {} if done else {"Cause": self.cause, "Error": self.error}
        record |= {"ExecutionArn": self.arn, "Input": self.input, "InputDetails": {"Included": True}, "Name": self.name}
        if done:
            record |= {"Output": self.output, "OutputDetails": {"Included": True}}
        status = self.status or ("SUCCEEDED" if done else "FAILED")
        record |= {
            "RedriveCount": 0,
            "RedriveStatus": "NOT_REDRIVABLE" if done else "REDRIVABLE_BY_MAP_RUN",
            "RedriveStatusReason": f"Execution is {status} and cannot be redriven"
            if done
            else "Execution can only be redriven using Map Run redrive",
            "StartDate": self.started,
            "StateMachineArn": self.machine_arn,
            "Status": status,
            "StopDate": self.stopped,
        }
        return {name: value for name, value in record.items() if value is not None}


class Results:
    """The records of children by their place. They are written to a temporary file when they grow, so memory stays constant."""

    def __init__(self, count: int, transformation: str) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 - closed by close()
        weakref.finalize(self, self._file.close)  # of a Map Run that failed and was not redriven
        self._places = array("q", [-1]) * count
        self._lengths = array("q", [0]) * count
        self._failed = array("b", [0]) * count
        self._transformation = transformation
        self._end = 0
        self._been_read = False

    def put(self, place: int, record: ChildRecord) -> None:
        """Store a child's result."""
        failed = record.output is None
        text = dumps(record.described()) if failed or self._transformation == "NONE" else str(record.output)
        data = text.encode(errors="surrogatepass")
        if self._been_read:  # a seek per record would write each record to the disk separately
            self._file.seek(self._end)
            self._been_read = False
        self._file.write(data)
        self._places[place], self._lengths[place], self._failed[place] = self._end, len(data), failed
        self._end += len(data)

    def succeeded(self, place: int) -> bool:
        """Whether the child at this place has succeeded."""
        return self._places[place] >= 0 and not self._failed[place]

    @property
    def size(self) -> int:
        """Bytes of all records."""
        return self._end

    def texts(self, *, failed: bool | None) -> Iterator[str]:
        """The records in the order of their places: only the failed ones, only the others, or all."""
        self._been_read = True
        for place, start in enumerate(self._places):
            if start >= 0 and (failed is None or bool(self._failed[place]) is failed):
                self._file.seek(start)
                yield self._file.read(self._lengths[place]).decode(errors="surrogatepass")

    def elements(self, *, failed: bool | None) -> Iterator[str]:
        """The records as elements of the result; FLATTEN adds the elements of arrays one by one."""
        for text in self.texts(failed=failed):
            if self._transformation == "FLATTEN" and text.startswith("["):
                yield from (dumps(element) for element in loads(text))
            else:
                yield text

    def close(self) -> None:
        """Free the file."""
        self._file.close()


def output_of(results: Results) -> Json:
    """The Map's result without an export."""
    return loads("[" + ",".join(results.elements(failed=None)) + "]")


async def export(  # noqa: PLR0913, PLR0917 - the results, and where they go
    frame: Frame, writer: ResultWriter, data: Json, results: Results, map_run_arn: str, pending: Iterable[str] = ()
) -> Json:
    """Write files and manifest. The Map's result is their place. Raises States.ResultWriterFailed.

    The FAILED files list aborted children too, the PENDING files those that did not start (developer guide, "ResultWriter
    (Map)").
    """
    parameters = {} if writer.parameters is None else writer.parameters.evaluate(frame.environment(data))
    if writer.resource is None or not isinstance(parameters, dict) or "Bucket" not in parameters:
        raise StateFailure("States.ResultWriterFailed", "The ResultWriter names no bucket")
    lines = writer.output_type == "JSONL"
    prefix = str(parameters.get("Prefix", "")).rstrip("/")
    folder = f"{prefix}/{map_run_arn.rsplit(':', 1)[-1]}".lstrip("/")
    files: dict[str, list[Json]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    written: Mapping[str, Iterable[str]] = {
        "FAILED": results.elements(failed=True),
        "PENDING": pending,
        "SUCCEEDED": results.elements(failed=False),
    }
    for status, elements in written.items():
        for number, body in enumerate(_bodies(elements, lines=lines)):
            key = f"{folder}/{status}_{number}.{'jsonl' if lines else 'json'}"
            await _put(frame, writer, parameters, key, body)
            files[status].append({"Key": key, "Size": len(body) if body.isascii() else len(body.encode(errors="surrogatepass"))})
    manifest = {"DestinationBucket": parameters["Bucket"], "MapRunArn": map_run_arn, "ResultFiles": files}
    key = f"{folder}/manifest.json"
    await _put(frame, writer, parameters, key, dumps(manifest))
    return {"MapRunArn": map_run_arn, "ResultWriterDetails": {"Bucket": parameters["Bucket"], "Key": key}}


def _bodies(elements: Iterable[str], *, lines: bool) -> Iterator[str]:
    """The texts of files of about 1 MiB, as JSON Lines or as a JSON array each."""
    opening, between, closing = ("", "\n", "\n") if lines else ("[", ",", "]")
    body = io.StringIO()
    for element in elements:
        body.write(between if body.tell() else opening)
        body.write(element)
        if body.tell() >= _FILE:
            body.write(closing)
            yield body.getvalue()
            body = io.StringIO()
    if body.tell():
        body.write(closing)
        yield body.getvalue()


async def _put(frame: Frame, writer: ResultWriter, parameters: dict[str, Json], key: str, body: str) -> None:
    assert writer.resource is not None  # noqa: S101 - asked above
    more = {name: value for name, value in parameters.items() if name not in {"Prefix", "Key"}}
    request = {**more, "Key": key, "Body": body}
    await call_storage(frame, writer.resource, request, "States.ResultWriterFailed")
