"""What a secret looks like: one list for configs, variables, the contract kit and reasons."""

from __future__ import annotations

import pytest

from extract_core.secret_texts import names_a_secret, redacted, secret_in

TEXTS = {
    "postgresql://u:s3cr3t@h/db": "postgresql://u:***@h/db",
    "postgres://u:p@ss/w@h:5432/db": "postgres://u:***@h:5432/db",
    "redis://:pw123@host:6379/0": "redis://:***@host:6379/0",
    "mongodb+srv://u:p%40ss@cluster0/x": "mongodb+srv://u:***@cluster0/x",
    "jdbc:oracle:thin:scott/tiger@//h:1521/x": "jdbc:oracle:thin:scott/***@//h:1521/x",
    "jdbc:sqlserver://h;user=u;password=hunter2;x=y": "jdbc:sqlserver://h;user=u;password=***;x=y",
    "host=x password=hunter2 dbname=y": "host=x password=*** dbname=y",
    "host=x password='it is' dbname=y": "host=x password=*** dbname=y",
    "Driver={x};Uid=u;Pwd={a b};": "Driver={x};Uid=u;Pwd=***;",
    '{"user": "u", "db_password": "hunter2"}': '{"user": "u", "db_password": ***}',
    '{"password": "hun\\"ter2", "x": 1}': '{"password": ***, "x": 1}',
    "{'password': 'hun\\'ter2', 'x': 1}": "{'password': ***, 'x': 1}",
    '{"password":12345678}': '{"password":***}',
    r'{"SecretString":"{\"password\":\"hunter2\",\"port\":1}"}': r'{"SecretString":"{\"password\":***,\"port\":1}"}',
    r'"{\"--db_password\": \"hun\\\"ter2\"}"': r'"{\"--db_password\": ***}"',
    "host=x password='it''s' dbname=y": "host=x password=*** dbname=y",
    "host=x password='C:\\' dbname=y": "host=x password=*** dbname=y",
    "host=x password='cut off": "host=x password=*** off",
    "password          = hunter2": "password          = ***",
    "CREATE USER x IDENTIFIED BY 'hunter2' REQUIRE SSL": "CREATE USER x IDENTIFIED BY *** REQUIRE SSL",
    "ALTER USER u WITH ENCRYPTED PASSWORD 'hunter2'": "ALTER USER u WITH ENCRYPTED PASSWORD ***",
    "AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/K7MDENG\n": "AWS_SECRET_ACCESS_KEY: ***\n",
    "x-api-key: abcdef": "x-api-key: ***",
    "Authorization: Basic dTpw": "Authorization: Basic ***",
    f"postgresql://u:host%3A5432%2F%3FAction%3Dconnect{'a' * 1200}@h/db": "postgresql://u:***@h/db",
    "user: u\npassword: hunter2\n": "user: u\npassword: ***\n",
    "ran job --password hunter2 --x y": "ran job --password *** --x y",
    "key AKIAIOSFODNN7EXAMPLE is not valid": "key *** is not valid",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "aws_secret_access_key = ***",
    "AWS_SESSION_TOKEN=IQoJb3JpZ2luX2VjEJr==": "AWS_SESSION_TOKEN=***",
    "--conf spark.hadoop.fs.s3a.session.token=IQoJb3JpZ2 --x y": "--conf spark.hadoop.fs.s3a.session.token=*** --x y",
    "spark.hadoop.fs.s3a.secret.key=wJalrXUtnFEMI": "spark.hadoop.fs.s3a.secret.key=***",
    '{"spark.hadoop.fs.s3a.secret.key": "wJalrXUtnFEMI"}': '{"spark.hadoop.fs.s3a.secret.key": ***}',
    "spark.hadoop.javax.jdo.option.ConnectionPassword: hunter2\n": "spark.hadoop.javax.jdo.option.ConnectionPassword: ***\n",
    "ran job --spring.datasource.password hunter2 --x y": "ran job --spring.datasource.password *** --x y",
    "Authorization: Bearer abcdefghijklmnopqrst": "Authorization: Bearer ***",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl": "***",
    "GET https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=abcdef1234567890 failed": (
        "GET https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=*** failed"
    ),
    "https://a.blob.core.windows.net/c?sv=1&sig=abcdefgh%3D": "https://a.blob.core.windows.net/c?sv=1&sig=***",
    "AccountName=a;AccountKey=abc123==;EndpointSuffix=core": "AccountName=a;AccountKey=***;EndpointSuffix=core",
    "https://hooks.slack.com/services/T000/B000/XXXXXXXX": "https://hooks.slack.com/services/***",
    f"ghp_{'a' * 36}": "***",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----": "***-----END RSA PRIVATE KEY-----",
}
MAYBE = {
    "could not connect to root:hunter2@10.0.0.1": "could not connect to root:***@10.0.0.1",
    "scott/tiger@db refused": "scott/***@db refused",
}
HARMLESS = [
    'FATAL: password authentication failed for user "x"', "repo:tag@sha256:abcd", "mailto:ann@example.com", "git@github.com:x/y",
    "db_secret=prod/sales", "--db_secret prod/sales", "jdbc:oracle:thin:@h:1521:x", "http://host:8080/a@b", "s3://bucket/a:b@c",
    "2026-01-01T10:00:00@x", "arn:aws:secretsmanager:eu-west-1:1:secret:x", "{{resolve:secretsmanager:x:SecretString:password}}",
    "password=${DB}", "--password {{resolve:x}}", "invalid password: try again", "NextToken=abcdefgh", "max_tokens=9000",
    "Could not find column 'password' in table 'users'", "actions/checkout@v4", "api_key is missing",
    "no password 3 times", "the secret access key: see the manual", '{"password": null}', "Authorization: Basic",
]  # fmt: skip


