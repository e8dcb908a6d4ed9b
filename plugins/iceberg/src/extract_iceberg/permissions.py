"""What the functions that call the plugin may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_core import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extract_core import Target

_DATABASE: Final = ("CreateDatabase", "GetDatabase")
_TABLE: Final = ("CreateTable", "GetTable", "UpdateTable")


def statements(target: Target[Any], settings: Mapping[str, Any]) -> Iterator[Statement]:
    """Tables of the namespace in a Glue catalog; metadata below the warehouse; the footers of the data files."""
    catalog: Mapping[str, str] = settings["catalog"]
    if catalog.get("type") == "glue":
        name = settings["namespace"]
        catalog_and_database = [target.arn("glue", place) for place in ("catalog", f"database/{name}")]
        yield Statement(actions=[f"glue:{action}" for action in _DATABASE], resources=catalog_and_database)
        tables = [*catalog_and_database, target.arn("glue", f"table/{name}/*")]
        yield Statement(actions=[f"glue:{action}" for action in _TABLE], resources=tables)
    warehouse = catalog.get("warehouse", "")
    if warehouse.startswith("s3://"):
        yield Statement(actions=["s3:GetObject", "s3:PutObject"], resources=[_objects(target, warehouse)])
    data: Sequence[str] = settings.get("data") or []
    if data:
        yield Statement(actions=["s3:GetObject"], resources=[_objects(target, uri) for uri in data])


def _objects(target: Target[Any], uri: str) -> str:
    return f"arn:{target.partition}:s3:::{uri.removeprefix('s3://').rstrip('/')}/*"
