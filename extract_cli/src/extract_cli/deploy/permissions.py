"""`extract deploy permissions`: what each role of the pipeline may do, as policies, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo, output_option, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from asl_generator.permissions import Granted
    from extract_core.contract import Json


@click.command(epilog=examples("extract deploy permissions", "extract deploy permissions --role run-summary --explain"))
@click.option("--role", metavar="ROLE", help="Only this role: state-machine, the name of a function, scheduler or operator.")
@click.option("--explain", is_flag=True, help="Say for each action which state or function needs it, and why.")
@output_option
@pipeline_option
def permissions(role: str | None, explain: bool, output: str, pipeline: Path | None) -> None:
    """Print the IAM policy of each role of the pipeline. It does not call AWS.

    `operator` is the policy for people and programs that run the command extract. The template does not make this role.
    """
    from asl_generator.build import build_pipeline
    from asl_generator.permissions.roles import every_role
    from extract_core.pipeline.model import NO_ACCOUNT
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    read = read_pipeline(pipeline)
    if read.account == NO_ACCOUNT:
        note = f'note: extract.toml names no account, so the ARNs have {NO_ACCOUNT}: write account = "123456789012" in [pipeline]'
        echo(note, err=True)
    chosen = _chosen(every_role(read, build_pipeline(read, discover(strict=True))), role)
    if output == "json":
        print_json({name: _explained(grants) if explain else _document(grants) for name, grants in chosen.items()})
        return
    for number, (name, grants) in enumerate(chosen.items()):
        echo("" if number == 0 else "\n", nl=False)
        echo(f"{read.name}, role {name}:" if explain else f"# {read.name}, role {name}")
        echo(_text(grants) if explain else _json_text(grants))


def _chosen(roles: Mapping[str, Sequence[Granted]], role: str | None) -> Mapping[str, Sequence[Granted]]:
    from extract_core.errors import UsageError
    from extract_core.wording import did_you_mean

    if role is None:
        return roles
    if role not in roles:
        hint = did_you_mean(role, roles) or f"; there are: {', '.join(roles)}"
        raise UsageError(f"there is no role {role!r}{hint}")
    return {role: roles[role]}


def _document(grants: Sequence[Granted]) -> Json:
    from asl_generator.permissions import policy_document

    return policy_document(grants)


def _json_text(grants: Sequence[Granted]) -> str:
    import json

    return json.dumps(_document(grants), indent=2, ensure_ascii=False)


def _explained(grants: Sequence[Granted]) -> Json:
    return [
        {
            "actions": list(grant.actions),
            "resources": list(grant.resources),
            **({"condition": dict(grant.condition)} if grant.condition else {}),
            "needed_by": grant.needed_by,
            "reason": grant.reason,
        }
        for grant in grants
    ]


def _text(grants: Sequence[Granted]) -> str:
    """A paragraph per grant: the reason, then a line per action and per resource."""
    return "\n".join(line for grant in grants for line in _lines(grant))


def _lines(grant: Granted) -> Iterator[str]:
    yield f"  {grant.needed_by}: {grant.reason}"
    yield f"    {', '.join(grant.actions)}"
    yield from (f"      on {resource}" for resource in grant.resources)
    for operator, tests in (grant.condition or {}).items():
        for key, value in tests.items():
            wanted = " or ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            yield f"      if {key} {operator} {wanted}"
