"""The picture of a machine: each state and transition has a place, none covers another."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract_cli.graph.layout import laid_out
from extract_cli.graph.picture import svg
from extract_core.runs.view.document import StateCount

LOOP = {
    "StartAt": "Choose",
    "States": {
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.kind", "StringEquals": "fast", "Next": "Work"}],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Choose"},
        "Work": {"Type": "Task", "Resource": "arn:x", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Bad"}], "Next": "All"},
        "All": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}},
            "End": True,
        },
        "Bad": {"Type": "Fail"},
    },
}


def overlap(first, second):
    wide = abs(first.center.x - second.center.x) < (first.width + second.width) / 2
    return wide and abs(first.center.y - second.center.y) < (first.height + second.height) / 2


def inside(box, group):
    return (
        abs(box.center.x - group.center.x) <= (group.width - box.width) / 2
        and abs(box.center.y - group.center.y) <= (group.height - box.height) / 2
    )


def check(layout):
    groups = [box for box in layout.boxes if box.is_group]
    for box in layout.boxes:
        assert box.center.x - box.width / 2 >= 0
        assert box.center.x + box.width / 2 <= layout.width + 1e-6
        assert box.center.y - box.height / 2 >= 0
        assert box.center.y + box.height / 2 <= layout.height + 1e-6
    for first, second in combinations(layout.boxes, 2):
        if overlap(first, second):
            assert any(group in (first, second) for group in groups)
            small, large = sorted((first, second), key=lambda box: box.width * box.height)
            assert inside(small, large)


def test_states_arrows_and_labels():
    layout = laid_out(LOOP)
    check(layout)
    assert [box.name for box in layout.boxes if box.kind != "start"] == ["Choose", "Wait", "Work", "All", "Inner", "Bad"]
    labels = [(arrow.label, arrow.is_caught) for arrow in layout.arrows if arrow.label]
    assert sorted(labels) == [("else", False), ("error", True), ("kind is fast", False)]
    assert [arrow.points[-1].y < arrow.points[0].y for arrow in layout.arrows if arrow.sideways] == [True]


def test_the_same_machine_gives_the_same_svg_and_it_is_xml():
    first, second = svg(LOOP, title="The machine"), svg(LOOP, title="The machine")
    assert first == second
    root = ET.fromstring(first)  # noqa: S314 - our own text
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Choose", "Wait", "Work", "All", "Inner", "Bad"} <= set(texts)
    assert "A graph of 6 states" in root.find("{http://www.w3.org/2000/svg}desc").text


def test_counts_and_failures_stand_on_the_states():
    counts = [StateCount(state="Choose", entered=1_900, failed=0), StateCount(state="Work", entered=9, failed=1)]
    text = svg(LOOP, title="x", counts=counts, alone=False)
    assert ">1,900<" in text
    assert '<g class="task failed">' in text
    assert ">9, 1 failed<" in text
    assert '<g class="wait unused">' in text
    assert "<style>" not in text


def test_hostile_names_are_text():
    machine = {"StartAt": "<b>&", "States": {"<b>&": {"Type": "Succeed"}}}
    root = ET.fromstring(svg(machine, title="</title><script>"))  # noqa: S314
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == ["<b>&"]


@pytest.mark.parametrize(
    "machine", [{}, {"StartAt": "A", "States": {}}, {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}]
)
def test_odd_machines_are_drawn(machine):
    assert svg(machine, title="x").startswith("<svg ")


@given(st.data())
def test_no_state_covers_another(data):
    names = [f"S{number}" for number in range(data.draw(st.integers(1, 9)))]
    following = st.sampled_from(names)
    states = {
        name: {
            "Type": "Task",
            "Next": data.draw(following),
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": data.draw(following)}],
        }
        for name in names
    }
    inner = {"Type": "Map", "ItemProcessor": {"StartAt": names[0], "States": states}, "Next": names[0] + " outside"}
    check(laid_out({"StartAt": "Map", "States": {"Map": inner, names[0] + " outside": {"Type": "Succeed"}}}))
