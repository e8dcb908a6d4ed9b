"""Makes an Iceberg table hold the files of the live attempts: new ones are appended, a new base replaces all, in one commit.

Source of the calls: PyIceberg, "Python API", "Add files" and "Schema evolution".
"""

from __future__ import annotations

import hashlib
import threading
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ResolveError, TableAlreadyExistsError, ValidationError
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io import load_file_io
from pyiceberg.io.pyarrow import UnsupportedPyArrowTypeException, pyarrow_to_schema
from pyiceberg.schema import promote
from pyiceberg.table import TableProperties
from pyiceberg.table.name_mapping import MappedField, NameMapping

from extract_core.athena import athena_name
from extract_iceberg.faults import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pyiceberg.catalog import Catalog
    from pyiceberg.io import FileIO
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table, Transaction
    from pyiceberg.types import IcebergType

    from extract_core import LiveAttempt

_OWNER: Final = "extract.table"
"""The property of a table that names the source and the table that it belongs to."""
_ATTEMPTS: Final = "extract.attempts"
"""The property that says which attempts a table holds: their number and a digest of their names, in order."""
_COMMITS: Final = 4
"""How often a commit is tried, if others commit to the same table meanwhile."""
_UNKNOWN: Final = "table {table!r}: column {field.name!r} is {field.type}, which Iceberg does not have"
_OPENING: Final = threading.Lock()
"""In a local run, several tables end at once; a catalog of type sql makes its own tables when it is opened for the first time."""


def keep(source: str, table: str, read_live: Callable[[], Sequence[LiveAttempt]], settings: Mapping[str, Any]) -> None:
    """Make the table hold the attempts that `read_live` returns, oldest first.

    A call that comes twice, late, or after lost ones ends in the same table: the list is read after the table, and the
    catalog refuses the commit if the table has changed since. Raises RefusedError if the table belongs to another one or if
    its columns do not fit, and exceptions of PyIceberg and of `read_live`.
    """
    with _OPENING:
        catalog = load_catalog(str(settings.get("name") or "default"), **settings["catalog"])
    name = (str(settings["namespace"]), str(settings.get("prefix") or "") + athena_name(table))
    for attempts_left in reversed(range(_COMMITS)):
        try:
            with _OPENING:
                stands = _open(catalog, name, source, table, read_live)
            if stands is None:
                return
            if live := read_live():
                _commit(stands, table, live)
        except (CommitFailedException, TableAlreadyExistsError) as error:
            if not attempts_left:
                raise RefusedError(
                    f"table {table!r}: other writers changed the Iceberg table {'.'.join(name)} during each of {_COMMITS} tries "
                    f"({error}). The next attempt that succeeds adds the rows; see which jobs write to this table"
                ) from error
        else:
            return


def _open(
    catalog: Catalog, name: tuple[str, str], source: str, table: str, read_live: Callable[[], Sequence[LiveAttempt]]
) -> Table | None:
    """The table, made if it is missing. None: it is missing, and there is no file to learn its columns from."""
    owner = f"{source}/{table}"
    try:
        stands = catalog.load_table(name)
    except NoSuchTableError:
        files = [file for attempt in read_live() for file in attempt.files]
        if not files:
            return None
        _make_namespace(catalog, name[0])
        schema = _schema(load_file_io(dict(catalog.properties), _path(files[-1])), files[-1], table)
        return catalog.create_table(name, schema=schema, properties={_OWNER: owner})
    other = stands.properties.get(_OWNER)
    if other != owner:
        whose = f"belongs to {other!r}" if other else "was not made by this plugin"
        raise RefusedError(f"the Iceberg table {'.'.join(name)} {whose}: set another namespace or prefix in [plugins.iceberg]")
    return stands


def _make_namespace(catalog: Catalog, namespace: str) -> None:
    try:
        catalog.create_namespace(namespace)
    except Exception:  # catalogs differ in what they raise if another call was faster
        if not catalog.namespace_exists(namespace):
            raise


