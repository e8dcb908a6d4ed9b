"""Who gets an answer: nobody without the token, no other website, and no request that would change something."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from extract_cli.ui.app import make_app
from extract_cli.ui.site import Site

PORT = 8123
TOKEN = "of-this-test_0"
HERE = f"127.0.0.1:{PORT}"


@pytest.fixture
def stranger(project):
    """A client without the token. It does not follow redirects."""
    app = make_app(Site(project, local=True), token=TOKEN, port=PORT)
    return TestClient(app, base_url=f"http://{HERE}", follow_redirects=False)


def test_the_token_goes_into_a_cookie_and_out_of_the_address(stranger):
    answer = stranger.get("/run", params={"token": TOKEN, "run": "a&b"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/run?run=a%26b")
    cookie = answer.headers["set-cookie"]
    assert cookie == f"extract_ui_{PORT}={TOKEN}; HttpOnly; Path=/; SameSite=strict"
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize(
    ("parameters", "title"),
    [({}, "The address has no token"), ({"token": "wrong"}, "The token in the address is wrong"), ({"token": ""}, "The token")],
)
def test_without_the_token_there_is_no_page(stranger, parameters, title):
    for path in ("/", "/run", "/run/events", "/config", "/nope"):
        answer = stranger.get(path, params=parameters)
        assert answer.status_code == 403
        assert title in answer.text
        assert "Open the address that <code>extract ui</code> printed" in answer.text
    assert stranger.get("/static/style.css").status_code == 200


def test_a_wrong_token_is_refused_also_beside_a_good_cookie_and_so_is_a_wrong_cookie(stranger):
    stranger.get("/", params={"token": TOKEN})
    assert stranger.get("/", params={"token": "wrong"}).status_code == 403
    stranger.cookies.clear()
    for cookie in (TOKEN[:-1], TOKEN + "0", "é", ""):
        assert stranger.get("/", headers={"cookie": f"extract_ui_{PORT}={cookie}".encode()}).status_code == 403
    assert stranger.get("/", headers={"cookie": f"extract_ui_1={TOKEN}"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT}.evil.example", ""])
def test_another_host_is_refused(stranger, host):
    answer = stranger.get("/", params={"token": TOKEN}, headers={"host": host})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert stranger.get("/static/style.css", headers={"host": host}).status_code == 403


def test_localhost_and_the_default_port_are_this_app(stranger, project):
    assert stranger.get("/", params={"token": TOKEN}, headers={"host": f"LOCALHOST:{PORT}"}).status_code == 303
    client = TestClient(make_app(Site(project, local=True), token=TOKEN, port=80), base_url="http://127.0.0.1")
    assert client.get("/", params={"token": TOKEN}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"https://{HERE}", "http://127.0.0.1:1"])
def test_a_request_of_another_website_is_refused(stranger, origin):
    stranger.get("/", params={"token": TOKEN})
    assert stranger.get("/", headers={"origin": origin}).status_code == 403
    assert stranger.get("/", headers={"origin": f"http://{HERE}"}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X"])
def test_nothing_but_reading(stranger, method):
    stranger.get("/", params={"token": TOKEN})
    for path in ("/", "/run", "/static/style.css"):
        answer = stranger.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    head = stranger.head("/")
    assert (head.status_code, head.text) == (200, "")


def test_each_answer_has_the_headers_of_security(stranger):
    answers = [stranger.get("/"), stranger.get("/static/script.js"), stranger.get("/static/nope"), stranger.post("/")]
    answers.append(stranger.get("/", params={"token": TOKEN}))
    answers.append(stranger.get("/"))
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; script-src 'self'")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "server" not in answer.headers
    assert {answer.status_code for answer in answers} == {200, 303, 403, 404, 405}
