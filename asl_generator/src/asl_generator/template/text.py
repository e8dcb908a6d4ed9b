"""A template as text: JSON or YAML, the same bytes for the same template. And such a text as a document again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asl_generator.machine.json_text import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


def as_json(template: Mapping[str, Json]) -> str:
    """JSON with an indent of one, which keeps a large template small."""
    return text(template, indent=1) + "\n"


def as_yaml(template: Mapping[str, Json]) -> str:
    """YAML with the long forms of functions (``Fn::GetAtt:``), which every reader of YAML understands."""
    import yaml

    return yaml.dump(template, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=10_000)


def read_template(written: str) -> Any:  # what the text holds
    """The document of a template in JSON or YAML. Raises ValueError or yaml.YAMLError, RecursionError for too deep a text.

    libyaml is eight times as fast as the reader in Python, and json faster than both.
    """
    import yaml

    if written.lstrip().startswith("{"):
        import json

        try:
            return json.loads(written)
        except ValueError:
            pass  # YAML may begin so too
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(written, loader)  # noqa: S506 - both loaders are safe


def _dumper() -> type:
    """PyYAML's safe dumper without anchors: CloudFormation reads them, people do not."""
    import yaml

    emitter: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # without libyaml: the same text, slower

    class Plain(emitter):  # type: ignore[misc] # chosen above
        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's signature
            return True

    return Plain
