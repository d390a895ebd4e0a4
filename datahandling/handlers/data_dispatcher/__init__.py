"""MetaCat, which knows an experiment's files, with Data Dispatcher, which hands them out."""

from datahandling.handlers.data_dispatcher.handler import DataDispatcher

__all__ = ["DataDispatcher"]
