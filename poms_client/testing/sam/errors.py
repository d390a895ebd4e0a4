"""What SAM answers when it doesn't do what it is asked: a status, a type and a message."""

from __future__ import annotations


class SamError(Exception):
    """The name of the class goes into the answer, as ``{"error": …, "message": …}``."""

    status = 400


class DimensionError(SamError):
    """A query that can't be parsed, or asks for what there is not."""


class InvalidMetadata(SamError):
    """A file that can't be declared like this."""


class BadRequest(SamError):
    """A request without what it needs."""


class HTTPForbidden(SamError):
    status = 403


class HTTPNotFound(SamError):
    status = 404


class DefinitionNotFound(HTTPNotFound):
    pass


class ProjectNotFound(HTTPNotFound):
    pass


class FileNotFound(HTTPNotFound):
    pass


class Conflict(SamError):
    status = 409
