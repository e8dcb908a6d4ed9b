"""Each page over real stores: whole, safe, complete, and nothing is written."""

from __future__ import annotations

import hashlib
import time
from urllib.parse import quote

import pytest
from shared_fixtures.page import Page
from shared_fixtures.results import HOSTILE
from starlette.testclient import TestClient

from extract_cli.ui.app import make_app
from extract_cli.ui.kept import Results
from extract_cli.ui.site import Site
from extract_core.config import source_files
from extract_core.config.read import read_source_config
from extract_core.contract import FailureClass
from extract_core.runs.order import past_of
from extract_core.tracking.open import open_tracking

PAGES = {
    "/": "night-2",
    "/?source=sales": "Runs of sales",
    "/run?run=night-2": "What failed, and what to do",
    "/run?run=night-2&state=FAILED&sort=-rows": "1 table ",
    "/run?run=night-2&find=capacity": "1 table ",
    "/run?run=refused": "the tables are held",
    "/run/table?run=night-2&table=public.notes": "public.notes: the job ended with CAPACITY",
    "/sources": "has no config any more",
    "/config?source=sales": "Nothing is wrong",
    "/config": "extract-jdbc",
    "/plan?source=sales": "fetchsize",
    "/tables?source=sales": "2026-01-01 00:00:00",
    "/tables?source=odd": "these are the tables of the latest runs",
    "/table?source=sales&table=public.accounts": "rows came late",
    "/table?source=sales&table=public.events": "No run has extracted this table yet.",
    "/plugins": "extract-sfn-glue",
    "/pools": "There is no pool.",
}


def url_of(path, **parameters):
    return path + "?" + "&".join(f"{name}={quote(value)}" for name, value in parameters.items())


HOSTILE_PAGES = [
    "/",
    "/sources",
    url_of("/run", run=HOSTILE[1]),
    *(url_of("/run/table", run=HOSTILE[1], table=name) for name in HOSTILE if name.isprintable()),
    *(url_of("/table", source="odd", table=name) for name in HOSTILE if name.isprintable()),
    *(url_of("/run", run=HOSTILE[1], find=name, state=name, sort=name, page=name) for name in HOSTILE[:4]),
    url_of("/run", run=HOSTILE[0]),
    url_of("/plan", source=HOSTILE[1], find=HOSTILE[0]),
    url_of("/config", source=HOSTILE[2]),
]


def files_of(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("stored")
def test_each_page_says_what_it_should_and_none_writes_a_file(client, project):
    before = files_of(project)
    for path, words in PAGES.items():
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        page = Page(answer.text)
        assert words in page.text, path
        assert page.faults == [], path
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids)), path
        assert len(page.all("h1")) == 1, path
    assert files_of(project) == before


@pytest.mark.usefixtures("stored")
def test_the_store_of_a_run_at_work_is_read_and_not_touched(client, project):
    with open_tracking(str(project / ".extract" / "tracking.db")) as store:
        store.refuse_run("refused", "the tables are held")  # a write, so that there is a -wal file
        before = files_of(project)
        assert "night-2" in client.get("/").text
        assert client.get("/run?run=night-1").status_code == 200
        assert files_of(project) == before


@pytest.mark.usefixtures("stored")
def test_a_hostile_name_is_only_text(client):
    for path in HOSTILE_PAGES:
        page = Page(client.get(path).text)
        assert page.faults == [], path
        assert [attrs for _, attrs in page.tags if any(name.startswith("on") or name == "style" for name in attrs)] == [], path
        assert [attrs.get("src") for attrs in page.all("script")] == ["/static/script.js"], path
        assert page.all("img") == [], path
        assert all(attrs["href"].startswith(("/", "#", "https://")) for attrs in page.all("a")), path
        assert "49" not in page.text, path


@pytest.mark.usefixtures("stored")
def test_links_lead_to_pages(client):
    """From the list of runs, whatever a person selects is a page, also below the names of others."""
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, (path, Page(answer.text).text)
        waiting += [
            attrs["href"].partition("#")[0]
            for attrs in Page(answer.text).all("a")
            if attrs["href"].startswith("/") and "&sort=" not in attrs["href"]
        ]
    assert len(seen) > 40


def test_findings_stand_below_their_lines(client, project):
    config = project / "config" / "sales.yml"
    config.write_text(config.read_text().replace("fetchsize: 500", "fetchsize: none, colour: red"))
    page = client.get("/config?source=sales")
    lines = [attrs["id"] for attrs in Page(page.text).all("tr") if attrs.get("class") == "faulty"]
    number = next(number for number, line in enumerate(config.read_text().splitlines(), 1) if "colour" in line)
    assert lines == [f"line-{number}"]
    assert 'href="/config?source=sales&amp;page=1#line-' in page.text
    config.write_text("extract: [")
    assert "line-1" in client.get("/config?source=sales").text
    (project / "extract.toml").write_text('[pipeline]\nnme = "x"\n')
    page = client.get("/config")
    assert (page.status_code, "faulty" in page.text, "nme" in page.text) == (200, True, True)
    page = client.get("/")
    assert (page.status_code, "A config has faults" in page.text) == (500, True)


