"""The page: complete, small, and safe whatever names and messages are in it."""

from __future__ import annotations

import re

import pytest
from shared_fixtures.page import Page
from shared_fixtures.results import HOSTILE, many, results, row

from extract_cli.report.page import html
from extract_core import FailureClass, JobState
from extract_core.runs.view.remedies import ADVICE

MEGABYTE = 1_000_000
MACHINE = {
    "StartAt": "Glue Start",
    "States": {"Glue Start": {"Type": "Task", "Resource": "arn:x", "Next": "Done"}, "Done": {"Type": "Succeed"}},
}


@pytest.mark.parametrize("count", [1, 3, 300])
def test_the_page_is_whole_and_refers_to_nothing_outside(count):
    text = html(many(count), MACHINE)
    page = Page(text)
    assert page.faults == []
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for attrs in page.all("a") if attrs["href"].startswith("#")} <= set(ids)
    assert {tag for tag, _ in page.tags} & {"link", "img", "iframe", "object", "base", "form"} == set()
    assert re.findall(r"(?:src|xlink:href|action)=|@import|url\((?!#machine-head\))", text.replace("src=x", "")) == []
    outside = [attrs["href"] for attrs in page.all("a") if not attrs["href"].startswith("#")]
    assert all(url.startswith("https://console.aws.amazon.com/logs/") for url in outside)


def test_only_our_own_script_and_style_run():
    page = Page(html(many(3), MACHINE))
    (policy,) = [attrs["content"] for attrs in page.all("meta") if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert (len(page.all("script")), len(page.all("style"))) == (1, 1)
    assert [attrs for _, attrs in page.tags if "style" in attrs or any(name.startswith("on") for name in attrs)] == []


def test_hostile_names_and_messages_are_text():
    rows = [row(number, name, failure=list(FailureClass)[number], message=name) for number, name in enumerate(HOSTILE)]
    text = html(results(rows, rerun_of=HOSTILE[0]), MACHINE)
    page = Page(text)
    assert page.faults == []
    assert (len(page.all("script")), len(page.all("img")), len(page.all("b")) > 0) == (1, 0, True)
    assert text.encode("utf-8")
    assert re.search("[\x00-\x08\x1b\u202a-\u202e]", text) is None
    for shown in (
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "اسم الجدول",
        r"safe\u202egnp.exe",
        "👩‍👩‍👧‍👦 📦",
        r"a\x1b[31mred\x00",
    ):
        assert shown in page.text
    assert "extract logs run-1 ''\"'\"'; rm -rf ~; '\"'\"''" in page.text  # quoted for a shell


def test_a_log_link_that_is_a_script_is_no_link():
    failed = row(1, "public.notes", failure=FailureClass.USER_CODE, log_url="javascript:alert(1)")
    assert "javascript" not in html(results([failed]))


def squeezed(text):
    return "".join(text.split())


def test_it_says_what_failed_why_and_what_to_type():
    page = Page(html(many(300), MACHINE, options=["--local"]))
    for failure, known in ADVICE.items():
        if failure in FailureClass.__members__:
            assert f"{failure} · " in page.text
            assert known.meaning in page.text
            assert (
                known.remedy.replace("`", "") in page.text.replace(" , ", ", ").replace(" ,", ",").replace("  ", " ")
                or "`" in known.remedy
            )
    assert "extract rerun run-1" in page.text
    assert "extract logs run-1 schema_0.table_00000 --local" in page.text


@pytest.mark.parametrize(
    ("failures", "hint"),
    [
        (["CONFIG"], "Fix the causes, then run the tables again that did not succeed; the rerun reads the config as it is then:"),
        (["CAPACITY"], "Run the tables again that did not succeed, with the settings of this run:"),
        (
            ["CAPACITY", "CONFIG"],
            "settings of this run; for tables with CONFIG the rerun reads the config as it is then, so fix their causes first:",
        ),
    ],
)
def test_the_rerun_says_what_must_be_fixed_first(failures, hint):
    rows = [row(number, f"t{number}", failure=FailureClass[name]) for number, name in enumerate(failures)]
    text = Page(html(results(rows), MACHINE)).text
    assert hint in text
    assert f"of {len(rows)} table{'s' * (len(rows) > 1)} " in text


def test_the_cost_has_money_where_a_price_is_known_with_its_date():
    page = Page(html(results([row(number, f"t{number}") for number in range(3)])))
    assert "Prices of ecs: us-east-1, 2026-11-01. Units without a price list show no money." in page.text
    assert "vcpu hours 0.5 $0.02" in page.text
    assert "dpu seconds 480" in page.text


def test_what_jobs_report_of_the_data_is_shown():
    evidence = {"schema_changes": ["column vat was added"], "notes": ["The overlap was read again."], "proof": {"verify": "full"}}
    page = Page(html(results([row(1, "t", rows_in_the_future=3, rows_delivered_before=40, **evidence)])))
    for shown in ("t : column vat was added", "t : The overlap was read again.", "1 table (full)", "40, read again"):
        assert shown in page.text


@pytest.mark.parametrize("state", ["RUNNING", "STOPPED", "FAILED"])
def test_a_run_without_tables_has_a_page(state):
    page = Page(
        html(results([], state=state, refused="sales.yml:3:1: extract: tables are missing" if state == "FAILED" else None))
    )
    assert page.faults == []
    assert state in page.text


def test_an_attempt_without_times_is_counted_and_not_drawn():
    rows = [row(1, "a"), row(2, "b", failure=FailureClass.CONFIG, started_at=None, ended_at=None, state=JobState.FAILED)]
    assert "One attempt is not drawn" in Page(html(results(rows))).text


def test_a_run_of_5_000_tables_is_below_a_megabyte_and_lists_them_all():
    text = html(many(5_000), MACHINE)
    assert len(text.encode()) < MEGABYTE
    listed = text[text.index('<table id="list">') :]
    assert listed.count("<tr><td>") + listed.count("<tr class=bad><td>") == 5_000


def test_of_more_tables_the_failed_and_the_slowest_are_listed():
    rows = [row(number, f"t{number:05}", failure=FailureClass.TIMEOUT if number > 5_990 else None) for number in range(6_000)]
    page = Page(html(results(rows)))
    assert "1,000 tables that succeeded fast are left out here." in page.text
    assert "t05999" in page.text
