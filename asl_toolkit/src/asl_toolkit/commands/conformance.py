"""`python -m asl_toolkit conformance FILE`: runs recorded cases and prints exact, right at the end and wrong by feature."""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from asl_toolkit.conformance.matching import Verdict, decoded, judge, matches
from asl_toolkit.conformance.runner import run_case
from asl_toolkit.json_value import Json

_VERDICTS: tuple[Verdict, ...] = ("exact", "end", "wrong")


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 when no case is wrong, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m asl_toolkit conformance", description=__doc__)
    parser.add_argument("file", type=Path, help="recorded cases, a JSON object a line")
    parser.add_argument("--name", default="", help="only cases whose name holds this text")
    parser.add_argument("--list", action="store_true", help="name each case that is not exact")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    given = parser.parse_args(arguments)
    with given.file.open(encoding="utf-8") as lines:
        cases = [case for line in lines if given.name in (case := json.loads(line))["name"]]
    with ProcessPoolExecutor(given.jobs) as pool:
        answers = list(pool.map(answer_to, cases, chunksize=4))
    verdicts = [verdict for verdict, _ in answers]
    write(sys.stdout.write, cases, verdicts)
    causes = [cause for _, cause in answers if cause is not None]
    sys.stdout.write(f"texts of final causes: {sum(causes)} of {len(causes)} agree\n")
    if given.list:
        for case, verdict in zip(cases, verdicts, strict=True):
            if verdict != "exact":
                sys.stdout.write(f"{verdict:<6} {case['name']}\n")
        for case, (_, cause) in zip(cases, answers, strict=True):
            if cause is False:
                sys.stdout.write(f"cause  {case['name']}\n")
    return 1 if "wrong" in verdicts else 0


def answer_to(case: Mapping[str, Json]) -> tuple[Verdict, bool | None]:
    """Run a case and judge it; whether the text of its final cause agrees, None where AWS gave none."""
    result = run_case(case)
    recorded = case["expect"].get("cause")
    agrees = None if recorded is None else matches(decoded(recorded), decoded(result["cause"]))
    return judge(case, result), agrees


def verdict_of(case: Mapping[str, Json]) -> Verdict:
    """Run a case and judge it."""
    return judge(case, run_case(case))


def write(put: object, cases: Sequence[Mapping[str, Json]], verdicts: Sequence[Verdict]) -> None:
    """The table: all cases, those with a history, and each feature."""
    assert callable(put)  # noqa: S101 - a text stream's write
    rows: dict[str, Counter[Verdict]] = defaultdict(Counter)
    for case, verdict in zip(cases, verdicts, strict=True):
        rows["all"][verdict] += 1
        if case["expect"].get("events") is not None:
            rows["with a history"][verdict] += 1
            rows[_group(case)][verdict] += 1
        for feature in case["features"]:
            rows[f"  {feature}"][verdict] += 1
    put(f"{'':<34}{'cases':>7}{'exact':>7}{'end':>7}{'wrong':>7}{'exact %':>9}\n")
    for name in sorted(rows, key=lambda row: (row.startswith(" "), row)):
        counts = rows[name]
        total = counts.total()
        cells = "".join(f"{counts[verdict]:>7}" for verdict in _VERDICTS)
        put(f"{name:<34}{total:>7}{cells}{100 * counts['exact'] / total:>8.1f}%\n")


def _group(case: Mapping[str, Json]) -> str:
    newer = {"jsonata", "assign", "distributed"} & set(case["features"])
    return "with a history: JSONata, Assign, DISTRIBUTED" if newer else "with a history: the rest"