def _commit(stands: Table, table: str, live: Sequence[LiveAttempt]) -> None:
    number, _, digest = stands.properties.get(_ATTEMPTS, "").partition(":")
    held = int(number) if number.isdigit() else 0
    if digest == _digest(live) and held == len(live):
        return
    is_append = not number or (held < len(live) and digest == _digest(live[:held]))
    added = live[held:] if is_append else live
    schemas: list[pa.Schema] = []  # of all files: PyIceberg takes a file with more columns than the table, and leaves them out
    for schema in (_schema(stands.io, file, table) for attempt in added for file in attempt.files):
        if schema not in schemas:
            schemas.append(schema)
    last = {"extract.run_id": live[-1].run_id, "extract.attempt": str(live[-1].attempt)}
    stands.metadata.properties[TableProperties.COMMIT_NUM_RETRIES] = "0"  # only here: PyIceberg 0.12 would repeat it as it is
    with stands.transaction() as transaction:
        if not is_append:
            transaction.delete(AlwaysTrue(), snapshot_properties=last)
            _drop(transaction, schemas)
        for schema in schemas:
            try:
                with transaction.update_schema() as change:
                    change.union_by_name(schema)
            except (ResolveError, ValidationError) as error:
                raise RefusedError(
                    f"the columns of {table!r} have changed so that an Iceberg table cannot hold old and new files ({error}): "
                    "begin a new base with --reingest"
                ) from error
        files = [_path(file) for attempt in added for file in attempt.files]
        # without files too: only a commit with a snapshot is refused if the table has changed
        transaction.add_files(files, snapshot_properties=last, check_duplicate_files=False)
        transaction.set_properties({_ATTEMPTS: f"{len(live)}:{_digest(live)}"})


def _drop(transaction: Transaction, schemas: Sequence[pa.Schema]) -> None:
    """Drop the columns that the new files do not have, or have with a type that is not theirs: no old file is left."""
    columns = {field.name: field.field_type for schema in schemas for field in _iceberg(schema).fields}
    gone = [
        field.name
        for field in transaction.table_metadata.schema().fields
        if not _holds(field.field_type, columns.get(field.name))
    ]
    if gone:
        with transaction.update_schema(allow_incompatible_changes=True) as change:
            for name in gone:
                change.delete_column((name,))


def _holds(column: IcebergType, wanted: IcebergType | None) -> bool:
    """Whether a column can take the values of a type: it is the same, or one of them can be widened to the other."""
    if wanted is None or column == wanted:
        return wanted is not None
    for narrow, wide in ((column, wanted), (wanted, column)):
        try:
            promote(narrow, wide)
        except ResolveError:
            continue
        return True
    return False


def _iceberg(schema: pa.Schema) -> Schema:
    """The columns with types of Iceberg, numbered from 1: the numbers are those of the table only after a commit."""
    numbers = count(1)
    return pyarrow_to_schema(schema, name_mapping=NameMapping([_mapped(field.name, field.type, numbers) for field in schema]))


def _mapped(name: str, kind: pa.DataType, numbers: Iterator[int]) -> MappedField:
    number = next(numbers)
    return MappedField(**{"field-id": number, "names": [name], "fields": [_mapped(*part, numbers) for part in _parts(kind)]})


def _parts(kind: pa.DataType) -> list[tuple[str, pa.DataType]]:
    """The types that a nested type consists of, by their names in Iceberg; none of a type that is not nested."""
    if pa.types.is_struct(kind):
        return [(field.name, field.type) for field in kind]
    if pa.types.is_map(kind):
        return [("key", kind.key_type), ("value", kind.item_type)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [("element", kind.value_type)]
    return []


def _is_unsigned(kind: pa.DataType) -> bool:
    """Whether PyIceberg would take values of this type, or of a part of it, for signed ones."""
    return kind in (pa.uint32(), pa.uint64()) or any(_is_unsigned(part) for _, part in _parts(kind))


def _digest(live: Sequence[LiveAttempt]) -> str:
    names = "\n".join(f"{attempt.run_id} {attempt.attempt}" for attempt in live)
    return hashlib.sha256(names.encode()).hexdigest()[:32]


def _schema(io: FileIO, uri: str, table: str) -> pa.Schema:
    """The columns of a file. All are optional: a later base may have NULL where this one has none."""
    with io.new_input(_path(uri)).open() as file:
        schema = pa.schema([field.with_nullable(nullable=True) for field in pq.read_schema(file)])
    for field in schema:
        try:
            _iceberg(pa.schema([field]))
        except (TypeError, UnsupportedPyArrowTypeException, ValueError) as error:
            raise RefusedError(_UNKNOWN.format(field=field, table=table)) from error
        if _is_unsigned(field.type):
            raise RefusedError(_UNKNOWN.format(field=field, table=table))
    return schema


def _path(uri: str) -> str:
    """PyIceberg reads the path of a ``file://`` URI as it is; here it is percent-encoded."""
    return unquote(uri) if uri.startswith("file://") else uri
