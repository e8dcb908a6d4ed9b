"""Executions recorded on AWS: how many agree here, and the rules of the comparison."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from asl_toolkit.conformance.matching import decoded, judge, matches
from asl_toolkit.conformance.runner import run_case
from asl_toolkit.conformance.table import table

SLOW = {"timeout", "callback", "wait", "retry"}


@pytest.fixture
def cases(shared_data):
    """The recorded executions: from the file that ASL_CONFORMANCE names, else from beside the checkout."""
    named = os.environ.get("ASL_CONFORMANCE")
    path = Path(named) if named else shared_data("conformance/asl/dev.jsonl")
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def judged(chosen):
    verdicts = [(judge(case, run_case(case)), case["name"]) for case in chosen]
    return Counter(verdict for verdict, _ in verdicts), [name for verdict, name in verdicts if verdict == "wrong"]


def test_most_recorded_executions_are_the_same_here(cases):
    quick = [case for case in cases if not SLOW & set(case["features"])]
    counts, wrong = judged(quick)
    assert wrong == []
    assert counts["exact"] >= 0.97 * counts.total()


@pytest.mark.soak
def test_recorded_executions_that_take_their_time(cases):
    counts, wrong = judged([case for case in cases if SLOW & set(case["features"])])
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


def case(name, features, *, events=None, status="SUCCEEDED"):
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 1, "End": True}}}
    expect = {"status": status, "output": 1, "error": None, "cause": None, "events": events}
    parts = {"definition": definition, "input": {}, "lambdas": {}, "fixtures": {}}
    return {"name": name, "features": features, "expect": expect, **parts}


def test_the_table_counts_by_feature():
    cases = [case("a", ["pass", "map"]), case("b", ["jsonata"], events=[]), case("c", ["pass"], events=[])]
    assert table(cases, {"one": ["exact", "end", "wrong"]}) == (
        "                                                cases  exact    end  wrong  exact %\n"
        "all                                                 3      1      1      1    33.3%\n"
        "with a history                                      2      0      1      1     0.0%\n"
        "with a history: JSONata, Assign, DISTRIBUTED        1      0      1      0     0.0%\n"
        "with a history: the rest                            1      0      0      1     0.0%\n"
        "  jsonata                                           1      0      1      0     0.0%\n"
        "  map                                               1      1      0      0   100.0%\n"
        "  pass                                              2      1      0      1    50.0%\n"
    )


def test_moto_runs_the_same_cases_beside_us(tmp_path):
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(entry) + "\n" for entry in (case("a", ["pass"]), case("b", ["fail"], status="FAILED"))))
    tool = Path(__file__).parents[1] / "tools" / "beside_moto.py"
    done = subprocess.run([sys.executable, tool, file, "--list", "--jobs", "2"], capture_output=True, text=True, check=False)
    assert done.stdout == (
        "                                                      |         asl_toolkit           |             moto\n"
        "                                                cases |  exact    end  wrong  exact % |  exact    end  wrong  exact %\n"
        "all                                                 2 |      1      0      1    50.0% |      1      0      1    50.0%\n"
        "  fail                                              1 |      0      0      1     0.0% |      0      0      1     0.0%\n"
        "  pass                                              1 |      1      0      0   100.0% |      1      0      0   100.0%\n"
        "texts of final causes: 0 of 0 agree\n"
        "wrong  b\n"
    ), done.stderr
    assert done.returncode == 1
