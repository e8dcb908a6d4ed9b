"""Clients of AWS services from one botocore session. boto3 is not imported: its import would be a fifth of a cold start.

In a bundle (`asl_generator.bundle`), the models of the core's services are cut down to the operations that are called, and
`models` is their folder. A client for which they are not enough is made from botocore's own models.
"""

from __future__ import annotations

import logging
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from botocore.session import Session

log: Final = logging.getLogger("extract_core")


class Clients:
    """Makes clients with the credentials and the region of this process. botocore is imported at the first one."""

    def __init__(self, models: Path | None = None) -> None:
        self._models = models
        self._lock = threading.Lock()

    def make(self, service: str, *, region: str | None = None, **config: Any) -> Any:
        """The client of this service, with members of botocore's `Config`. Any: each service has its own class of client.

        Raises ImportError if botocore is not installed, and botocore's exceptions.
        """
        from botocore.config import Config

        options: Any = {"region_name": region, "config": Config(**config)}
        with self._lock:  # a session makes its clients one at a time (boto3 guide, "Multithreading")
            if self._models is not None and (self._models / service).is_dir():
                try:
                    return self._lean.create_client(service, **options)
                except Exception as error:  # noqa: BLE001 - another version of botocore may want more than the models have
                    log.warning("this botocore cannot use the models of the bundle and uses its own: %s: %s", service, error)
            return self._whole.create_client(service, **options)

    @cached_property
    def _lean(self) -> Session:
        from botocore.loaders import Loader
        from botocore.session import get_session

        session = get_session()
        loader = Loader(extra_search_paths=[str(self._models)], include_default_search_paths=False)
        session.register_component("data_loader", loader)
        return session

    @cached_property
    def _whole(self) -> Session:
        from botocore.session import get_session

        return get_session()