@pytest.mark.parametrize(("text", "hidden"), TEXTS.items())
def test_a_secret_is_seen_and_hidden(text, hidden):
    assert secret_in(text) is not None
    assert redacted(text) == hidden
    assert redacted(hidden) == hidden


@pytest.mark.parametrize(("text", "hidden"), MAYBE.items())
def test_what_may_be_harmless_is_hidden_but_not_refused(text, hidden):
    assert (secret_in(text), redacted(text)) == (None, hidden)
    assert secret_in(text, sure=False) is not None


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays_as_it_is(text):
    assert (secret_in(text, sure=False), redacted(text)) == (None, text)


SECRETS = "--password db_pass dbPassword API-KEY apiKey secretAccessKey DB_PW MYSQL_PWD GITHUB_PAT client_secret Password.$ creds"
NAMES = (
    "passwordName password_file max_tokens sortKey primary_key partition_key bypass access_key_id ClientToken SecretString key"
)


@pytest.mark.parametrize("name", SECRETS.split())
def test_names_that_hold_a_secret(name):
    assert names_a_secret(name)


@pytest.mark.parametrize("name", NAMES.split())
def test_names_that_hold_none(name):
    assert not names_a_secret(name)


PIECES = [
    "x",
    "a:",
    "://",
    "password ",
    "eyJ",
    "a/b@",
    "-----BEGIN PRIVATE KEY-----",
    " ",
    "--",
    "password=",
    "'pwd':'",
    'password="a\\',
    '\\"pwd\\":\\"',
    "password '",
    "authorization:",
]


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_is_read_to_its_end(piece):
    """The test's own time limit is the assertion: a pattern whose time grows with the square would take minutes."""
    text = piece * (500_000 // len(piece))
    assert redacted(f"{text}\nAKIAIOSFODNN7EXAMPLE").endswith("***")


WORDS = (
    "password passwd passphrase pwd secret api_key access-key privatekey secret_key account_key shared_key access_token "
    "api_token auth-token bearer_token id_token refresh_token security_token sessiontoken client_secret"
)
PLACES = ["x {}=h4nt3r2", "https://x/?{}=h4nt3r2", "{{'x_{}': 'h4nt3r2'}}", "job --my_{} h4nt3r2", "{} = 'h4nt3r2'"]
TOKENS = (
    "AKIA0123456789ABCDEF ASIA0123456789ABCDEF ABIA0123456789ABCDEF ACCA0123456789ABCDEF xoxb-0123456789 xoxp-0123456789 "
    "gho_{} ghp_{} ghs_{} ghr_{} ghu_{} github_pat_{} glpat-{} sk_live_{} rk_test_{} sk-{} npm_{} pypi-{} AIza{} hf_{} "
    "dapi0123456789abcdef0123456789abcdef"
).replace("{}", "0123456789" * 4)
QUERIES = "X-Amz-Signature X-Goog-Signature X-Amz-Security-Token X-Amz-Credential X-Goog-Credential Signature sig"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("word", WORDS.split())
def test_a_secret_is_seen_by_each_word_that_names_one(word, place):
    for spelling in (word, word.upper()):
        assert "h4nt3r2" not in redacted(place.format(spelling))


@pytest.mark.parametrize("text", [*TOKENS.split(), *(f"https://x/?{name}=0123456789" for name in QUERIES.split())])
def test_a_token_is_seen_by_how_it_begins(text):
    assert secret_in(text) is not None


@pytest.mark.parametrize("letters", ["s\u017f", "k\u212a", "i\u0130", "i\u0131"])
def test_letters_that_a_pattern_takes_for_another_are_seen(letters):
    usual, other = letters
    for text in ("Authorization: Basic dTpw", "IDENTIFIED BY 'hunter2'", "api_token=hunter2", "x?sig=abcdefgh"):
        assert secret_in(text.lower().replace(usual, other)) is not None


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "passphrase",
        "pwd",
        "secret",
        "api_key",
        "access_key",
        "private_key",
        "secret_key",
        "account_key",
        "shared_key",
        "access_token",
        "api_token",
        "auth_token",
        "bearer_token",
        "id_token",
        "refresh_token",
        "security_token",
        "session_token",
        "client_secret",
    ],
)
def test_each_name_is_found_before_an_equals_sign(name):
    for written in (name, name.upper(), name.title().replace("_", "-")):
        assert redacted(f"the driver said {written} = abc123") == f"the driver said {written} = ***"
