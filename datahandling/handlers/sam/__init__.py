"""SAM: the experiment's own catalogue of files, asked in its language of dimensions."""

from datahandling.handlers.sam.handler import Sam

__all__ = ["Sam"]
