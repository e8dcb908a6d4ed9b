"""What AWS's refusals mean for a deployment, and the next step: credentials, rights, clocks, throttles, the network."""

from __future__ import annotations

import json
import re
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from extract_core.errors import ExtractError
from extract_core.wording import cut, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator


class DeployError(ExtractError):
    """AWS refused a step of the deployment, or the deployment failed. Exit code 1."""


DENIED: Final = frozenset({"403", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden"})
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_INVALID: Final = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "AuthFailure",
        "InvalidToken",
        "SignatureDoesNotMatch",
    }
)
_THROTTLED: Final = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}
)
_SKEWED: Final = re.compile(r"RequestTimeTooSkewed|RequestInTheFuture|Signature (?:not yet current|expired)")
_NOT_ALLOWED: Final = re.compile(
    r"(?:not authorized to perform|no permission to perform):? (?P<action>[a-z0-9-]+:[A-Za-z0-9]+)"
    r"(?: on (?:the )?resource:? (?P<resource>[^\s,;]+))?"
)
_PAGE: Final = re.compile(r"(?i)<(?:!doctype|html|head|body)\b")
_AGAIN: Final = "run the command again"
_LOG_IN: Final = "log in (aws sso login), or set AWS_PROFILE"


def policy_line(action: str, resource: str = "*") -> str:
    """The statement that allows an action, in one line."""
    return json.dumps({"Effect": "Allow", "Action": action, "Resource": resource})


def missing_right(text: str) -> str | None:
    """The policy line for the right that AWS's words name as missing. None: they name none."""
    match = _NOT_ALLOWED.search(text)
    return policy_line(match["action"], (match["resource"] or "*").rstrip(".")) if match else None


@contextmanager
def calling_aws(what: str, action: str = "", resource: str = "*") -> Iterator[None]:
    """Around calls of AWS: what boto3 raises becomes a DeployError that says what failed and what to do.

    `action` and `resource` are the right that the call needs, for an answer that does not name it (HEAD requests).
    """
    try:
        import botocore.exceptions as of_boto
        from botocore.parsers import ResponseParserError
    except ImportError as error:
        raise DeployError(f"cannot {what}: boto3 is not installed; install it with: pip install boto3") from error
    try:
        yield
    except (of_boto.BotoCoreError, of_boto.ClientError, ResponseParserError) as error:
        raise DeployError(f"cannot {what}: {_meaning(error, action, resource)}") from error
    except KeyError as error:
        if not _is_of_parser(error):
            raise
        foreign = ResponseParserError("it is not an answer of this call; it may be the log-in page of a network")
        raise DeployError(f"cannot {what}: {_meaning(foreign, action, resource)}") from error


def _meaning(error: Exception, action: str, resource: str) -> str:
    import botocore.exceptions as of_boto

    text = one_line(str(error))
    code = str((getattr(error, "response", None) or {}).get("Error", {}).get("Code", ""))
    if code in DENIED or _NOT_ALLOWED.search(text):
        line = missing_right(text) or (policy_line(action, resource) if action else None)
        return f"{text}; add to the policy of your role: {line}" if line else f"{text}; see: extract deploy permissions"
    has_expired = code in _EXPIRED or isinstance(error, of_boto.TokenRetrievalError | of_boto.UnauthorizedSSOTokenError)
    is_missing = isinstance(error, of_boto.NoCredentialsError | of_boto.PartialCredentialsError | of_boto.ProfileNotFound)
    is_unreached = isinstance(error, of_boto.HTTPClientError | of_boto.ConnectionError)
    meanings = (
        (_SKEWED.search(text), f"the clock of this machine is wrong; set it, and {_AGAIN}"),
        (has_expired, f"the credentials have expired; {_LOG_IN}, and {_AGAIN}"),
        (is_missing, f"there are no credentials; {_LOG_IN}"),
        (code in _INVALID, f"the credentials are not valid; {_LOG_IN}"),
        (code in _THROTTLED, f"AWS throttled a request ten times in a row; wait a minute, and {_AGAIN}"),
        (is_unreached, f"AWS cannot be reached; check the network and the region{_unknown_region(text)}, and {_AGAIN}"),
        (_is_foreign(error), f"the answer is not from AWS; check the network, AWS_ENDPOINT_URL and proxies, and {_AGAIN}"),
    )
    return next((f"{words} ({text})" for applies, words in meanings if applies), text)


def _is_of_parser(error: KeyError) -> bool:
    """Whether botocore's parser has raised it: the answer is valid XML, but not that of the call."""
    frames = list(traceback.walk_tb(error.__traceback__))
    return bool(frames) and frames[-1][0].f_globals.get("__name__") == "botocore.parsers"


def one_line(text: str) -> str:
    """The text; if it holds a page of HTML, as a proxy or another server sends it, only the words of the page, in one line."""
    if not _PAGE.search(text):
        return text
    words = re.sub(r"(?is)<(script|style)\b.*?</\1>|<[^>]*>?", " ", text.replace("\\n", " "))
    return cut(" ".join(words.split()), 300)


def _is_foreign(error: Exception) -> bool:
    """Whether the answer is a page or a text of something else than AWS: botocore finds no error code in it."""
    from botocore.parsers import ResponseParserError

    response = getattr(error, "response", None) or {}
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return isinstance(error, ResponseParserError) or (status >= 500 and response["Error"].get("Code") in (str(status), "", None))


def _unknown_region(text: str) -> str:
    """``; there is no region 'eu-centrl-1' …`` if the address in the text has a region that botocore does not know."""
    import botocore.session

    match = re.search(r"https://[\w.-]*?\.([a-z]{2,4}(?:-[a-z]+)+-\d+)\.", text)
    if match is None:
        return ""
    session = botocore.session.Session()
    known = [region for part in session.get_available_partitions() for region in session.get_available_regions("sts", part)]
    return "" if match[1] in known else f" ({match[1]!r} is not known here{did_you_mean(match[1], known, most=3)})"


def is_passing(error: BaseException | None) -> bool:
    """Whether a retry may succeed: the network, a throttle, an error of the service, a page in place of an answer."""
    import botocore.exceptions as of_boto
    from botocore.parsers import ResponseParserError

    response = getattr(error, "response", None) or {}
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    is_network = isinstance(error, of_boto.HTTPClientError | of_boto.ConnectionError | ResponseParserError)
    return is_network or status >= 500 or response.get("Error", {}).get("Code") in _THROTTLED
