"""A stand-in for MetaCat: its own engine (``engine``) behind an HTTP layer of ours.

::

    with new_database(server_url) as url, MetaCatServer(url, [Person("poms", "secret")]) as metacat:
        client = MetaCatClient(metacat.url)
"""

from poms_client.testing.metacat.service import MetaCatServer

__all__ = ["MetaCatServer"]
