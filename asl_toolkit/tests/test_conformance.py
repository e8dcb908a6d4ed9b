"""Executions recorded on AWS: how many agree here, and the rules by which they are compared."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from asl_toolkit.conformance.matching import decoded, judge, matches
from asl_toolkit.conformance.runner import run_case

DATA = Path(os.environ.get("ASL_CONFORMANCE", Path(__file__).parents[3] / "shared" / "conformance" / "asl" / "dev.jsonl"))
SLOW = {"timeout", "callback", "wait", "retry"}


def cases():
    if not DATA.exists():
        message = f"there are no recorded executions at {DATA}: set ASL_CONFORMANCE to their file"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with DATA.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def judged(chosen):
    verdicts = [(judge(case, run_case(case)), case["name"]) for case in chosen]
    return Counter(verdict for verdict, _ in verdicts), [name for verdict, name in verdicts if verdict == "wrong"]


def test_most_recorded_executions_are_the_same_here():
    quick = [case for case in cases() if not SLOW & set(case["features"])]
    counts, wrong = judged(quick)
    assert wrong == []
    assert counts["exact"] >= 0.97 * counts.total()


@pytest.mark.soak
def test_recorded_executions_that_take_their_time():
    counts, wrong = judged([case for case in cases() if SLOW & set(case["features"])])
    assert wrong == []
    assert counts["exact"] >= 0.9 * counts.total()


@pytest.mark.parametrize(
    ("recorded", "ours", "same"),
    [
        ("<any>", {"a": 1}, True),
        ("arn:<x:1>/<y>:z", "arn:aws:a/b:z", True),
        ("arn:<x:1>", "brn:1", False),
        ({"<key>": 1, "b": 2}, {"anything": 1, "b": 2}, True),
        ({"<key>": 1}, {"anything": 2}, False),
        (1, 1.0, True),
        (True, 1, False),
        ({"cause": "one"}, {"cause": "other"}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({}, {"a": 1}, False),
    ],
)
def test_values_match(recorded, ours, same):
    assert matches(recorded, ours) is same


def test_json_inside_of_texts_is_read_and_metadata_ignored():
    assert decoded({"a": '{"b": "[1]"}', "SdkHttpMetadata": {}, "text": "{no"}) == {"a": {"b": [1]}, "text": "{no"}
