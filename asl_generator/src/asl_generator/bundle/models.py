"""The models of AWS services, cut down to what the core calls: botocore reads a fifth of what it reads by default.

They are made of the installed botocore. An operation stays if the core, or botocore itself, has an attribute of its name: an
attribute that means something else costs some bytes and does no harm. All that botocore reads of a service is there, so its own
folder is not looked into (`extract_core.clients`).
"""

from __future__ import annotations

import ast
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from extract_core.registry.frozen import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SERVICES: Final = ("dynamodb", "events", "s3", "stepfunctions")
"""The services that the core has clients of (botocore's names)."""

_BOTOCORE: Final = ("handlers", "signers", "utils")
"""Modules of botocore that call operations by themselves: for the region of a bucket, for sessions of S3 Express."""
_WHOLE: Final = ("partitions", "sdk-default-configuration", "_retry")
_UNUSED: Final = frozenset({"documentation", "documentationUrl", "examples"})


def trimmed_models(core: Iterable[Path]) -> dict[str, bytes]:
    """The files of the models, by path in the bundle. `core` are source files that call the services.

    Empty if botocore is not installed.
    """
    if find_spec("botocore") is None:
        return {}
    import botocore
    from botocore.loaders import Loader

    loader = Loader()
    folder = Path(botocore.__file__).parent
    attributes = {name for file in (*core, *(folder / f"{module}.py" for module in _BOTOCORE)) for name in _attributes(file)}
    data: dict[str, Any] = {name: loader.load_data(name) for name in _WHOLE}
    data["endpoints"] = _endpoints(loader.load_data("endpoints"), loader)
    for service in SERVICES:
        version = loader.determine_latest_version(service, "service-2")
        model = _service(loader.load_service_model(service, "service-2"), attributes)
        paginators = loader.load_service_model(service, "paginators-1")["pagination"]
        files = {
            "service-2": model,
            "endpoint-rule-set-1": _bare(loader.load_service_model(service, "endpoint-rule-set-1")),
            "paginators-1": {"pagination": {name: paginators[name] for name in model["operations"] if name in paginators}},
        }
        data |= {f"{service}/{version}/{name}": content for name, content in files.items()}
    return {
        f"{MODELS}/{name}.json": json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
        for name, content in sorted(data.items())
    }


def _attributes(file: Path) -> Iterator[str]:
    """The names of all attributes in a source file: ``client.put_object`` has ``put_object``."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Attribute):
            yield node.attr


def _service(model: Mapping[str, Any], attributes: set[str]) -> dict[str, Any]:
    """The model with the operations that `attributes` name, and the shapes that these need."""
    from botocore import xform_name

    operations = {name: entry for name, entry in model["operations"].items() if xform_name(name) in attributes}
    shapes: dict[str, Any] = {}
    waiting = list(_shape_names(operations))
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            waiting += _shape_names(shapes[name])
    return {**model, "operations": _bare(operations), "shapes": _bare(dict(sorted(shapes.items())))}


def _shape_names(value: Any) -> Iterator[str]:
    """The shapes that a part of a model refers to: ``{"shape": "Key"}``."""
    if isinstance(value, dict):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for member in value.values():
            yield from _shape_names(member)
    elif isinstance(value, list):
        for element in value:
            yield from _shape_names(element)


def _endpoints(endpoints: Mapping[str, Any], loader: Any) -> dict[str, Any]:
    """The regions of all partitions, and the endpoints of our services."""
    prefixes = {loader.load_service_model(service, "service-2")["metadata"]["endpointPrefix"] for service in SERVICES}
    partitions = [
        {**partition, "services": {name: entry for name, entry in partition["services"].items() if name in prefixes}}
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def _bare(value: Any) -> Any:
    """The same without documentation. A member of a structure may have such a name: its value is an object there."""
    if isinstance(value, dict):
        return {key: _bare(member) for key, member in value.items() if key not in _UNUSED or isinstance(member, dict)}
    if isinstance(value, list):
        return [_bare(element) for element in value]
    return value
