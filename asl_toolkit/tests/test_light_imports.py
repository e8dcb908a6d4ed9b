"""Light starts: checking and loading do not import the interpreter, and importing the package imports none of its modules."""

import subprocess
import sys

import pytest

MACHINE = "{'StartAt': 'A', 'States': {'A': {'Type': 'Pass', 'Parameters': {'a.$': '$.b'}, 'End': True}}}"


def imported(statement):
    """The modules of the toolkit and some heavy ones that a statement imports in a fresh interpreter."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_imports_none_of_its_modules():
    assert {name for name in imported("import asl_toolkit") if name.startswith("asl_toolkit")} == {"asl_toolkit"}


@pytest.mark.parametrize(
    "statement",
    ["from asl_toolkit.check import check", f"from asl_toolkit.check import check; check({MACHINE}, services=False)"],
)
def test_checking_imports_no_model_and_no_interpreter(statement):
    names = imported(statement)
    assert not [name for name in names if name.startswith(("asl_toolkit.runtime", "asl_toolkit.definition.model"))]
    assert not names & {"regex", "jsonata", "boto3", "statistics", "hashlib"}


def test_loading_imports_no_interpreter():
    names = imported(f"import asl_toolkit; asl_toolkit.load({MACHINE})")
    assert not [name for name in names if name.startswith(("asl_toolkit.runtime", "asl_toolkit.services.functions"))]
    assert not names & {"regex", "jsonata", "boto3", "botocore", "statistics", "hashlib"}


def test_every_public_name_is_there():
    import asl_toolkit

    assert all(getattr(asl_toolkit, name) is not None for name in asl_toolkit.__all__)
    assert set(asl_toolkit.__all__) <= set(dir(asl_toolkit))
    with pytest.raises(AttributeError, match=r"^module 'asl_toolkit' has no attribute 'nothing'$"):
        _ = asl_toolkit.nothing
