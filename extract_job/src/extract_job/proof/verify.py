"""Holds the files of a committed attempt against its result object, at any later time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract_job.proof.figures import NAMES, Figures, shown
from extract_job.proof.files import figures_in
from extract_job.proof.hashers import HASHERS
from extract_job.result import checksum
from extract_job.storage.protocols import Files

_MARKS = ("low_watermark", "high_watermark")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was compared: `verify` is that of the certificate (None: there is none)."""

    verify: str | None
    files: int
    rows: int
    differences: tuple[str, ...]


def verified(committed: Mapping[str, Any], data: bytes | None, files: Files) -> Verdict:
    """Compare `committed` (what is recorded of the attempt), the result object `data` and the files.

    `committed` has `run_id`, `attempt`, `table`, and if known `rows`, `files` and the marks.
    """
    if data is None:
        return Verdict(None, 0, 0, ("the result object does not exist",))
    try:
        result = json.loads(data)
    except (ValueError, RecursionError) as error:
        return Verdict(None, 0, 0, (f"the result object is not JSON: {error}",))
    problem = _form(result)
    if problem:
        return Verdict(None, 0, 0, (f"the result object {problem}",))
    differences = list(_recorded(committed, result))
    if (result.get("proof") or "checksum" in result) and result.get("checksum") != checksum(result):
        differences.append("the result object was changed after it was written: its checksum differs")
    rows, tables = [], []
    for file in result["files"]:
        figures, schema, problem = _file(file, files, _hash(result))
        if problem:
            differences.append(f"file {file['name']!r} {problem}")
        else:
            rows.append(figures)
            tables.append((file, figures, schema))
    differences += _certificate(result, tables)
    proof = result.get("proof")
    return Verdict(proof["verify"] if proof else None, len(result["files"]), sum(f.rows for f in rows), tuple(differences))


def _form(result: object) -> str | None:
    """Return what makes a result unusable here, as the end of a sentence."""
    if not isinstance(result, dict) or "error" in result:
        return "is not the result of a successful attempt"
    files, proof = result.get("files"), result.get("proof")
    if not isinstance(files, list) or not all(isinstance(file, dict) and isinstance(file.get("name"), str) for file in files):
        return "has no list of files"
    if any(part in ("", ".", "..") or "\0" in part for file in files for part in file["name"].split("/")):
        return "names a file outside its folder"
    if proof is not None and not _is_certificate(proof):
        return "has a certificate of another form"
    if proof and proof["verify"] == "full" and proof.get("hash") not in HASHERS:
        return f"has digests by {proof.get('hash')!r}, which this version does not know"
    return None


def _is_certificate(proof: object) -> bool:
    if not isinstance(proof, dict) or proof.get("verify") not in ("count", "full"):
        return False
    parts = [proof.get("source"), proof.get("files"), proof.get("left_out", {})]
    by_file = proof.get("by_file")
    if not isinstance(by_file, list):
        return False
    columns = [part.get("columns", {}) for part in parts if isinstance(part, dict)]
    return all(isinstance(part, dict) for part in [*parts, *by_file, *columns]) and all(
        isinstance(column, dict) for part in columns for column in part.values()
    )


def _hash(result: Mapping[str, Any]) -> str | None:
    proof = result.get("proof")
    return proof["hash"] if proof and proof["verify"] == "full" else None


