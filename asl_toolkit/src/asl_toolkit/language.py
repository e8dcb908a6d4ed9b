"""The two query languages of states."""

from typing import Literal, TypeAlias

Language: TypeAlias = Literal["JSONPath", "JSONata"]
