"""How POMS asks a data service over HTTP: bounded, retried with care, and never believed blindly.

Every answer is one that was asked for, or Unknown is raised.
"""

from datahandling.http.answers import Answer
from datahandling.http.breaker import health_of
from datahandling.http.client import Client, client_for

__all__ = ["Answer", "Client", "client_for", "health_of"]
