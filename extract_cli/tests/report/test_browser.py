"""The page in a real browser: Chromium, driven by Playwright, and axe-core for what people with impairments meet.

`make test-browser` installs all three and runs these tests. EXTRACT_SCREENSHOTS names a folder for pictures of the pages.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shared_fixtures.results import HOSTILE, many, results, row

from extract_cli.report.page import html
from extract_core import FailureClass

if TYPE_CHECKING:
    from collections.abc import Callable

sync_api = pytest.importorskip("playwright.sync_api", reason="make test-browser installs it")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[3]
AXE = Path(os.environ.get("EXTRACT_AXE", ROOT / ".browser" / "node_modules" / "axe-core" / "axe.min.js"))
SCREENSHOTS = os.environ.get("EXTRACT_SCREENSHOTS")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MACHINE = {
    "StartAt": "Choose",
    "States": {
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.job_type", "StringEquals": "glue", "Next": "Glue Start"}],
            "Default": "Bad",
        },
        "Glue Start": {"Type": "Task", "Resource": "arn:x", "Next": "Done"},
        "Done": {"Type": "Succeed"},
        "Bad": {"Type": "Fail"},
    },
}  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Seen:
    """An open page, and what went wrong or outside while it was open."""

    page: sync_api.Page
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """What axe-core finds, in the page and 40 rows of its list: it takes minutes for thousands of rows that are alike."""
        self.page.evaluate("document.querySelectorAll('#list tbody tr:nth-child(n+40)').forEach(row => row.remove())")
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        result = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [f"{rule['id']}: {node['html'][:200]}" for rule in result["violations"] for node in rule["nodes"]]


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None or not AXE.exists():
        pytest.fail("Chromium or axe-core is missing: make test-browser installs them")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser, tmp_path, request) -> Callable[..., Seen]:
    """Open a page from its file, as a person would."""
    contexts = []

    def open_it(text: str, *, scheme="light", size=DESKTOP, **more) -> Seen:
        path = tmp_path / "report.html"
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        context = browser.new_context(viewport=size, color_scheme=scheme, **more)
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.problems.append(f"console: {message.text}"))
        seen.page.on("pageerror", lambda error: seen.problems.append(f"error: {error}"))
        seen.page.on("dialog", lambda dialog: (seen.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.goto(path.as_uri())
        if SCREENSHOTS:
            name = f"{request.node.name}.png".replace("/", "-")
            seen.page.screenshot(path=Path(SCREENSHOTS) / name, full_page=len(text) < 300_000)
        return seen

    yield open_it
    for context in contexts:
        context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("count", [3, 300])
def test_nothing_is_wrong_loaded_or_hard_to_use(show, count, scheme, size):
    seen = show(html(many(count), MACHINE), scheme=scheme, size=size)
    assert seen.violations() == []
    assert seen.problems == []
    assert seen.requests == [seen.page.url]
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_5_000_tables(show, scheme):
    seen = show(html(many(5_000), MACHINE), scheme=scheme)
    assert seen.page.locator("#shown").text_content() == "5,000 of 5,000 tables"
    seen.page.fill("#search", "table_00123")
    assert seen.page.locator("#shown").text_content() == "1 of 5,000 tables"
    assert seen.page.locator("#list tbody tr:visible").count() == 1
    seen.page.fill("#search", "")
    assert seen.violations() == []
    assert (seen.problems, seen.requests) == ([], [seen.page.url])


def test_hostile_names_run_nothing(show):
    classes = list(FailureClass)
    rows = [row(number, name, failure=classes[number % 15], message=name * 3) for number, name in enumerate(HOSTILE)]
    seen = show(
        html(results(rows, rerun_of=HOSTILE[1]), {"StartAt": HOSTILE[0], "States": {HOSTILE[0]: {"Type": "Succeed"}}}), size=PHONE
    )
    assert (seen.problems, seen.requests) == ([], [seen.page.url])
    assert seen.page.locator("#list tbody tr").count() == len(HOSTILE)
    assert seen.page.evaluate("document.scripts.length + document.images.length") == 1
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert seen.violations() == []


def test_the_policy_stops_a_script_that_would_get_into_the_page(show):
    seen = show(html(many(3)))
    seen.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.caught = 1\">')")
    seen.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.caught = 1'}))")
    seen.page.wait_for_timeout(200)
    assert seen.page.evaluate("window.caught") is None
    assert len([problem for problem in seen.problems if "Content Security Policy" in problem]) >= 2


def test_sorting_and_filtering_by_keyboard(show):
    seen = show(html(many(300), MACHINE))
    page = seen.page
    heads = page.locator("#list thead th")

    def column(number):
        return page.locator(f"#list tbody tr:visible td:nth-child({number})").all_text_contents()

    heads.nth(5).locator("button").focus()
    page.keyboard.press("Enter")
    rows = [int(text.replace(",", "")) for text in column(6) if text]
    assert rows == sorted(rows, reverse=True)
    assert heads.nth(5).get_attribute("aria-sort") == "descending"
    page.keyboard.press("Space")
    rows = [int(text.replace(",", "")) for text in column(6) if text]
    assert rows == sorted(rows)
    heads.nth(7).locator("button").focus()
    page.keyboard.press("Enter")
    assert column(8)[0].count(":") == 1  # minutes before seconds
    page.select_option("#state", "FAILED")
    assert set(column(3)) == {"FAILED"}
    page.fill("#search", "capacity")
    assert set(column(4)) <= {"CAPACITY"}


def test_a_command_is_copied(show):
    seen = show(html(many(300)), permissions=["clipboard-read", "clipboard-write"])
    button = seen.page.locator("header button.copy")
    button.click()
    seen.page.wait_for_function("document.querySelector('header button.copy').textContent === 'Copied'")
    assert seen.page.evaluate("navigator.clipboard.readText()") == "extract rerun run-1"


def test_without_scripts_everything_is_there_and_no_button_is(show):
    seen = show(html(many(300), MACHINE), java_script_enabled=False)
    assert seen.page.locator("#list tbody tr:visible").count() == 300
    assert seen.page.locator("button:visible").count() == 0
    assert not seen.page.locator("#search").is_visible()


def test_it_can_be_printed(show):
    seen = show(html(many(300), MACHINE), scheme="dark")
    assert len(seen.page.pdf()) > 20_000
    seen.page.emulate_media(media="print", color_scheme="dark")
    assert not seen.page.locator("nav").is_visible()
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert seen.page.evaluate("[...document.querySelectorAll('details')].every(each => each.open)") is True


def test_the_keyboard_reaches_the_content_and_each_wide_part(show):
    page = show(html(many(3), MACHINE)).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert {"Timeline of the jobs", "State machine", "Tables", "Slowest tables"} <= reached
