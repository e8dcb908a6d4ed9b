"""A template as text: JSON or YAML, the same bytes for the same template."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


def as_json(template: Mapping[str, Json]) -> str:
    """JSON with an indent of one, which keeps a large template small."""
    import json

    return json.dumps(template, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_yaml(template: Mapping[str, Json]) -> str:
    """YAML with the long forms of functions (``Fn::GetAtt:``), which every reader of YAML understands."""
    import yaml

    return yaml.dump(template, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=10_000)


def _dumper() -> type:
    """PyYAML's safe dumper in Python, without anchors: CloudFormation reads them, people do not."""
    import yaml

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's signature
            return True

    return Plain
