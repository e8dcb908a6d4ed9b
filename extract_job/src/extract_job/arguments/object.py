"""The object that holds the arguments if they are too long for a command line."""

from contextlib import closing
from pathlib import Path

from extract_job.errors import ArgumentError
from extract_job.storage.places import object_at


def arguments_at(uri: str) -> bytes:
    """Read the object that `--extract_arguments` names (`s3://` or `file://`).

    Raises `ArgumentError` if the URI is not valid or the file does not exist, `JobError` if S3
    refuses or boto3 is missing.
    """
    place = object_at("extract_arguments", uri)
    if isinstance(place, Path):
        try:
            return place.read_bytes()
        except OSError as error:
            raise ArgumentError(f"cannot read --extract_arguments {uri!r}: {error.strerror}") from error
    from extract_job.aws import client, faults, refused

    s3 = client("s3")
    try:
        with closing(s3.get_object(Bucket=place.bucket, Key=place.key)["Body"]) as body:
            data: bytes = body.read()
    except faults() as error:
        raise refused(f"cannot read --extract_arguments {uri!r}", error) from error
    return data
