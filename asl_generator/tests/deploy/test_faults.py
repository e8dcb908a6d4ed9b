"""What AWS's refusals are turned into: the meaning and the next step."""

from __future__ import annotations

import botocore.exceptions as of_boto
import pytest
from botocore.parsers import ResponseParserError

from asl_generator.deploy.faults import DeployError, calling_aws, is_passing


def refusal(code: str, message: str = "no", status: int = 400) -> of_boto.ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return of_boto.ClientError(answer, "CreateChangeSet")


UNKNOWN_REGION = (
    "check the network and the region ('ue-central-1' is not known here; did you mean 'me-central-1' or 'eu-central-1'"
)
PAGE = (
    "<!doctype html>\n<html lang=en>\n<style>p {color: red}</style><title>500 Internal Server Error</title>\n"
    "<h1>Internal Server Error</h1>\n<p>The server &lt;x&gt; failed.</p>\n"
)
NOT_ALLOWED = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: cloudformation:CreateChangeSet on resource: "
    "arn:aws:cloudformation:eu-central-1:123456789012:stack/nightly/* because no identity-based policy allows the action"
)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (of_boto.NoCredentialsError(), "there are no credentials; log in (aws sso login), or set AWS_PROFILE"),
        (of_boto.ProfileNotFound(profile="x"), "there are no credentials; log in"),
        (of_boto.UnauthorizedSSOTokenError(), "the credentials have expired; log in"),
        (refusal("ExpiredToken"), "the credentials have expired; log in"),
        (refusal("RequestExpired"), "the credentials have expired; log in"),
        (refusal("InvalidClientTokenId"), "the credentials are not valid; log in"),
        (refusal("SignatureDoesNotMatch", "the key is wrong"), "the credentials are not valid; log in"),
        (refusal("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2"), "the clock of this machine is wrong"),
        (refusal("RequestTimeTooSkewed", "The difference is too large"), "the clock of this machine is wrong"),
        (refusal("Throttling", "Rate exceeded"), "AWS throttled a request ten times in a row; wait a minute"),
        (of_boto.EndpointConnectionError(endpoint_url="https://x"), "AWS cannot be reached; check the network and the region"),
        (of_boto.ReadTimeoutError(endpoint_url="https://x"), "AWS cannot be reached; check the network and the region"),
        (
            refusal("AccessDenied", NOT_ALLOWED, 403),
            (
                'add to the policy of your role: {"Effect": "Allow", "Action": "cloudformation:CreateChangeSet", "Resource": '
                '"arn:aws:cloudformation:eu-central-1:123456789012:stack/nightly/*"}'
            ),
        ),
        (refusal("403", "Forbidden", 403), '{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}'),
        (ResponseParserError("invalid XML received"), "the answer is not from AWS; check the network, AWS_ENDPOINT_URL"),
        (of_boto.EndpointConnectionError(endpoint_url="https://sts.ue-central-1.amazonaws.com/"), UNKNOWN_REGION),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refusal_says_what_to_do(error, meaning):
    with pytest.raises(DeployError) as caught, calling_aws("deploy", "s3:ListBucket", "arn:aws:s3:::b"):
        raise error
    assert str(caught.value).startswith("cannot deploy: ")
    assert meaning in str(caught.value)
    assert caught.value.exit_code == 1


def test_faults_of_our_own_are_not_hidden():
    with pytest.raises(KeyError), calling_aws("deploy"):
        raise KeyError


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (of_boto.ReadTimeoutError(endpoint_url="https://x"), True),
        (refusal("Throttling"), True),
        (ResponseParserError("a page"), True),
        (refusal("InternalFailure", status=500), True),
        (refusal("ExpiredToken"), False),
    ],
)
def test_only_what_passes_by_itself_is_tried_again(error, passes):
    assert is_passing(error) is passes


@pytest.mark.parametrize(
    "error",
    [
        refusal("500", PAGE, 500),
        refusal("403", PAGE, 403),
        refusal("ValidationError", PAGE),
        ResponseParserError(f"Unable to parse response, invalid XML received:\n{PAGE.encode()!r}"),
    ],
    ids=["json", "denied", "with a code", "xml"],
)
def test_a_page_of_another_server_becomes_its_words(error):
    with pytest.raises(DeployError) as caught, calling_aws("deploy", "s3:ListBucket"):
        raise error
    text = str(caught.value)
    assert "500 Internal Server Error Internal Server Error The server" in text
    assert not [mark for mark in ("<h", "</", "<!", "\n", "color") if mark in text]
