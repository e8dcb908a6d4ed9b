"""Open the folder and the result object at a place. Only a place in S3 imports boto3."""

from pathlib import Path

from extract_job.storage.local import LocalFiles, LocalFolder, LocalResult
from extract_job.storage.places import Place
from extract_job.storage.protocols import Files, Folder, ResultPlace


def folder_in(place: Place) -> Folder:
    """Return the data folder at a place."""
    if isinstance(place, Path):
        return LocalFolder(place)
    from extract_job.storage.s3 import S3Folder

    return S3Folder(place)


def result_in(place: Place) -> ResultPlace:
    """Return the result object at a place."""
    if isinstance(place, Path):
        return LocalResult(place)
    from extract_job.storage.s3 import S3Result

    return S3Result(place)


def files_in(place: Place) -> Files:
    """Return the files in the data folder at a place."""
    if isinstance(place, Path):
        return LocalFiles(place)
    from extract_job.storage.s3 import S3Files

    return S3Files(place)