def _recorded(committed: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    """Yield where the result object is not the one that was committed, or contradicts itself."""
    for key in ("run_id", "attempt", "table", "rows", "bytes", *_MARKS):
        if committed.get(key) is not None and key in result and result[key] != committed[key]:
            yield f"{key} is {committed[key]!r} as committed, {result[key]!r} in the result object"
    if committed.get("files") is not None and _listed(committed["files"]) != _listed(result["files"]):
        yield "the files in the result object are not those that were committed"
    for key in ("rows", "bytes"):
        counts = [file.get(key) for file in result["files"]]
        if all(isinstance(count, int) for count in counts) and result.get(key) != sum(counts):
            yield f"{key} is {result.get(key)!r} in the result object, and {sum(counts)} by its files"
    names = [file["name"] for file in result["files"]]
    if len(names) != len(set(names)):
        yield "the result object names a file twice"


def _listed(files: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((file.get("name"), file.get("bytes"), file.get("rows")) for file in files)


def _file(file: Mapping[str, Any], files: Files, algorithm: str | None) -> tuple[Figures, Any, str | None]:
    """Return the figures and the schema of a file, or what is wrong with it."""
    size = files.size(file["name"])
    if size is None:
        return Figures(), None, "does not exist"
    if "bytes" in file and size != file["bytes"]:
        return Figures(), None, f"has {size} bytes instead of {file['bytes']}"
    try:
        with files.on_disk(file["name"]) as path:
            schema = pq.read_schema(path)
            rows = int(pq.read_metadata(path).num_rows)
            figures = Figures(rows) if algorithm is None else figures_in(path, HASHERS[algorithm])
    except (pa.ArrowException, OSError) as error:
        return Figures(), None, f"cannot be read: {' '.join(str(error).split())}"
    if figures.rows != rows or ("rows" in file and rows != file["rows"]):
        return Figures(), None, f"has {figures.rows} rows instead of {file.get('rows', rows)}"
    return figures, schema, None


def _certificate(result: Mapping[str, Any], tables: Sequence[tuple[Mapping[str, Any], Figures, Any]]) -> Iterator[str]:
    proof = result.get("proof")
    by_name = {file["name"]: (figures, schema) for file, figures, schema in tables}
    schemas = [schema for *_, schema in tables]
    listed = result.get("schema")
    for name, (_, schema) in by_name.items():
        if not schema.equals(schemas[0]):
            yield f"file {name!r} has other columns than {tables[0][0]['name']!r}"
        elif isinstance(listed, list) and [(field.name, str(field.type)) for field in schema] != _fields(listed):
            yield f"file {name!r} has other columns than the schema in the result object"
    if not proof:
        return
    yield from _contradictions(proof)
    parts = proof["by_file"]
    if [part.get("name") for part in parts] != [file["name"] for file in result["files"]]:
        yield "the certificate is about other files than the result object names"
    if len(by_name) != len(result["files"]) or any(not schema.equals(schemas[0]) for schema in schemas):
        return  # the sums differ because of what is reported already
    for part in parts:
        if part.get("name") in by_name:
            figures = by_name[part["name"]][0]
            if (part.get("rows"), part.get("digest", "")) != (figures.rows, figures.digest_text):
                expected = f"{part.get('rows')} rows with the digest {part.get('digest')}"
                actual = f"{figures.rows} rows with the digest {figures.digest_text or None}"
                yield f"file {part['name']!r} has {actual}, not {expected}"
    yield from _totals(
        proof["files"], sum((figures for figures, _ in by_name.values()), Figures()), schemas[0] if schemas else None
    )


def _fields(listed: Sequence[Any]) -> list[tuple[Any, Any]]:
    return [(member.get("column"), member.get("arrow")) for member in listed if isinstance(member, dict)]


def _contradictions(proof: Mapping[str, Any]) -> Iterator[str]:
    """Yield whether the certificate's own parts do not add up."""
    left_out = proof.get("left_out")
    source, files = proof["source"], proof["files"]
    if left_out is None and source != files:
        yield "the certificate contradicts itself: its figures of the source and of the files differ"
    elif left_out is not None and source.get("rows") != (files.get("rows") or 0) + (left_out.get("rows") or 0):
        yield "the certificate contradicts itself: the rows of the source are not those of the files and those left out"


def _totals(certified: Mapping[str, Any], figures: Figures, schema: Any) -> Iterator[str]:
    if certified.get("rows") != figures.rows:
        yield f"rows: {certified.get('rows')} certified, {figures.rows} in the files"
    if not figures.digest:
        return
    columns = certified.get("columns") or {}
    for name, column in figures.columns.items():
        for key, value in column.items():
            text = shown(schema.field(name).type, key, value)
            expected = (columns.get(name) or {}).get(key)
            if text != expected:
                yield f"column {name!r}, {NAMES[key]}: {expected} certified, {text} in the files"
    if set(columns) - set(figures.columns):
        yield f"columns that no file has: {', '.join(sorted(set(columns) - set(figures.columns)))}"
    if certified.get("digest") != figures.digest_text:
        yield f"digest of the rows: {certified.get('digest')} certified, {figures.digest_text} in the files"
