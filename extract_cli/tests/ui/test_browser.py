"""The app in a real browser: a run from its start to its end, errors, hostile names, axe-core.

`make test-browser` installs Chromium, Playwright and axe-core, and runs these tests. The app is `extract ui` as a process, over a
project as `extract demo` makes it. EXTRACT_SCREENSHOTS names a folder for pictures of the pages.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from shared_fixtures.results import HOSTILE

from extract_local.demo import database, project

sync_api = pytest.importorskip("playwright.sync_api", reason="make test-browser installs it")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[3]
AXE = Path(os.environ.get("EXTRACT_AXE", ROOT / ".browser" / "node_modules" / "axe-core" / "axe.min.js"))
SCREENSHOTS = os.environ.get("EXTRACT_SCREENSHOTS")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
MAIN = "from extract_cli import main; main()"
SLOW = "import time\nfor second in range({seconds}):\n    print('second', second, flush=True)\n    time.sleep(1)\n"


def command(*arguments):
    return [sys.executable, "-c", MAIN, *arguments]


@dataclass
class App:
    """`extract ui` as a process."""

    folder: Path
    process: subprocess.Popen
    address: str

    @property
    def base(self):
        return self.address.partition("/?")[0]

    def extract(self, *arguments, code=0):
        done = subprocess.run(command(*arguments), cwd=self.folder, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == code, done.stderr
        return done


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The app over the demo's project. Its first run has ended: one table failed, since it is not in the database."""
    folder = tmp_path_factory.mktemp("app") / "shop"
    folder.mkdir()
    database.make_database(folder / project.DATABASE, rows=2_000)
    project.write(folder)
    subprocess.run(
        command("run", "sales", "--local", "--run-id", "first"), cwd=folder, check=False, capture_output=True, timeout=300
    )
    with subprocess.Popen(command("ui", "--local"), cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        yield App(folder, process, process.stdout.readline().strip())
        process.terminate()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None or not AXE.exists():
        pytest.fail("Chromium or axe-core is missing: make test-browser installs them")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Tab:
    """An open page, and what went wrong or outside while it was open."""

    page: sync_api.Page
    base: str
    problems: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, path, name=None):
        self.page.goto(self.base + path)
        if SCREENSHOTS and name:
            self.page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)
        return self

    def violations(self):
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        result = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [f"{rule['id']}: {node['html'][:200]}" for rule in result["violations"] for node in rule["nodes"]]

    def is_wider_than_the_screen(self):
        return self.page.evaluate("document.documentElement.scrollWidth > innerWidth")

    @property
    def text(self):
        return self.page.inner_text("body")


