"""The table of verdicts: all cases, those with a history, and each feature; for one interpreter or several side by side."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from asl_toolkit.conformance.matching import Verdict
from asl_toolkit.json_value import Json

_VERDICTS: tuple[Verdict, ...] = ("exact", "end", "wrong")
_NEWER = frozenset({"jsonata", "assign", "distributed"})
_NAME, _CASES, _COUNT, _SHARE = 46, 7, 7, 9  # characters of the columns


def table(cases: Sequence[Mapping[str, Json]], verdicts: Mapping[str, Sequence[Verdict]]) -> str:
    """The text. `verdicts` has the verdicts per interpreter, one per case.

    Names of interpreters are printed if there are several.
    """
    totals: Counter[str] = Counter(row for case in cases for row in _rows(case))
    counts: dict[str, dict[str, Counter[Verdict]]] = {name: defaultdict(Counter) for name in verdicts}
    for name, of_one in verdicts.items():
        for case, verdict in zip(cases, of_one, strict=True):
            for row in _rows(case):
                counts[name][row][verdict] += 1
    width = len(_VERDICTS) * _COUNT + _SHARE
    titles = "".join(f"{verdict:>{_COUNT}}" for verdict in _VERDICTS) + f"{'exact %':>{_SHARE}}"
    bar = " |" if len(verdicts) > 1 else ""
    names = "".join(f"{bar}{name:^{width}}" for name in verdicts)
    lines = [f"{'':<{_NAME + _CASES}}{names}"] if len(verdicts) > 1 else []
    lines.append(f"{'':<{_NAME}}{'cases':>{_CASES}}" + (bar + titles) * len(verdicts))
    for row in sorted(totals, key=lambda row: (row.startswith(" "), row)):
        cells = "".join(bar + _cells(counts[name][row], totals[row]) for name in verdicts)
        lines.append(f"{row:<{_NAME}}{totals[row]:>{_CASES}}{cells}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _cells(counts: Counter[Verdict], total: int) -> str:
    return "".join(f"{counts[verdict]:>{_COUNT}}" for verdict in _VERDICTS) + f"{100 * counts['exact'] / total:>{_SHARE - 1}.1f}%"


def _rows(case: Mapping[str, Json]) -> Iterator[str]:
    """The rows that a case belongs to; features are indented."""
    yield "all"
    if case["expect"].get("events") is not None:
        yield "with a history"
        newer = _NEWER & set(case["features"])
        yield "with a history: JSONata, Assign, DISTRIBUTED" if newer else "with a history: the rest"
    for feature in case["features"]:
        yield f"  {feature}"
