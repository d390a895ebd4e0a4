"""Asks one schedd by HTCondor's bindings and prints the ads as ``condor_q -json`` does.

``python bindings.py POOL queue|history|newest SCHEDD CONSTRAINT STOP ATTRIBUTE …``: empty texts
stand for the configured pool, the local schedd and the whole history, of which ``newest`` is the
last. An answer that broke off is none.
"""

from __future__ import annotations

import sys
from typing import Any


def main(pool: str, what: str, schedd: str, constraint: str, stop: str, *wanted: str) -> int:
    try:
        import htcondor2  # which may not be there
    except ImportError:
        print("there are no bindings: pip install 'poms_client[condor]'", file=sys.stderr)
        return 1
    try:
        place = _schedd(htcondor2, pool, schedd)
        if what == "queue":
            ads = place.query(constraint, list(wanted))
        else:
            most = 1 if what == "newest" else -1
            ads = place.history(constraint, list(wanted), most, since=stop or None)
    except (htcondor2.HTCondorException, ValueError) as error:
        print(str(error), file=sys.stderr)
        return 1
    print("[" + ",\n".join(ad.printJson() for ad in ads) + "]")
    return 0


def _schedd(htcondor2: Any, pool: str, name: str) -> Any:
    if not name:
        return htcondor2.Schedd()
    found = htcondor2.Collector(pool or None).locate(htcondor2.DaemonType.Schedd, name)
    if found is None:  # of which Schedd would make the local one
        raise ValueError(f"the collector knows no schedd {name}")
    return htcondor2.Schedd(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
