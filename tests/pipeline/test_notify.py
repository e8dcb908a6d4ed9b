"""The section [notify]: what is read, what is refused and with which words, and that it survives the way into a function."""

from __future__ import annotations

import json

import pytest

from extract_core.errors import ConfigError
from extract_core.pipeline.notify import FIELDS, NotifyOptions, filled
from extract_core.pipeline.read import read_pipeline
from extract_core.runs.notice import notice

TOPIC = "arn:aws:sns:eu-central-1:123456789012:extract-failures"
WEBHOOK = 'webhook = "https://hooks.example.com/x"\n'


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "extract.toml").write_text(text)
        return read_pipeline(tmp_path)

    return read


def test_every_key_is_read_and_comes_back_from_a_variable(read):
    text = f'[notify]\ntopic = "{TOPIC}"\n{WEBHOOK}[notify.template]\ntext = "$text"\nlist = ["$$5", {{n = 1, b = true}}]\n'
    options = read(text).notify
    template = {"text": "$text", "list": ["$$5", {"n": 1, "b": True}]}
    assert options == NotifyOptions(topic=TOPIC, webhook="https://hooks.example.com/x", template=template)
    assert NotifyOptions(**json.loads(options.to_json())) == options
    assert bool(options)
    assert not read("").notify
    assert filled(template, dict.fromkeys(FIELDS, 'a "quoted" text\n')) == {
        "text": 'a "quoted" text\n',
        "list": ["$5", {"n": 1, "b": True}],
    }


def test_each_field_that_a_template_may_name_is_there():
    assert tuple(sorted(notice({"run_id": "r", "source": "s", "state": "FAILED"}))) == FIELDS


FAULTS = [
    ('topic = "extract"', "2:1: notify.topic: 'extract' is not valid; write the ARN of an SNS topic, such as arn:aws:sns:"),
    ("topic = 1", "2:1: notify.topic: 1 is not valid; write the ARN of an SNS topic"),
    (f'topc = "{TOPIC}"', "2:1: notify.topc: no such key here; did you mean 'topic'?"),
    ("", None),
    ("template = {a = 1}", "2:1: notify.template: only a webhook has a template; add webhook or webhook_secret, or remove this"),
    (WEBHOOK, "1:1: notify: a webhook needs the JSON that it is sent; write for example template = {text = "),
    (f'{WEBHOOK}webhook_secret = "x"\ntemplate = {{a = "b"}}', "3:1: notify.webhook_secret: the address is given twice; keep "),
    (
        'webhook_secret = "a b"\ntemplate = {a = "b"}',
        "2:1: notify.webhook_secret: 'a b' is not valid; write the name of a secret",
    ),
    (f'{WEBHOOK}template = "$text"', "3:1: notify.template: '$text' is not valid; write the JSON that the webhook is sent as a "),
    (f"{WEBHOOK}template = {{}}", "3:1: notify.template: {} is not valid; write the JSON that the webhook is sent as a table"),
    (f'{WEBHOOK}template = {{a = ["$tex"]}}', "3:1: notify.template: there is no $tex; did you mean 'text'?"),
    (f'{WEBHOOK}template = {{a = "$zzz"}}', "3:1: notify.template: there is no $zzz; known are: $failed, $planned, "),
    (f'{WEBHOOK}template = {{a = "5 $"}}', "3:1: notify.template: '5 $' has a $ without a name; write $$ for a dollar sign"),
    (f"{WEBHOOK}template = {{a = 2026-01-01}}", "3:1: notify.template: can't be sent as JSON (Object of type date is not JSON "),
    (f'{WEBHOOK}template = {{a = "{"x" * 2_000}"}}', "3:1: notify.template: has 2,009 bytes as JSON, and 2,000 is the most; "),
]
ADDRESSES = [
    (
        "http://hooks.example.com/x",
        "http://hooks.example.com is not allowed; write https://host/path (http:// is for this machine",
    ),
    ("ftp://hooks.example.com/x", "ftp://hooks.example.com is not allowed"),
    ("file:///etc/passwd", "is not a valid address; write https://host/path"),
    ("hooks.example.com/x", "is not a valid address; write https://host/path"),
    ("https:///x", "is not a valid address"),
    ("https://host:port/x", "is not a valid address"),
    ("https://host/a b", "is not a valid address"),
    ("https://ann:pw@host/", "has a user or a password in it; put the whole address into Secrets Manager and name it: webhook_"),
    ("http://localhost.example.com/", "http://localhost.example.com is not allowed"),
    ("http://127.0.0.1@example.com/", "has a user or a password in it"),
]
FAULTS += [(f'webhook = "{address}"\ntemplate = {{a = "b"}}', f"2:1: notify.webhook: {words}") for address, words in ADDRESSES]


@pytest.mark.parametrize(("text", "words"), FAULTS)
def test_what_is_wrong_is_found_with_its_place(read, text, words):
    if words is None:
        assert not read(f"[notify]\n{text}").notify
        return
    with pytest.raises(ConfigError) as raised:
        read(f"[notify]\n{text}\n")
    (finding,) = raised.value.findings
    assert str(finding).startswith(f"extract.toml:{words}")


@pytest.mark.parametrize(
    "address", ["https://h/x", "https://h:8443/x?y=z", "http://localhost:8080/", "http://127.0.0.1/", "http://[::1]/"]
)
def test_https_and_this_machine_are_allowed(read, address):
    assert read(f'[notify]\nwebhook = "{address}"\ntemplate = {{a = "b"}}\n').notify.webhook == address
