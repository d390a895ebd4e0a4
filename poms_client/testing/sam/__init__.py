"""SAM web as POMS and its jobs see it: the language of dimensions, and the endpoints.

No server of it is public. What is attested of it (by its clients, by POMS, by monitors of projects)
is here as it is there; what had to be chosen is marked "ours" where it stands.
"""

from poms_client.testing.sam.server import SamServer

__all__ = ["SamServer"]
