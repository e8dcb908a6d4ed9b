"""Our checker of Amazon States Language beside statelint, cfn-lint and npm asl-validator, on the same definitions.

Good definitions are those that AWS ran (EXTRACT_SHARED, if it exists) and the good machines of asl_toolkit's tests. Faulty
ones are its seeded faults with an ERROR code. Each tool is installed into a temporary folder (pip and npm from their
registries) and checks all definitions in one process. "missed" is a faulty definition without a finding, "alarm" a good one
with an error. Warnings are not counted for any tool. A tool that cannot be installed is named and left out. Goal: fewer
missed than every other tool, and no alarm on definitions that AWS ran.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("EXTRACT_SHARED", ROOT.parent / "shared"))
TESTS = ROOT / "asl_toolkit" / "tests" / "check"
SERVICES = "Services"

OURS = """
from asl_toolkit.check import check
def judge(text):
    return [f"{finding.code} {finding.pointer}" for finding in check(text) if finding.severity == "ERROR"]
"""
STATELINT = """
from statelint.linter import Linter
def judge(text):
    return Linter.validate(text)
"""
CFN_LINT = """
import cfnlint.api, cfnlint.config
def judge(text):
    try:
        definition = json.loads(text)
    except ValueError as error:
        return [str(error)]
    properties = {"RoleArn": "arn:aws:iam::111111111111:role/machine", "Definition": definition}
    template = {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
    matches = cfnlint.api.lint(json.dumps(template), config=cfnlint.config.ManualArgs(regions=["us-east-1"]))
    return [f"{match.rule.id} {match.message}" for match in matches if match.rule.id.startswith("E")]
"""
IN_PYTHON = """
import json, sys, time
{judge}
texts = json.load(sys.stdin)
judge(texts[0])
found = []
for text in texts:
    started = time.perf_counter()
    try:
        said = [str(one) for one in judge(text)]
    except Exception as error:
        said = ["the tool failed: " + repr(error)]
    found.append([said, time.perf_counter() - started])
json.dump(found, sys.stdout)
"""
IN_NODE = """
const judge = require("asl-validator");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const said = (text) => {
  try { return judge(JSON.parse(text)).errors.map((e) => String(e["Error code"]) + " " + String(e.Message)); }
  catch (error) { return ["the tool failed: " + error]; }
};
said(texts[0]);
const found = texts.map((text) => {
  const started = process.hrtime.bigint();
  const errors = said(text);
  return [errors, Number(process.hrtime.bigint() - started) / 1e9];
});
process.stdout.write(JSON.stringify(found));
"""


def faults_module() -> ModuleType:
    """`asl_toolkit/tests/check/faults.py`, which is not on the import path."""
    spec = importlib.util.spec_from_file_location("check_faults", TESTS / "faults.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_faults"] = module
    spec.loader.exec_module(module)
    return module


def recorded() -> list[str]:
    """The definitions that AWS ran, once each."""
    path = SHARED / "conformance" / "asl" / "dev.jsonl"
    if not path.exists():
        print(f"left out: the definitions that AWS ran (no {path.name} under EXTRACT_SHARED)")
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(json.dumps(json.loads(line)["definition"]) for line in lines))


def run(command: list[str], texts: list[str], folder: Path | None = None) -> list[tuple[list[str], float]]:
    """The messages of a tool about each text, and its seconds."""
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}")
    return [(said, seconds) for said, seconds in json.loads(done.stdout)]


def cfn_lint(texts: list[str], folder: Path) -> list[tuple[list[str], float]]:
    """cfn-lint in a separate environment."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run(
        [python, "-m", "pip", "-q", "--disable-pip-version-check", "install", "cfn-lint"], check=True, capture_output=True
    )
    return run([python, "-c", IN_PYTHON.format(judge=CFN_LINT)], texts)


def asl_validator(texts: list[str], folder: Path) -> list[tuple[list[str], float]]:
    """asl-validator in a separate folder."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise RuntimeError("there is no node and npm here")
    (folder / "package.json").write_text("{}", encoding="utf-8")
    subprocess.run([npm, "install", "--no-audit", "--no-fund", "asl-validator"], check=True, capture_output=True, cwd=folder)
    return run([node, "-e", IN_NODE], texts, folder)


def main() -> int:
    """Print a line per tool. Exit code 1 if the goal is missed."""
    module = faults_module()
    from asl_toolkit.check import CODES

    ran = recorded()
    good = [*ran, *(text for _, text in module.good_machines())]
    faults = [fault for fault in module.seeded_faults() if CODES[fault.code].severity == "ERROR" and not fault.options]
    texts = [*good, *(fault.text for fault in faults)]
    of_services = sum(CODES[fault.code].group == SERVICES for fault in faults)
    print(f"{len(good)} good definitions ({len(ran)} ran on AWS), {len(faults)} faulty ones ({of_services} in calls of services)")
    python = sys.executable
    tools = {
        "asl_toolkit": lambda _: run([python, "-c", IN_PYTHON.format(judge=OURS)], texts),
        "statelint": lambda _: run([python, "-c", IN_PYTHON.format(judge=STATELINT)], texts),
        "asl-validator": lambda folder: asl_validator(texts, folder),
        "cfn-lint": lambda folder: cfn_lint(texts, folder),
    }
    print(f"{'tool':<15}{'alarms':>8}{'missed':>8}{'of them outside services':>26}{'ms each':>9}")
    missed: dict[str, int] = {}
    alarms = 0
    for name, judge in tools.items():
        with tempfile.TemporaryDirectory() as scratch:
            try:
                judged = judge(Path(scratch))
            except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
                print(f"{name:<15}not measured: {error}")
                continue
        wrong = [said for said, _ in judged[: len(good)] if said]
        silent = [fault for fault, (said, _) in zip(faults, judged[len(good) :], strict=True) if not said]
        outside = sum(CODES[fault.code].group != SERVICES for fault in silent)
        milliseconds = 1000 * sum(seconds for _, seconds in judged) / len(judged)
        print(f"{name:<15}{len(wrong):>8}{len(silent):>8}{outside:>26}{milliseconds:>9.1f}")
        if "-v" in sys.argv:
            print("   missed:", dict(Counter(fault.code for fault in silent)))
            print("   alarms:", dict(Counter(said[0][:100] for said in wrong).most_common(10)))
        missed[name] = len(silent)
        alarms = len(wrong) if name == "asl_toolkit" else alarms
    ours = missed.pop("asl_toolkit", None)
    reached = ours is not None and alarms == 0 and all(ours < other for other in missed.values())
    print(f"goal (no alarm, fewer missed than each): {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
