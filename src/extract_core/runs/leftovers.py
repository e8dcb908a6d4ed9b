"""Objects below a source's data that no live read needs: of failed and late attempts, and of attempts that were replaced.

What a manifest names is data. It is a leftover only if a newer base has replaced it for longer than the retention. The files of a
run that may still be running, or that the tracking store does not know, are never leftovers.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from extract_core.contract import JobState
from extract_core.dataclass import dataclass
from extract_core.errors import ObjectError, RunNotFound
from extract_core.plan.places import folder, segment
from extract_core.status.manifest import AT_ONCE, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from extract_core.objects.store import ObjectStore, Sized
    from extract_core.tracking.records import RunRecord
    from extract_core.tracking.store import TrackingStore

_COMMITTED: Final = "_committed/"
_OF_AN_ATTEMPT: Final = re.compile(r"(run_id=([^/]+)/attempt=([0-9]+)/)(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """An object that can be removed, and why. `table` is the table as its folder is called."""

    table: str
    uri: str
    bytes: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """What can be removed, in an order in which a break does no harm: entries of a manifest before the files that they name.

    `spared` says which attempts were left alone although no manifest names them, and why.
    """

    objects: Sequence[Leftover]
    spared: Sequence[str]


@dataclass(slots=True)
class Finder:
    """Looks for leftovers. `replaced_before`: attempts that were replaced before this moment are leftovers; None: none are.

    `is_running` is asked for each run without a summary.
    """

    objects: ObjectStore
    tracking: TrackingStore
    is_running: Callable[[RunRecord], bool]
    replaced_before: datetime | None = None
    _runs: dict[str, str | None] = field(default_factory=dict)
    _succeeded: dict[str, set[tuple[str, int]]] = field(default_factory=dict)

    def of_source(self, data_uri: str, source: str, tables: Sequence[str] = ()) -> Leftovers:
        """The leftovers of these tables of a source, or of all that have data. Raises ObjectError and TrackingUnavailable."""
        place = f"{folder(data_uri)}{segment(source)}/"
        objects, spared = list[Leftover](), list[str]()
        for name, listed in self._tables(place, tables):
            for leftover in self._of_table(f"{place}{name}/", name, listed, spared):
                objects.append(leftover)
        return Leftovers(objects=objects, spared=spared)

    def _tables(self, place: str, tables: Sequence[str]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
        """Each table's folder, and the names and sizes below it."""
        if tables:
            for table in map(segment, tables):
                yield table, [(sized.name, sized.bytes) for sized in self.objects.sizes(f"{place}{table}/")]
            return
        below: Iterable[Sized] = (sized for sized in self.objects.sizes(place) if "/" in sized.name)
        for table, listed in groupby(below, key=lambda sized: sized.name.partition("/")[0]):
            yield table, [(sized.name.partition("/")[2], sized.bytes) for sized in listed]

    def _of_table(self, place: str, table: str, listed: list[tuple[str, int]], spared: list[str]) -> Iterator[Leftover]:
        manifest = _Manifest(self.objects, place, [name for name, _ in listed])
        attempts: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        runs: dict[str, tuple[str, int]] = {}
        for name, size in listed:
            if match := _OF_AN_ATTEMPT.fullmatch(name):
                attempts[match[1]].append((match[4], size))
                runs[match[1]] = (match[2], int(match[3]))
        sizes = dict(listed)
        for below, files in sorted(attempts.items()):
            run_id, attempt = runs[below]
            entry = manifest.entries.get(below)
            replaced = entry is not None and self._is_old(entry.replaced_at)
            if entry is not None and replaced:
                reason = f"replaced at {entry.replaced_at}"
                yield Leftover(table=table, uri=_uri(place, entry.name), bytes=sizes[entry.name], reason=reason)
                unneeded = files
            elif entry is not None:
                unneeded = [] if entry.files is None else [file for file in files if file[0] not in entry.files]
                reason = f"the committed result of run {run_id} does not name it"
            else:
                unneeded, reason = files, f"no committed result of run {run_id} names it"
            if not unneeded:
                continue
            why = None if replaced else self._why_kept(run_id, table, attempt, has_entry=entry is not None)
            if why is not None:
                spared.append(f"{place}{below}: {why}")
                continue
            for name, size in unneeded:
                yield Leftover(table=table, uri=_uri(place, below + name), bytes=size, reason=reason)

    def _is_old(self, replaced_at: str | None) -> bool:
        if replaced_at is None or self.replaced_before is None:
            return False
        return datetime.fromisoformat(replaced_at) < self.replaced_before

    def _why_kept(self, run_id: str, table: str, attempt: int, *, has_entry: bool) -> str | None:
        """Why the files of this attempt can't be removed now; None: they can."""
        if run_id not in self._runs:
            self._runs[run_id] = self._problem(run_id)
        problem = self._runs[run_id]
        if problem is not None or has_entry:
            return problem
        if run_id not in self._succeeded:
            rows = self.tracking.attempts(run_id)
            self._succeeded[run_id] = {(segment(row.table), row.attempt) for row in rows if row.state is JobState.SUCCEEDED}
        if (table, attempt) in self._succeeded[run_id]:
            return f"it was committed, but no manifest entry names it: extract reconcile {run_id}"
        return None

    def _problem(self, run_id: str) -> str | None:
        try:
            record = self.tracking.run(run_id)
        except RunNotFound:
            return f"the tracking store does not know run {run_id}"
        if record.summary is not None:
            return None
        return f"run {run_id} is running" if self.is_running(record) else f"run {run_id} died: extract reconcile {run_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """An entry by its name below the table, the files that it names (None: all), and when a newer base replaced it."""

    name: str
    files: frozenset[str] | None
    replaced_at: str | None


class _Manifest:
    """The manifest of one table: its entries by the folder of their attempt (``run_id=…/attempt=…/``)."""

    def __init__(self, objects: ObjectStore, place: str, names: Sequence[str]) -> None:
        wanted = [name for name in names if name.startswith(_COMMITTED) and number_of(name[len(_COMMITTED) :]) is not None]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="manifests") as pool:
            read = list(pool.map(lambda name: _read(objects, _uri(place, name)), wanted))
        self.entries: dict[str, _Entry] = {}
        replaced_at: str | None = None
        for name, entry in sorted(zip(wanted, read, strict=True), key=lambda pair: pair[0], reverse=True):
            files = None if entry["files"] is None else frozenset(str(file["name"]) for file in entry["files"])
            below = "/".join([*str(entry["extract_s3_uri"]).rstrip("/").split("/")[-2:], ""])
            self.entries.setdefault(below, _Entry(name=name, files=files, replaced_at=replaced_at))
            if entry["mode"] == "full" or (entry["mode"] == "incremental" and entry["low_watermark"] is None):
                replaced_at = str(entry["recorded_at"])


def _read(objects: ObjectStore, uri: str) -> Mapping[str, Any]:
    try:
        entry: Any = json.loads(objects.read(uri))
        _ = (entry["files"], entry["extract_s3_uri"], entry["mode"], entry["low_watermark"], entry["recorded_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise ObjectError(
            f"the manifest entry {uri!r} is damaged: {type(error).__name__}: {error}; restore it from a backup"
        ) from error
    return dict(entry)


def _uri(place: str, name: str) -> str:
    """The name as a part of a URI: escaped below file://, and as it is in S3."""
    return f"{place}{quote(name)}" if place.startswith("file://") else f"{place}{name}"
