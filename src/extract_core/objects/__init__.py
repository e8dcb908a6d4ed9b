"""Objects behind URIs: configs, plans and results, read and written in one way whatever keeps them."""

from extract_core.objects.files import FileObjects, file_path, file_uri
from extract_core.objects.routed import RoutedObjects, open_objects
from extract_core.objects.s3 import S3Objects
from extract_core.objects.store import ObjectStore, Stamped

__all__ = ["FileObjects", "ObjectStore", "RoutedObjects", "S3Objects", "Stamped", "file_path", "file_uri", "open_objects"]
