"""A stand-in for Data Dispatcher: its own engine (``engine``) behind an HTTP layer of ours."""

from poms_client.testing.dispatcher.service import DispatcherServer

__all__ = ["DispatcherServer"]
