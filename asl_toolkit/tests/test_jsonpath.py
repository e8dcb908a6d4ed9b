"""JSONPath in Jayway's dialect, reference paths, intrinsic functions."""

import pytest

from asl_toolkit.environment import Environment, Scope
from asl_toolkit.errors import SyntaxFault
from asl_toolkit.expressions import parse_expression
from asl_toolkit.jsonpath import PathNotFound, parse_path, parse_reference

STORE = {
    "books": [
        {"title": "A", "price": 8, "tags": ["x", "y"]},
        {"title": "B", "price": 12.5},
        {"title": "C", "price": 22, "isbn": None},
    ],
    "a b": {"it's": 1},
    "n": None,
}


@pytest.mark.parametrize("name", ["@type", "b:c", "a#b", "a/b", "a%b", "a,b", "a=b", "a!b", "a|b", "a$b", "a?b", "a*b", "a]b"])
def test_a_name_may_hold_special_characters(name):
    """Jayway, PathCompiler.readPropertyOrFunctionToken: a name ends at `.`, `[`, `(` or a blank."""
    assert parse_expression(f"$.{name}").path.find({name: 1}) == 1
    assert parse_expression(f"$$.x.{name}.y").path.find({"x": {name: {"y": 2}}}) == 2
    assert parse_reference(f"$.{name}").place({}, 3) == {name: 3}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", STORE),
        ("$.n", None),
        ("$.books[0].title", "A"),
        ("$.books[-1].title", "C"),
        ("$['a b']['it\\'s']", 1),
        ("$.books[*].title", ["A", "B", "C"]),
        ("$..title", ["A", "B", "C"]),
        ("$.books[0,2].title", ["A", "C"]),
        ("$.books[0:2].title", ["A", "B"]),
        ("$.books[-2:].title", ["B", "C"]),
        ("$.books[:1].title", ["A"]),
        ("$.books[0]['title','price']", {"title": "A", "price": 8}),
        ("$.books[?(@.price > 10)].title", ["B", "C"]),
        ("$.books[?(@.price > 10 && @.title != 'C')].title", ["B"]),
        ("$.books[?(@.title==B)].price", [12.5]),
        ("$.books[?(@.title in [A, C])].price", [8, 22]),
        ("$.books[?(@.tags contains x)].price", [8]),
        ("$.books[?(@.title==trueish)].price", []),
        ("$.books[0].title ", "A"),
        ("$.books[*].title\n", ["A", "B", "C"]),
        ("$.books[?(@.isbn)].title", ["C"]),
        ("$.books[?(!@.isbn)].title", ["A", "B", "C"]),
        ("$.books[?(!(@.isbn))].title", ["A", "B"]),
        ("$.books[?( ! @.price && @.title)].title", []),
        ("$.books[?(@.tags anyof ['y', 'z'])].title", ["A"]),
        ("$.books[?(@.tags subsetof ['x', 'y', 'z'])].title", ["A"]),
        ("$.books[?(@.tags noneof ['q'])].title", ["A"]),
        ("$.books[?(@.title anyof ['A'])].title", []),
        ("$.books[*].title.first()", "A"),
        ("$.books[*].title.last()", "C"),
        ("$.books[*].title.index(1)", "B"),
        ("$.books[*].title.index( -1 )", "C"),
        ("$.books[*].title.concat('-', \"!\")", "ABC-!"),
        ("$.books[0].title.concat()", "A"),
        ("$.books[?(@.price == '8')].title", ["A"]),
        ("$.books[?(@.title in ['A', 'C'])].price", [8, 22]),
        ("$.books[?(@.tags contains 'y')].title", ["A"]),
        ("$.nobody[*].x", []),
        ("$.nobody.more[1:5]", []),
        ("$.books.length()", 3),
        ("$.books[*].price.max()", 22),
        ("$.['books'].[0].['title']", "A"),
        ("$.books.[*].['title','price']", [{"title": t, "price": p} for t, p in (("A", 8), ("B", 12.5), ("C", 22))]),
        ("$.books.[?(@.price > 10)].title", ["B", "C"]),
        ("$.books[0:3:2].title", ["A", "B", "C"]),
        ("$.books[1::2].title", ["B", "C"]),
        ("$.books[?(@.title =~ /[ab]/i)].title", ["A", "B"]),
        ("$.books[?(@.title =~ /a/)].title", []),
        ("$.books[?(/A|B/ =~ @.title)].title", ["A", "B"]),
        ("$.books[?(@.price =~ /\\d/)].title", ["A"]),
        ("$.books[?(@.tags =~ /y/)].title", ["A"]),
        ("$.books[?(@.isbn =~ /.*/ && @.title =~ /a\\/b|C/)].title", ["C"]),
    ],
)
def test_a_path_finds(path, expected):
    assert parse_path(path).find(STORE) == expected


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("$.x", "No results for path: $['x']"),
        ("$.x.y", "Missing property in path $['x']"),
        ("$.books[9]", "No results for path: $['books'][9]"),
        ("$.books[*].isbn.x.first()", "Aggregation function attempted to calculate value using empty array"),
        ("$.books[*].title.index(3)", "Aggregation function attempted to calculate value using empty array"),
        ("$.books[9].title", "No results for path: $['books'][9]['title']"),
    ],
)
def test_a_missing_value_has_the_message_of_jayway(path, message):
    with pytest.raises(PathNotFound) as caught:
        parse_path(path).find(STORE)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "path",
    ["", "a", "$.", "$[", "$['a", "$.a[?(@.b =~ x)]", "$.a[?(@.b =~ /(/)]", "$.a[?(@.b =~ /x/q)]", "$.a[?(/x/ == @.b)]",
     "$.a[?(@.b", "$.a b", "$.a[:]", "$.a[::2]", "$.a..", "$.a.index()", "$.a.index('1')", "$.a.index(1", "$.a.concat($.b)",
     "$.a.first(1)", "$.a.concat('x' 'y')"],
)  # fmt: skip
def test_a_faulty_path_is_refused(path):
    with pytest.raises(SyntaxFault):
        parse_path(path)


