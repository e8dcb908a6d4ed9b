"""Every seeded fault is reported: its code at its place, once, with only the findings that the fault itself causes."""

import json

import pytest
from check_faults import good_machines, seeded_faults

from asl_toolkit import DefinitionError, load
from asl_toolkit.check import CODES, Severity, check

FAULTS = tuple(seeded_faults())


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_seeded_fault_is_found_once_and_alone(fault):
    findings = [(finding.code, finding.pointer) for finding in check(fault.text, **fault.options)]
    assert findings.count((fault.code, fault.pointer)) == 1, findings
    others = {code for code, pointer in findings if (code, pointer) != (fault.code, fault.pointer)}
    assert others <= fault.also


@pytest.mark.parametrize(("name", "text"), tuple(good_machines()))
def test_a_good_machine_has_no_finding(name, text):
    assert check(text) == []
    assert check(json.loads(text)) == []


def test_every_code_has_a_seeded_fault_or_another_test():
    seeded = {fault.code for fault in FAULTS}
    of_aws = {"AWS_ERROR", "AWS_WARNING", "AWS_TRUNCATED"}  # test_aws.py
    of_check = {"TOO_LARGE", "LARGE_PAYLOAD", "TOO_DEEP", "PLACEHOLDERS", "MODELS_MISSING", "PATH_UNSURE", "DUPLICATE_LABEL"}
    of_run = {"NO_HANDLER", "NOT_RUN_HERE"}  # test_execution.py, test_distributed.py
    elsewhere = of_aws | of_check | of_run  # test_check.py
    elsewhere |= {"JSONATA_REFERENCE", "NOT_READABLE"}  # test_jsonata_references.py, test_inputs.py
    assert seeded | elsewhere == set(CODES)
    assert not seeded & elsewhere


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_loading_refuses_in_the_words_of_the_check(fault):
    """A loaded definition has no error except those of service parameters; a refused one has the same code, place and message."""
    errors = [finding for finding in check(fault.text) if finding.severity is Severity.ERROR]
    expected = {(it.code, it.pointer, it.message, it.line) for it in errors if not it.code.startswith("PARAMETER_")}
    refused = set()
    try:
        load(fault.text)
    except DefinitionError as error:
        refused = {(it.code, it.pointer, it.message, it.line) for it in error.findings}
    assert refused == expected


def test_there_are_more_than_eighty_faults():
    assert len(FAULTS) > 80
