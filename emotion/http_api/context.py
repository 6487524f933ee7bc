"""What the API needs from the server that it runs in."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from emotion.engine.analyzer import Analyzer
from emotion.http_api.request_limits import RequestLimits
from emotion.library import Library
from emotion.library.owners.tokens import Token
from emotion.models.registry import resolve

_MODELS = 2
"""Models that stay loaded; each takes tens of megabytes."""


class Analyzers:
    """Loads models on first use, and keeps the last few. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, Analyzer] = OrderedDict()

    def __call__(self, model: str) -> Analyzer:
        """Return the analyzer of a model.

        Raises:
            ModelError: There is no such model.
        """
        name = resolve(model)
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = Analyzer(name)
                while len(self._loaded) > _MODELS:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(name)
            return self._loaded[name]


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What the API needs from its server.

    Attributes:
        open_library: Returns the shared library, opened on first use.
        needs_token: Returns whether every request needs a token; if not, requests without one act for the local owner.
        may_enter: Returns whether the creator of a token still has access.
        analyzer: Returns the analyzer of a model.
        request_limits: Limits of simultaneous requests.
    """

    open_library: Callable[[], Library]
    needs_token: Callable[[], bool]
    may_enter: Callable[[Token], bool]
    analyzer: Callable[[str], Analyzer] = field(default_factory=Analyzers)
    request_limits: RequestLimits = field(default_factory=RequestLimits)
