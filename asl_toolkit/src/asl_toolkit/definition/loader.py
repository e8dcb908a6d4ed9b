"""From an ASL document to a loaded machine: the checker reads and checks the document, then the machine is built."""

from collections.abc import Mapping

from asl_toolkit.definition.model import Machine
from asl_toolkit.definition.reader import Reader
from asl_toolkit.definition.states import read_branch
from asl_toolkit.errors import DefinitionError, SyntaxFault
from asl_toolkit.finding import Finding, Severity
from asl_toolkit.json_value import Json


def load_machine(definition: Mapping[str, Json] | str | bytes) -> Machine:
    """The machine of a document. Raises DefinitionError with every reason why AWS or this interpreter refuses it."""
    from asl_toolkit.check.checker import refusals
    from asl_toolkit.check.codes import CODES

    value, findings = refusals(definition)
    if findings:
        raise DefinitionError(findings)
    reader = Reader(value, "", "JSONata" if value.get("QueryLanguage") == "JSONata" else "JSONPath")
    try:
        return Machine(read_branch(reader), value.get("TimeoutSeconds"))
    except (SyntaxFault, RecursionError) as fault:  # what the checker accepts, but the interpreter cannot read
        text = "it is nested too deeply" if isinstance(fault, RecursionError) else str(fault)
        pointer = getattr(fault, "pointer", "")
        code = CODES["NOT_RUN_HERE"]
        raise DefinitionError([Finding("NOT_RUN_HERE", Severity.ERROR, pointer, text, code.remedy)]) from fault
