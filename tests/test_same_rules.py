"""Rules that the command and the reference job have in common, although neither imports the other."""

from __future__ import annotations

from extract_cli.catalog.compare import MARKS
from extract_job.databases.postgresql.watermark import _TYPES


def test_the_command_and_the_job_take_the_same_types_for_marks():
    of_job = {kind.value: types for kind, types in _TYPES.items()}
    assert {name: of_job["IntegerType" if name == "LongType" else name] for name in MARKS} == MARKS
    assert MARKS.keys() == of_job.keys() | {"LongType"}
