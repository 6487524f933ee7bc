"""The HTTP API ``/api/v1``: analyses pictures, queues videos and returns results, in the app's server or standalone.

:func:`create_api` returns an ASGI application to mount; :func:`emotion.http_api.serve.create_server` wraps it for
``emotion serve``. See ``docs/http-api.md``.
"""

from emotion.http_api.app import ADDRESS, create_api
from emotion.http_api.context import ApiContext

__all__ = ["ADDRESS", "ApiContext", "create_api"]
