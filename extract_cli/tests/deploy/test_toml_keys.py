"""Keys that a deployment writes into extract.toml: comments, order and other lines stay."""

from __future__ import annotations

import tomllib

import pytest

from extract_cli.deploy.toml_keys import with_keys

ARN = "arn:aws:states:eu-central-1:1:stateMachine:x"


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("", f'[pipeline]\nstate_machine = "{ARN}"\n'),
        (
            "[pipeline]\nname = 'x'  # ours\n\n[machine]\n",
            f"[pipeline]\nname = 'x'  # ours\nstate_machine = \"{ARN}\"\n\n[machine]\n",
        ),
        ("[pipeline]\nstate_machine = 'old' # live\n", f'[pipeline]\nstate_machine = "{ARN}" # live\n'),
        ("[machine]\nmap = 'inline'", f"[machine]\nmap = 'inline'\n\n[pipeline]\nstate_machine = \"{ARN}\"\n"),
        ("[pipeline]", f'[pipeline]\nstate_machine = "{ARN}"\n'),
        ("[pipeline]\nname = 'x'", f"[pipeline]\nname = 'x'\nstate_machine = \"{ARN}\"\n"),
        ("# [pipeline]\n[ pipeline ]\n", f'# [pipeline]\n[ pipeline ]\nstate_machine = "{ARN}"\n'),
    ],
)
def test_the_key_is_written_and_all_else_stays(text, done):
    written = with_keys(text, "pipeline", {"state_machine": ARN})
    assert written.split() == done.split()
    assert tomllib.loads(written)["pipeline"]["state_machine"] == ARN
    assert with_keys(written, "pipeline", {"state_machine": ARN}) == written


@pytest.mark.parametrize("text", ["pipeline = {name = 'x'}\n", "pipeline.name = 'x'\n", "[[pipeline]]\n"])
def test_a_file_that_is_written_in_another_way_is_left_alone(text):
    assert with_keys(text, "pipeline", {"state_machine": ARN}) is None


def test_a_list_is_written_as_toml():
    written = with_keys("[deploy]\nmanaged = ['alarms'] # parts\n", "deploy", {"managed": ("alarms", "buckets")})
    assert written == '[deploy]\nmanaged = ["alarms", "buckets"] # parts\n'
