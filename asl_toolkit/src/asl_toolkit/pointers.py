"""JSON pointers (RFC 6901)."""


def below(pointer: str, *steps: str | int) -> str:
    """A pointer, some steps further down."""
    return pointer + "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def steps_of(pointer: str) -> list[str]:
    """The steps of a pointer: members' names, and positions in arrays."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
