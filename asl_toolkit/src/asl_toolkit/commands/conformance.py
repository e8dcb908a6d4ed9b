"""`asl conformance FILE`: runs recorded cases and prints how many are exact, right at the end, or wrong, by feature."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from asl_toolkit.conformance.matching import Verdict, decoded, judge, matches
from asl_toolkit.conformance.runner import run_case
from asl_toolkit.conformance.table import table
from asl_toolkit.json_value import Json


@dataclass(frozen=True, slots=True)
class Judged:
    """How a case ended here. `cause`: whether the text of its final cause agrees; None if AWS gave none."""

    name: str
    verdict: Verdict
    cause: bool | None


def main(arguments: Sequence[str]) -> int:
    """Exit codes: 0 = no case is wrong, 1 = at least one is."""
    options = arguments_of(argparse.ArgumentParser(prog="asl conformance", description=__doc__), arguments)
    cases = read(options.file, options.name)
    judged = judged_by_us(cases, options.jobs)
    sys.stdout.write(table(cases, {"asl_toolkit": [case.verdict for case in judged]}))
    sys.stdout.writelines(remarks(judged, all_names=options.list))
    return 1 if any(case.verdict == "wrong" for case in judged) else 0


def arguments_of(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """The command line: file, name, list, jobs."""
    parser.add_argument("file", type=Path, help="recorded cases, one JSON object per line")
    parser.add_argument("--name", default="", help="only cases whose name holds this text")
    parser.add_argument("--list", action="store_true", help="name each case that is not exact")
    parser.add_argument(
        "--jobs", type=int, default=8, help="number of processes (they mostly wait, because recorded waits are real)"
    )
    return parser.parse_args(arguments)


def read(file: Path, name: str) -> list[dict[str, Json]]:
    """The cases of a file whose name holds `name`."""
    with file.open(encoding="utf-8") as lines:
        return [case for line in lines if name in (case := json.loads(line))["name"]]


def judged_by_us(cases: Sequence[Mapping[str, Json]], jobs: int) -> list[Judged]:
    """Run and judge the cases, several at once; the results are in the order of the cases."""
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(_judged, cases))


def remarks(judged: Sequence[Judged], *, all_names: bool) -> Iterator[str]:
    """Lines below the table: how many final causes agree, and the names of the cases that are not exact."""
    causes = [case.cause for case in judged if case.cause is not None]
    yield f"texts of final causes: {sum(causes)} of {len(causes)} agree\n"
    if all_names:
        yield from (f"{case.verdict:<6} {case.name}\n" for case in judged if case.verdict != "exact")
        yield from (f"cause  {case.name}\n" for case in judged if case.cause is False)


def _judged(case: Mapping[str, Json]) -> Judged:
    result = run_case(case)
    recorded = case["expect"].get("cause")
    agrees = None if recorded is None else matches(decoded(recorded), decoded(result["cause"]))
    return Judged(case["name"], judge(case, result), agrees)
