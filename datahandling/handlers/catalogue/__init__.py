"""The embedded catalogue: a data service that needs nothing but POMS's own database."""

from datahandling.handlers.catalogue.declaring import (
    BadDeclaration,
    Declaration,
    Declared,
    FileConflict,
    Maker,
)
from datahandling.handlers.catalogue.drawing import HandleConflict
from datahandling.handlers.catalogue.handler import Catalogue

__all__ = [
    "BadDeclaration",
    "Catalogue",
    "Declaration",
    "Declared",
    "FileConflict",
    "HandleConflict",
    "Maker",
]
