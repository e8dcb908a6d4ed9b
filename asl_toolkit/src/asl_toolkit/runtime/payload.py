"""A JSON value that passes from state to state, with its text: written once, measured once, and shared by the events."""

from asl_toolkit.json_value import Json, dumps

MOST_BYTES = 262_144  # 256 KiB of UTF-8: the limit for a state's, task's or execution's input and output
_MOST_BYTES_A_CHARACTER = 4
_SURELY_FITS = MOST_BYTES // _MOST_BYTES_A_CHARACTER


class Payload:
    """An immutable value."""

    __slots__ = ("_text", "value")

    def __init__(self, value: Json, text: str | None = None) -> None:
        self.value = value
        self._text = text

    @property
    def text(self) -> str:
        """The compact JSON text."""
        if self._text is None:
            self._text = dumps(self.value)
        return self._text

    @property
    def too_large(self) -> bool:
        """Whether the text is over 256 KiB."""
        text = self.text
        return len(text) > _SURELY_FITS and exceeds(text)


def exceeds(text: str, most: int = MOST_BYTES) -> bool:
    """Whether a text is longer than `most` bytes of UTF-8."""
    if len(text) * _MOST_BYTES_A_CHARACTER <= most:
        return False
    return len(text) > most or len(text.encode(errors="surrogatepass")) > most
