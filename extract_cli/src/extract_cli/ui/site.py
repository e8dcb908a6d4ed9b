"""What the pages read: the pipeline, its stores (opened for reading only), its engine, its plugins."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final

from extract_cli.options import chosen_engine, pipeline_for
from extract_cli.pipeline_runs import PipelineRuns
from extract_core.clients import Clients
from extract_core.pipeline.read import find_pipeline
from extract_core.runs.engine import load_engine
from extract_core.tracking.open import open_tracking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from extract_core.config.source_files import ReadSources
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry
    from extract_core.runs.engine import Engine
    from extract_core.tracking.store import TrackingStore

_MOST_SOURCES: Final = 4
"""Sources whose config stays in memory."""


class Site:
    """One pipeline. extract.toml is read for each page, so that a page shows it as it is; the plugins are loaded once."""

    def __init__(self, path: Path | None, *, local: bool) -> None:
        self.path = (path if path is not None else find_pipeline()).absolute()
        self._local = local
        self._lock = Lock()
        self._registry: Registry | None = None
        self._engine: tuple[Pipeline, Engine] | None = None
        self._lasting: dict[str, TrackingStore] = {}
        self._sources: OrderedDict[tuple[str, str], ReadSources] = OrderedDict()

    def pipeline(self) -> Pipeline:
        """The pipeline as extract.toml says now. Raises ConfigError."""
        return pipeline_for(self.path, local=self._local)[0]

    def registry(self) -> Registry:
        """The installed plugins, as they were when they were first needed."""
        from extract_core.registry.loading import discover

        with self._lock:
            if self._registry is None:
                self._registry = discover()
            return self._registry

    def sources(self, pipeline: Pipeline, source: str) -> ReadSources:
        """The config of this source, if it was read before. It is read again when its file has changed."""
        key = (pipeline.config_uri, source)
        with self._lock:
            self._sources.setdefault(key, {})  # one per source: pages that are made at once drop nothing of each other
            self._sources.move_to_end(key)
            while len(self._sources) > _MOST_SOURCES:
                self._sources.popitem(last=False)
            return self._sources[key]

    @contextmanager
    def runs(self) -> Iterator[PipelineRuns]:
        """The runs of the pipeline. A SQLite file is opened for one page, a DynamoDB table once."""
        pipeline = self.pipeline()
        name, options = chosen_engine(pipeline, local=self._local)

        def engine() -> Engine:
            with self._lock:
                if self._engine is None or self._engine[0] != pipeline:
                    self._engine = pipeline, load_engine(name, pipeline)
                return self._engine[1]

        with self._tracking(pipeline.tracking) as tracking:
            yield PipelineRuns(tracking, engine, options=options, pipeline=pipeline)

    @contextmanager
    def _tracking(self, uri: str) -> Iterator[TrackingStore]:
        if not uri.startswith("dynamodb://"):
            with open_tracking(uri, read_only=True) as tracking:
                yield tracking
            return
        with self._lock:
            if uri not in self._lasting:
                self._lasting[uri] = open_tracking(uri, read_only=True, clients=Clients())
        yield self._lasting[uri]
