"""The checks of the plugin contract, by theme, and CHECKS: all of them, in the order in which one reads a job type.

A check is declared once, by the decorator `check`. JobTypeContract, `extract plugins check` and the table in
docs/plugins/contract-kit.md follow from CHECKS.
"""

from __future__ import annotations

from typing import Final

from extract_testing.check import Check
from extract_testing.checks import (
    answers,
    arguments,
    branch,
    classes,
    description,
    escalation,
    functions,
    http,
    identity,
    imports,
    json_values,
    language,
    local,
    loops,
    machine,
    names,
    permissions,
    polling,
    questions,
    retries,
    roles,
    scope,
    secrets,
    settings,
    status,
    timeouts,
    unread,
    values,
    waiting,
    words,
)

_MODULES: Final = (
    *(identity, imports, settings, json_values, escalation, functions),
    *(branch, language, waiting, loops, polling),
    *(arguments, answers, unread, values, timeouts, names, secrets),
    *(permissions, scope, roles, http, questions),
    *(retries, status, words, classes, description, local, machine),
)

CHECKS: Final[tuple[Check, ...]] = tuple(
    value
    for module in _MODULES
    for value in vars(module).values()
    if isinstance(value, Check) and value.breaches.__module__ == module.__name__
)
"""Call a check with a Subject: it returns None if the contract is kept, else it raises ContractBroken or NotChecked."""

__all__ = ["CHECKS"]