@pytest.fixture
def tab(browser, app):
    """Opens tabs that have the token, as a person does: with the printed address."""
    contexts = []

    def open_tab(*, scheme="light", size=DESKTOP, context=None, **more):
        if context is None:
            context = browser.new_context(viewport=size, color_scheme=scheme, **more)
            contexts.append(context)
        seen = Tab(context.new_page(), app.base)
        seen.page.on("console", lambda message: seen.problems.append(f"console: {message.text}"))
        seen.page.on("pageerror", lambda error: seen.problems.append(f"error: {error}"))
        seen.page.on("dialog", lambda dialog: (seen.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        seen.page.on("request", lambda request: request.url.startswith((app.base, "data:")) or seen.outside.append(request.url))
        seen.page.goto(app.address)
        return seen

    yield open_tab
    for context in contexts:
        context.close()


PAGES = {
    "runs": "/",
    "run": "/run?run=first",
    "run_table": "/run/table?run=first&table=public.returns",
    "sources": "/sources",
    "config": "/config?source=sales",
    "plan": "/plan?source=sales",
    "plan_of_one": "/plan?source=sales&find=public.orders",
    "tables": "/tables?source=sales",
    "table": "/table?source=sales&table=public.orders",
    "plugins": "/plugins",
    "pools": "/pools",
    "toml": "/config",
    "problem": "/run?run=none",
}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wrong_loaded_or_hard_to_use(tab, scheme, size):
    seen = tab(scheme=scheme, size=size)
    for name, path in PAGES.items():
        seen.open(path, f"{name}-{scheme}-{size['width']}")
        assert seen.violations() == [], path
        assert not seen.is_wider_than_the_screen(), path
    # Chromium writes a line for the answer 404, which the last page has
    assert [problem for problem in seen.problems if "404 (Not Found)" not in problem] == []
    assert seen.outside == []


def test_the_address_has_no_token_after_the_first_page(tab):
    seen = tab()
    assert seen.page.url == f"{seen.base}/"


def test_without_the_token_and_with_a_wrong_one(browser, app):
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    for path, title in (("/", "The address has no token"), ("/?token=wrong", "The token in the address is wrong")):
        assert page.goto(app.base + path).status == 403
        assert page.inner_text("h1") == title
        assert "Open the address that extract ui printed" in page.inner_text("body")
        assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") == "12px"  # it has its style
    context.close()


def test_another_website_gets_nothing(browser, app, tab):
    """A page elsewhere, in the browser that has the cookie, asks for a page of the app in each way that it can."""
    seen = tab()
    context = seen.page.context
    context.route("http://evil.example/**", lambda route: route.fulfill(body="<title>evil</title>", content_type="text/html"))
    page = context.new_page()
    page.goto("http://evil.example/")
    address = f"{app.base}/run?run=first"
    read = "url => fetch(url, {credentials: 'include'}).then(answer => answer.text(), () => 'refused')"
    assert page.evaluate(read, address) == "refused"
    page.evaluate(
        "url => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame); }", address
    )
    page.wait_for_timeout(500)
    assert all("What failed" not in frame.content() for frame in page.frames if frame is not page.main_frame)


@pytest.fixture
def slow_run(app):
    """A run of five tables at work. The job of one takes twenty seconds, one fails, one is not in the database."""
    script = app.folder / "slow_job.py"
    names = [name for name in ("extract_job.py", "job.py") if (app.folder / name).exists()]
    script.write_text(SLOW.format(seconds=20))
    config = (app.folder / "config" / "sales.yml").read_text()
    (app.folder / "config" / "slow.yml").write_text(
        config.replace("source_name: sales", "source_name: slow").partition("  tables:")[0]
        + "  tables:\n"
        + "    public.categories: {}\n    public.suppliers: {}\n    public.returns: {}\n"
        + "    public.warehouses: {script_name: slow_job.py}\n"
    )
    process = subprocess.Popen(
        command("run", "slow", "--local", "--run-id", f"slow-{os.getpid()}-{len(names)}"),
        cwd=app.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield f"slow-{os.getpid()}-{len(names)}"
    process.wait(120)


def test_a_run_from_its_start_to_its_end_with_a_reload_and_in_two_tabs(tab, app, slow_run):
    first = tab()
    page = first.page
    for _ in range(100):
        page.goto(f"{app.base}/run?run={slow_run}")
        if page.locator("#live").count():
            break
        page.wait_for_timeout(100)
    first.problems.clear()  # the run was not recorded yet: 404
    page.wait_for_selector("#live-running >> text=public.warehouses")
    page.wait_for_selector("#live-failed >> text=public.returns")
    page.wait_for_selector("#live-counts >> text=3 of 4 tables have ended (1 failed), 1 at work, 0 waiting")
    assert first.violations() == []
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / "live.png", full_page=True)
    second = tab(context=page.context)
    second.open(f"/run?run={slow_run}")
    page.reload()
    for seen in (first, second):
        seen.page.wait_for_selector("#live-running >> text=public.warehouses")
    page.focus("#live-running a")  # a list that has the focus is not replaced
    page.keyboard.press("Enter")
    page.wait_for_selector("pre.log")
    assert re.search(r"second \d", page.inner_text("pre.log"))
    page.go_back()
    for seen in (first, second):
        seen.page.wait_for_selector("#failures", timeout=60_000)
        assert seen.page.inner_text(".badge").startswith("FAILED")
        assert "What failed, and what to do" in seen.text
        assert seen.problems == []
        assert seen.outside == []


def test_without_scripts_a_page_reloads_itself(tab, app):
    seen = tab(java_script_enabled=False)
    seen.open("/run?run=first")
    assert "What failed, and what to do" in seen.page.content()


def test_a_store_that_is_locked_while_a_run_is_shown(tab, app):
    """Another program holds the file as a whole, as a backup may: the page says so, and comes back."""
    path = app.folder / ".extract" / "tracking.db"
    content = path.read_bytes()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    seen = tab()
    seen.open("/run?run=first")
    assert "first" in seen.text or "The tracking store does not answer now" in seen.text
    holder.execute("ROLLBACK")
    holder.close()
    seen.open("/")
    assert "first" in seen.text
    assert path.read_bytes()[:16] == content[:16]


def test_a_run_that_is_deleted_while_it_is_shown(tab, app):
    seen = tab()
    with sqlite3.connect(app.folder / ".extract" / "tracking.db") as store:
        store.execute("CREATE TEMP TABLE kept AS SELECT * FROM runs WHERE run_id = 'first'")
        store.execute("PRAGMA foreign_keys = OFF")
        store.execute("UPDATE runs SET run_id = 'moved' WHERE run_id = 'first'")
        store.commit()
        seen.open("/run?run=first")
        assert seen.page.inner_text("h1") == "This run is not recorded"
        assert "Choose a run from the list of runs." in seen.text
        store.execute("UPDATE runs SET run_id = 'first' WHERE run_id = 'moved'")
    store.close()
    seen.open("/run?run=first")
    assert seen.page.inner_text("h1") == "Run first"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_hostile_names_run_nothing(tab, app, size):
    names = [name for name in HOSTILE if name.isprintable()]
    with sqlite3.connect(app.folder / ".extract" / "tracking.db") as store:
        store.execute("PRAGMA foreign_keys = OFF")
        columns = [row[1] for row in store.execute("PRAGMA table_info(runs)")]
        others = ", ".join(name for name in columns if name != "run_id")
        copy = f"INSERT OR IGNORE INTO runs (run_id, {others}) SELECT ?, {others} FROM runs WHERE run_id = 'first'"  # noqa: S608
        store.executemany(copy, [(name,) for name in names])
    store.close()
    seen = tab(size=size)
    for path in ("/", *(f"/run?run={quote(name, safe='')}" for name in names), f"/plan?source={quote(names[0])}"):
        seen.open(path)
        assert seen.page.evaluate("document.scripts.length + document.images.length") == 1
        assert not seen.is_wider_than_the_screen(), path
    seen.open("/")
    assert seen.violations() == []
    assert [problem for problem in seen.problems if "400 (Bad Request)" not in problem] == []
    assert seen.outside == []


def test_the_keyboard_reaches_the_content_and_turns_pages(tab):
    page = tab().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    page.goto(page.url.partition("#")[0] + "run?run=first&sort=seconds#tables")
    page.locator("thead th[aria-sort=descending] a").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("thead th[aria-sort=ascending]")
    durations = page.locator("#page-list tbody td:last-child").all_inner_texts()
    assert durations == sorted(durations, key=lambda text: float(text.removesuffix(" s") or -1))
    page.fill("input[name=find]", "orders")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pages >> text=1 table")
