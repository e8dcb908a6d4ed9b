"""Names and phrases that the project does not use."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NO_NAMES = {"asked", "each", "found", "given", "kept", "told"}
"""Words that say how a value came here and not what it is."""
CANDIDATE = re.compile(rf"\b_*(?:{'|'.join(NO_NAMES)})_*[ \t]*(?:[^\w\s.'\"]|in\b|$)", re.IGNORECASE | re.MULTILINE)
"""Text that may define such a name. Only files that match are parsed: parsing all takes seconds."""


def files_of(*suffixes: str) -> list[Path]:
    """The files of the repository with these endings, without those in hidden folders."""
    return sorted(
        path
        for folder in ROOT.iterdir()
        if not folder.name.startswith(".")
        for path in ([folder] if folder.is_file() else folder.rglob("*"))
        if path.suffix in suffixes and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    )


def names_of(tree: ast.AST) -> list[tuple[str, int]]:
    """The names that a module defines, with their lines: variables, parameters, attributes, functions and classes."""
    names = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.append((name, node.lineno))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.append((name, node.lineno))
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.append((name, node.lineno))
            case ast.MatchMapping(rest=str(name)):
                names.append((name, node.lineno))
            case ast.alias(asname=str(name)):
                names.append((name, node.lineno))
    return names


def names_that_say_nothing(text: str) -> list[tuple[str, int]]:
    if not CANDIDATE.search(text):
        return []
    return [(name, line) for name, line in names_of(ast.parse(text)) if name.strip("_").lower() in NO_NAMES]


def test_a_name_says_what_it_holds():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in files_of(".py")
        for name, line in names_that_say_nothing(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "name these by what they hold:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "found = 1", "found: int = 1", "a, (found, b) = c", "[*found] = c", "(found := 1)", "found += 1", "self.found = 1",
        "def f(found): pass", "def f(*found): pass", "def f(*, found=1): pass", "lambda **found: 1", "async def found(): pass",
        "for found in a: pass", "with a as found: pass", "[found for found in a]", "{1: found for found in a}",
        "class A:\n    _found: int", "import a as found", "class Found: pass",
        "try: pass\nexcept A as found: pass",
        "match a:\n    case [*found]: pass", "match a:\n    case {**found}: pass", "match a:\n    case A(b=found): pass",
    ],
)  # fmt: skip
def test_each_way_to_name_a_thing_is_seen(text):
    assert names_that_say_nothing(text), text


@pytest.mark.parametrize(
    "text", ["from hypothesis import given", "@given(a)\ndef f(): pass", "f(found=1)", "a.found", "a['kept']"]
)
def test_names_of_others_are_theirs(text):
    assert names_that_say_nothing(text) == []


PHRASES = {
    r"\b(?:is|are|was|were) no (?!longer|more|less|fewer)[a-z]{2}": 'write "is not a …"',
    r"\bof (?:its|their|your|our|one's|his|her) own(?= (?:and|at|for|if|in|next|on|or|that|which|with)\b|[^\w ]| ?$)": (
        'write "its own …", or "separate"'
    ),
    r"\bnobody\b": "name who does not do it, or write what does not happen",
    r"\bnothing but\b": 'write "only"',
    r"\bto be had\b": 'write "cannot read …", or "is missing"',
    r"\b(?:mend|mends|mended|set right|sets right)\b": 'write "fix", "repair" or "clean up"',
    r"\bas (?:it|they) stands?\b|\bno longer stands\b": 'write "unchanged", or "no longer valid"',
    r"\bwhat it came to\b": 'write "result"',
    r'^ *"""Of [a-z]': "begin with the noun: the key of, the most bytes of",
}
"""Phrases that readers stumble over, and what to write instead. "There is no …" is fine."""
OF_A_PLACE = re.compile(r"\b(?:there|here) (?:is|are|was|were) no\b", re.IGNORECASE)


def phrases_of(line: str) -> list[str]:
    """What to do about the phrases in a line of prose."""
    plain = OF_A_PLACE.sub("", line)
    return [remedy for pattern, remedy in PHRASES.items() if re.search(pattern, plain, re.IGNORECASE)]


def test_prose_is_read_once():
    prose = [
        path for path in files_of(".md", ".py", ".toml", ".template", ".jinja") if "tests" not in path.relative_to(ROOT).parts
    ]
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}: {remedy}"
        for path in prose
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for remedy in phrases_of(line)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "line",
    [
        "'x' is no URI", "Those are no ends.", "an environment of its own", "a job of its own, with files",
        "jobs of their own in S3",
        "what nobody reads", "nothing but JSON", "the reason is not to be had", "fewer would mend it", "Set right what died",
        "what it came to is not known", "run as they stand", '"""Of the record of a run."""',
    ],
)  # fmt: skip
def test_a_phrase_to_rewrite_is_seen(line):
    assert phrases_of(line), line


@pytest.mark.parametrize(
    "line",
    [
        "There is no job.",
        "here are no files",
        "it is no longer there",
        "the states of its own machine",
        "recommended",
        "is not a URI",
    ],
)
def test_plain_english_passes(line):
    assert phrases_of(line) == []
