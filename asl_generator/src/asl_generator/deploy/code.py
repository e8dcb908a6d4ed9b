"""What differs between the artifacts that are deployed and those that would be: the code of the functions, file by file."""

from __future__ import annotations

from collections import defaultdict
from io import BytesIO
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile, ZipFile

from asl_generator.deployments.infrastructure import BUCKET, BUNDLE_KEY, SCRIPT_KEY, WHEEL_KEY
from extract_core.errors import ObjectError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asl_generator.deploy.artifacts import Artifacts
    from extract_core.objects.store import ObjectStore

_SHOWN: Final = 3  # files of a distribution
_JOB: Final = {SCRIPT_KEY: "the script", WHEEL_KEY: "the wheel"}


def code_differences(deployed: Mapping[str, str], artifacts: Artifacts, store: ObjectStore) -> Iterator[str]:
    """A line per distribution whose code changes in the Lambda functions, and per changed file of the reference job.

    `deployed` are the values of the stack's parameters. The keys of artifacts hold the hash of their content, so nothing is read
    if they are equal.
    """
    built = artifacts.parameters
    if deployed.get(BUNDLE_KEY) != built[BUNDLE_KEY]:
        yield from _of_bundles(deployed, artifacts, store)
    for key, words in _JOB.items():
        if key in built and key in deployed and deployed[key] != built[key]:
            yield f"reference job: {words} changed: {deployed[key]} → {built[key]}"


def _of_bundles(deployed: Mapping[str, str], artifacts: Artifacts, store: ObjectStore) -> Iterator[str]:
    key, bucket = deployed.get(BUNDLE_KEY, ""), deployed.get(BUCKET, "")
    uri = f"s3://{bucket}/{key}"
    try:
        before, after = _files(store.read(uri)), _files(artifacts.bundle.data)
    except (ObjectError, BadZipFile) as error:
        new_key = artifacts.parameters[BUNDLE_KEY]
        yield f"code of the functions: {key or 'none'} → {new_key} (the deployed zip cannot be read: {error})"
        return
    if _are_compiled(before) != _are_compiled(after):
        there, here = ("compiled", "sources") if _are_compiled(before) else ("sources", "compiled")
        yield f"code of the functions: the deployed modules are {there}, the new ones are {here}"
        return
    yield from _of_files(before, after, artifacts.bundle.owners)


def _of_files(before: Mapping[str, int], after: Mapping[str, int], owners: Mapping[str, str]) -> Iterator[str]:
    """A line per distribution with added, removed and changed files."""
    changes: dict[str, list[str]] = defaultdict(list)
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            word = "added" if path not in before else "removed" if path not in after else "changed"
            top = path.partition("/")[0].partition(".")[0]
            changes[owners.get(top, top)].append(f"{path} {word}")
    for distribution, files in sorted(changes.items()):
        more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
        yield f"code of {distribution}: {', '.join(files[:_SHOWN])}{more}"


def _files(data: bytes) -> dict[str, int]:
    """The checksum of each file of a zip."""
    return {entry.filename: entry.CRC for entry in ZipFile(BytesIO(data)).infolist()}


def _are_compiled(files: Mapping[str, int]) -> bool:
    return any(path.endswith(".pyc") for path in files)