def test_a_change_of_the_config_is_seen_at_once(client, project):
    assert "public.extra" not in client.get("/plan?source=sales").text
    config = project / "config" / "sales.yml"
    config.write_text(config.read_text() + "    public.extra: {}\n")
    assert "public.extra" in client.get("/plan?source=sales").text
    assert "public.extra" in client.get("/config?source=sales").text


def test_a_page_lists_as_many_tables_as_any_however_wide_the_run(client, project, recorded_run):
    names = {f"public.table_{number:04}": FailureClass.TIMEOUT if number % 100 == 7 else None for number in range(1_100)}
    config = project / "config" / "sales.yml"
    config.write_text(config.read_text() + "".join(f"    {name}: {{}}\n" for name in names))
    with open_tracking(str(project / ".extract" / "tracking.db")) as store:
        store._database._connection.execute("PRAGMA synchronous = OFF")
        recorded_run(store, "wide", names)
    for path, listed in {
        "/run?run=wide": (100, "1 to 100 of 1,100 tables page 1 of 11"),
        "/run?run=wide&page=99": (100, "1,001 to 1,100 of 1,100 tables"),
        "/run?run=wide&state=FAILED": (11, "11 tables"),
        "/tables?source=sales&page=12": (3, "1,101 to 1,103 of 1,103 tables"),
        "/plan?source=sales&page=45": (3, "1,101 to 1,103 of 1,103 tables"),
        "/config?source=sales&page=2": (115, "1,001 to 1,115 of 1,115 lines"),
    }.items():
        text = client.get(path).text
        assert listed[1] in Page(text).text, path
        part = text[text.index('id="tables"') :] if "wide" in path else text
        marker = (
            '<details class="planned'
            if "plan" in path
            else '<tr id="line-'
            if "config" in path
            else '<td class="name"><a class="name"'
        )
        marker = '<td class="name">' if "/tables" in path else marker
        assert part.count(marker) in (listed[0], 2 * listed[0]), path
        assert len(text) < 250_000, path


@pytest.mark.usefixtures("stored")
def test_a_plan_of_a_few_tables_of_many_knows_the_same_past(project):
    """By a query per table, and by all attempts of the runs. One table failed last, one never ran."""
    with open_tracking(str(project / ".extract" / "tracking.db"), read_only=True) as store:
        states = store.states("sales", ["public.accounts", "public.notes", "public.events"])
        assert past_of(store, states, by_table=True) == past_of(store, states)
        assert list(past_of(store, states, by_table=True)) == ["public.accounts"]


@pytest.mark.usefixtures("stored")
def test_a_config_is_parsed_again_only_if_its_file_has_changed(client, project, monkeypatch):
    parsed = []
    monkeypatch.setattr(
        source_files, "read_source_config", lambda data, file: parsed.append(file) or read_source_config(data, file=file)
    )
    for path in ("/plan?source=sales", "/plan?source=sales&find=events", "/tables?source=sales"):
        assert client.get(path).status_code == 200
    assert parsed == ["sales.yml"]
    config = project / "config" / "sales.yml"
    config.write_text(config.read_text() + "    public.extra: {}\n")
    assert "public.extra" in client.get("/plan?source=sales").text
    assert parsed == ["sales.yml"] * 2


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("path", "first", "then"),
    [
        ("/run?run=night-2", "night-2 FAILED", "What failed, and what to do"),
        ("/config?source=sales", "sales", "Nothing is wrong"),
    ],
)
def test_a_page_that_takes_long_says_so_and_comes_back(project, path, first, then):
    app = make_app(Site(project, local=True), token="t", port=80, patience=0)
    client = TestClient(app, base_url="http://127.0.0.1")
    client.get("/?token=t")
    gate = app._app.state.documents._turn, app._app.state.checks._turn
    with gate[0], gate[1]:
        answer = client.get(path)
        page = Page(answer.text)
        assert answer.status_code == 200
        assert {"http-equiv": "refresh", "content": "2"} in [attrs for tag, attrs in page.tags if tag == "meta"]
        assert first in page.text
        assert "it reloads by itself" in page.text
        assert then not in page.text
        assert page.faults == []
    for _ in range(600):
        if then in (text := Page(client.get(path).text).text):
            break
        time.sleep(0.1)
    assert then in text


def test_what_fails_is_raised_and_made_again():
    results = Results(patience=60)
    with pytest.raises(ZeroDivisionError):
        results.of("key", lambda: 1 // 0)
    assert results.of("key", lambda: 1) == 1
    assert results.of("key", lambda: 2) == 1
    assert [results.of(number, lambda: 3) for number in range(4)] == [3] * 4
    assert results.of("key", lambda: 2) == 2  # the last four are kept