def test_nested_filters_are_bounded():
    with pytest.raises(SyntaxFault, match="nested deeper than 40"):
        parse_path("$.a[?(" + "(" * 500 + "@.b" + ")" * 500 + ")]")


def test_a_reference_path_places_without_changing_the_original():
    root = {"a": {"b": 1}, "l": [1, 2]}
    assert parse_reference("$.a.c.d").place(root, 9) == {"a": {"b": 1, "c": {"d": 9}}, "l": [1, 2]}
    assert parse_reference("$.l[1]").place(root, 9) == {"a": {"b": 1}, "l": [1, 9]}
    assert parse_reference("$").place(root, 9) == 9
    assert root == {"a": {"b": 1}, "l": [1, 2]}


def evaluate(text, data=None, **variables):
    return parse_expression(text).evaluate(Environment(data, {"Execution": {"Name": "e"}}, Scope(own=variables)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("States.Format('{} is {}', $.name, $$.Execution.Name)", "n is e"),
        (r"States.Format('\{{}\} it\'s', $.name)", "{n} it's"),
        ("States.Format('{}', $.map)", "{a=1, b=[x, null, true]}"),
        ("States.Array(1, 'two', null, true, States.Array())", [1, "two", None, True, []]),
        ("States.ArrayPartition($.list, 2)", [[1, 2], [2]]),
        ("States.ArrayContains($.list, 2)", True),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(5, 1, -2)", [5, 3, 1]),
        ("States.ArrayGetItem($.list, 1)", 2),
        ("States.ArrayLength($.list)", 3),
        ("States.ArrayUnique($.list)", [1, 2]),
        ("States.Base64Decode(States.Base64Encode('é'))", "é"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.JsonMerge($.map, $.other, false)", {"a": 2, "b": ["x", None, True]}),
        ("States.StringToJson('{\"a\": [1]}')", {"a": [1]}),
        ("States.StringToJson(' ')", None),
        ("States.JsonToString($.map)", '{"a":1,"b":["x",null,true]}'),
        ("States.MathAdd(-1.5, 2.4)", 1),
        ("States.StringSplit('1.2+3', '.+')", ["1", "2", "3"]),
        ("$counter.inner[0]", 7),
    ],
)
def test_an_expression_gives(text, expected):
    data = {"name": "n", "list": [1, 2, 2], "map": {"a": 1, "b": ["x", None, True]}, "other": {"a": 2}}
    assert evaluate(text, data, counter={"inner": [7]}) == expected


def test_random_and_uuid():
    assert 1 <= evaluate("States.MathRandom(1, 10)") < 10
    assert len(evaluate("States.UUID()")) == 36


@pytest.mark.parametrize("word", ["done", "2026-01-31", "12:30:00", "10.0.0.1", "1a", "-", "a.b-c", "x/y", "_", "arn:aws:s3:::b"])
def test_an_unquoted_word_in_a_filter_is_a_text(word):
    path = parse_path(f"$[?(@.v == {word} && @.n in [{word}, 1])].n")
    assert path.find([{"v": word, "n": 1}, {"v": word, "n": 2}, {"v": "other", "n": 1}]) == [1]


@pytest.mark.parametrize(("word", "value"), [("1.5e3", 1500), ("-1", -1), ("true", True), ("null", None), ("007", 7)])
def test_an_unquoted_constant_in_a_filter_is_its_value(word, value):
    assert parse_path(f"$[?(@.v == {word})].v").find([{"v": value}, {"v": "x"}]) == [value]
