"""The seeded faults: plugins that are right, and copies of them with one fault each, which the kit must report.

`right/` holds the right plugins, each with `kit.toml`: what a subclass of JobTypeContract would say. `faults/*.toml` holds the
faults as edits of their files. They were written from docs/plugins and from the API models of the services.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, field
from importlib import invalidate_caches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract_core.registry.loading import discover
from extract_core.registry.values import FrozenPlugin
from extract_testing import CHECKS, ContractBroken, NotChecked, Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
RIGHT = HERE / "right"
SLOW = ("imports_stay_light", "status_never_raises", "status_reports_no_false_success")


@dataclass(frozen=True)
class Fault:
    """One fault: edits of the files of a right plugin, `(file, old, new)`; `top` is put before job.py's first line."""

    number: str
    family: str
    says: str
    base: str
    edits: tuple[tuple[str, str, str], ...] = ()
    top: str = ""

    def written(self, site: Path) -> str:
        """Write the faulty plugin below `site` and return its module's name. ValueError if an edit does not fit."""
        name = f"{self.base}_{self.number}"
        for path in sorted((RIGHT / self.base).iterdir()):
            if path.is_file():
                source = path.read_text()
                for _, old, new in (edit for edit in self.edits if edit[0] == path.name):
                    if old not in source:
                        raise ValueError(f"{self.number}: {path.name} of {self.base} does not hold {old!r}")
                    source = source.replace(old, new, 1)
                if path.name == "job.py":
                    source = self.top + source
                (site / name).mkdir(exist_ok=True)
                (site / name / path.name).write_text(re.sub(rf"\b{self.base}(?=[.:]|\b)", name, source))
        return name


def _lines(text: str) -> str:
    """A text with its line ends, which a literal string of TOML writes as \\n; two backslashes stay an escape of Python."""
    return text.replace(r"\\n", "\0").replace(r"\n", "\n").replace("\0", r"\n")


@dataclass
class Verdict:
    """What the kit says of one plugin: the breaches by check, checks that were left out, and exceptions of the kit itself."""

    breaches: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    crashes: dict[str, str] = field(default_factory=dict)


def faults() -> list[Fault]:
    """All faults, in the order of their files. The number is the file's name and the place in it."""
    read = []
    for path in sorted((HERE / "faults").glob("*.toml")):
        for number, entry in enumerate(tomllib.loads(path.read_text())["fault"], start=1):
            default = entry.get("file", "job.py")
            pairs = [*entry.get("edits", []), *entry.get("also", [])]
            if "old" in entry:
                pairs.insert(0, [entry["old"], entry["new"]])
            edits = tuple((*map(_lines, pair),) if len(pair) == 3 else (default, *map(_lines, pair)) for pair in pairs)
            name = f"{path.stem}{number:03}"
            read.append(Fault(name, entry["family"], entry["says"], entry["base"], edits, _lines(entry.get("top", ""))))
    return read


def judged(module: str, site: Path, said: dict[str, Any], *, to_the_end: bool, only: Sequence[str] = ()) -> Verdict:
    """Load the plugin of this module below `site` and run the checks of the kit. `said` is its kit.toml."""
    sys.path.insert(0, str(site))
    invalidate_caches()
    job_types = said.get("job_type", [said])
    plugin = FrozenPlugin(job_types[0]["name"], module, f"seeded-{module}", "1.0.0")
    registry = discover(frozen=[plugin])
    if registry.broken:
        return Verdict({"loading": "; ".join(str(entry) for entry in registry.broken)})
    verdict = Verdict()
    for entry in job_types:
        subject = Subject(
            registry.job_types[entry["name"]].job_type,
            entry["deployment"],
            entry["settings"],
            task_results=entry.get("task_results", {}),
            plugin=plugin,
        )
        run_checks(subject, verdict, to_the_end=to_the_end, only=only)
    return verdict


def run_checks(subject: Subject, verdict: Verdict, *, to_the_end: bool, only: Sequence[str] = ()) -> None:
    """Every check of the kit on one subject, or those until the first breach, the slow ones last. The verdict grows."""
    for check in sorted(CHECKS, key=lambda check: check.name in SLOW):
        if verdict.breaches and not to_the_end:
            break
        if only and check.name not in only:
            continue
        try:
            check(subject)
        except ContractBroken as fault:
            verdict.breaches[check.name] = str(fault)
        except NotChecked as reason:
            verdict.left_out[check.name] = str(reason)
        except Exception as error:  # noqa: BLE001 - the kit itself must never raise anything else
            verdict.crashes[check.name] = f"{type(error).__name__}: {error}"


def judged_fault(fault: Fault, site: Path, *, to_the_end: bool = False, only: Sequence[str] = ()) -> Verdict:
    """The verdict on a faulty plugin, written below `site`."""
    module = fault.written(site)
    return judged(module, site, tomllib.loads((site / module / "kit.toml").read_text()), to_the_end=to_the_end, only=only)


def judged_right(base: str, *, only: Sequence[str] = ()) -> Verdict:
    """The verdict on a right plugin."""
    return judged(base, RIGHT, tomllib.loads((RIGHT / base / "kit.toml").read_text()), to_the_end=True, only=only)


def right_plugins() -> list[str]:
    """The names of the right plugins."""
    return sorted(path.name for path in RIGHT.iterdir() if (path / "kit.toml").is_file())
