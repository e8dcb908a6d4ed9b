"""YAML as this reader takes it: look-alikes stay text, merges and anchors work, bombs are bounded, places are exact."""

from __future__ import annotations

import gc

import pytest
import yaml

from extract_core.config.yaml_text import MAX_BYTES, parse, parse_spots
from extract_core.errors import ConfigError


def value_of(text: str):
    return parse(f"key: {text}\n".encode(), file="x.yml")["key"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("no", "no"), ("Yes", "Yes"), ("y", "y"),
        ("012", "012"), ("0o17", "0o17"), ("0x1F", "0x1F"), ("1_000", "1_000"), ("12:30:45", "12:30:45"), ("+1", "+1"),
        ("2024-05-31", "2024-05-31"), ("2024-05-31 10:00:00", "2024-05-31 10:00:00"), ("-0", "-0"),
        ("1.50", "1.50"), ("1e3", "1e3"), (".5", ".5"), (".inf", ".inf"), (".nan", ".nan"), ("=", "="),
        ("9999999999999999999999", "9999999999999999999999"),
        ("0", 0), ("12", 12), ("-7", -7), ("1.5", 1.5), ("-0.25", -0.25),
        ("true", True), ("True", True), ("FALSE", False), ("null", None), ("~", None), ("", None),
        ('"12"', "12"), ("'true'", "true"), ('""', ""), ("!!str 12", "12"), ("!!int 12", 12), ("! 12", "12"), ("!!float 3", 3.0),
        ("|\n  two\n  lines", "two\nlines\n"), ("[a, 1, {b: c}]", ["a", 1, {"b": "c"}]), ("nothing", "nothing"),
        ("\n- 1\n-", [1, None]),
    ],
)  # fmt: skip
def test_a_value_means_what_it_looks_like(text, value):
    parsed = value_of(text)
    assert (parsed, type(parsed)) == (value, type(value))


def test_keys_are_text_as_they_are_written():
    text = b"on: 1\n1: 2\nnull: 3\n2024-05-31: 4\n0x1: 5\n? plain\n: 6\n"
    assert parse(text, file="x.yml") == {"on": 1, "1": 2, "null": 3, "2024-05-31": 4, "0x1": 5, "plain": 6}


def test_a_merge_key_fills_in_what_the_mapping_does_not_say():
    text = b"""
a: &a {x: 1, y: 1}
b: &b {y: 2, z: 2}
one: {x: 0, <<: *a}
many: {<<: [*a, *b], z: 0}
nested: {<<: *a, deep: {<<: *b}}
quoted: {"<<": text}
"""
    parsed = parse(text, file="x.yml")
    assert parsed["one"] == {"x": 0, "y": 1}
    assert parsed["many"] == {"x": 1, "y": 1, "z": 0}
    assert parsed["nested"] == {"x": 1, "y": 1, "deep": {"y": 2, "z": 2}}
    assert parsed["quoted"] == {"<<": "text"}
    assert list(parsed["many"]) == ["y", "z", "x"]  # merged before own, the last source first: the order has no meaning


def test_an_anchor_may_be_given_anew():
    assert parse(b"a: &x 1\nb: *x\nc: &x 2\nd: *x\n", file="x.yml") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_a_byte_order_mark_and_windows_lines_are_fine():
    assert parse(b"\xef\xbb\xbfa: 1\r\nb: two\r\n", file="x.yml") == {"a": 1, "b": "two"}


def test_places_count_characters_and_follow_aliases():
    text = "größe: {ä: 1}\nlist:\n  - &x {deep: 2}\nagain: *x\nmerged: {<<: *x, own: 3}\n".encode()
    spots = parse_spots(text, file="x.yml")
    assert spots.place(("größe", "ä")) == (1, 12)
    assert spots.place(("größe", "ä"), of_key=True) == (1, 9)
    assert spots.place(("list", 0, "deep")) == (3, 15)
    assert spots.place(("again",), of_key=True) == (4, 1)
    assert spots.place(("again", "deep"), of_key=True) == (3, 9)
    assert spots.place(("merged", "deep")) == (3, 15)
    assert spots.place(("merged", "own")) == (5, 23)
    assert spots.place(("merged", "absent", "deeper")) == (5, 9)


def test_the_collector_is_as_it_was_before():
    for switch in (gc.enable, gc.disable):
        switch()
        try:
            before = gc.isenabled()
            parse(b"a: 1", file="x.yml")
            with pytest.raises(ConfigError):
                parse(b"a: {", file="x.yml")
            assert gc.isenabled() == before
        finally:
            gc.enable()


def test_merge_keys_that_copy_too_much_are_refused():
    keys = ", ".join(f"k{number}: 1" for number in range(2_000))
    text = "a: &a {" + keys + "}\n" + "".join(f"t{number}: {{<<: *a}}\n" for number in range(1_001))
    with pytest.raises(ConfigError) as error:
        parse(text.encode(), file="x.yml")
    assert str(error.value) == "x.yml:1002:13: merge keys copy more than 2,000,000 values; make the merged mappings smaller"


def test_aliases_that_nest_too_deep_are_refused():
    text = "a0: &a0 [1]\n" + "".join(f"a{number}: &a{number} [*a{number - 1}]\n" for number in range(1, 60))
    with pytest.raises(ConfigError) as error:
        parse(text.encode(), file="x.yml")
    assert str(error.value) == "x.yml:1:1: aliases nest more than 40 levels into one another; no config needs that many"


def test_a_file_over_the_limit_is_refused():
    with pytest.raises(ConfigError) as error:
        parse(b" " * (MAX_BYTES + 1), file="x.yml")
    assert str(error.value) == "x.yml: has 67,108,865 bytes, over the limit of 67,108,864; split the source"


def test_a_deep_file_is_refused_without_recursion():
    with pytest.raises(ConfigError) as error:
        parse(b"a: " + b"[" * 100_000, file="x.yml")
    assert str(error.value) == "x.yml:1:43: more than 40 levels are nested here; no config needs that many"


def test_without_libyaml_the_values_and_places_are_the_same(monkeypatch):
    text = "a: &x {b: [1, 'two', ~], <<: {c: no}}\nd: *x\ne: |\n  größe\n".encode()
    values, spots = parse(text, file="x.yml"), parse_spots(text, file="x.yml")
    monkeypatch.setattr("extract_core.config.yaml_build._Loader", yaml.SafeLoader)
    assert (parse(text, file="x.yml"), parse_spots(text, file="x.yml")) == (values, spots)
    with pytest.raises(ConfigError) as error:
        parse(b"a: \x07", file="x.yml")
    assert str(error.value) == "x.yml:1:4: the character U+0007 is not allowed in YAML; remove it"
