"""What the example jobs say of files, to whichever service has those of their campaign.

Each has the functions of ``poms_client.job``: ``files``, ``all_files`` and ``declare``. What is
about the job itself is the same everywhere.
"""

import importlib
import os
from typing import Any

from poms_client.job import index, output, worker

__all__ = ["all_files", "declare", "files", "index", "output", "worker"]

# The module that speaks to a service, by a variable that only launches on that service set.
SERVICES = {
    "POMS_DATA_DISPATCHER_TASK_ID": "examples.data_dispatcher",
    "SAM_WEB_BASE_URL": "examples.sam",
}


def _service() -> Any:
    names = (module for variable, module in SERVICES.items() if variable in os.environ)
    return importlib.import_module(next(names, "poms_client.job"))


files = _service().files
all_files = _service().all_files
declare = _service().declare
