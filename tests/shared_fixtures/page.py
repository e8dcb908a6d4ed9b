"""An HTML page as its tags and words."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "input", "link", "br", "img"}
OPTIONAL_END = {"tr", "td", "option", "li", "p"}


class Page(HTMLParser):
    """The tags with their attributes, and the text outside of style and script. `faults`: tags not closed in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.words, self.faults, self._open = [], [], [], []
        self.feed(text)
        self.close()
        self.faults += [tag for tag in self._open if tag not in OPTIONAL_END]

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self._open and self._open[-1] != tag and self._open[-1] in OPTIONAL_END:
            self._open.pop()
        if not self._open or self._open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        if not self._open or self._open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]
