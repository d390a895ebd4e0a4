"""HTCondor, by ``condor_submit``, ``condor_q``, ``condor_history`` and their like.

``POMS_CONDOR_SCHEDDS`` names the schedds that may have jobs of ours, with commas between them; all
of them have to answer before the answer is *none*. Unless it is set, that is the local schedd.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from typing import Any, ClassVar, Optional

from poms_client.crash import point
from poms_client.systems import description, running, tags
from poms_client.systems.base import Controllable, Found, Order, Submitted
from poms_client.systems.running import NoAnswer, NotSubmitted, program

LEADER = 7  # universe of DAGMan, which carries the tags of its nodes
SCHEDD = re.compile(r"^-- Schedd: (\S+) :", re.MULTILINE)
SUBMITTED = re.compile(r"^(\d+) job\(s\) submitted to cluster (\d+)\.", re.MULTILINE)
ATTRIBUTES = "ClusterId,ProcId,JobUniverse,DAGManJobId,GlobalJobId,POMS_ATTEMPT"
ACTS = {"kill": "condor_rm", "hold": "condor_hold", "release": "condor_release"}
Ad = dict[str, Any]


class Condor(Controllable):
    name: ClassVar[str] = "condor"
    _schedd = ""

    def check(self) -> None:
        program("condor_submit")
        said = running.ask([program("condor_q"), "-totals", "-constraint", "false"])
        found = SCHEDD.search(said)
        if found is None:
            raise NoAnswer(f"condor_q doesn't say which schedd it asked: {said.strip()[:200]!r}")
        self._schedd = found[1]

    def submit(self, order: Order) -> Submitted:
        given: dict[str, str] = {}
        if order.submission is not None:
            given = tags.of(order.submission, order.attempt)
        command = self._command(order, given)
        point("before-submit")
        said = running.submit(command, order.expires, {**os.environ, **order.environment})
        point("after-submit")
        found = SUBMITTED.search(said)
        if found is None:
            raise NotSubmitted(f"{command[0]} named no cluster; what it said is above")
        return Submitted(f"{found[2]}@{self._schedd}", None if order.dag else int(found[1]))

    def _command(self, order: Order, given: dict[str, str]) -> list[str]:
        """Write the description, if need be, and return the command that submits it."""
        lines = [*order.lines, *description.attributes(given)]
        appended = [word for line in lines for word in ("-append", line)]
        names = ",".join(order.environment)
        if order.dag:
            text = description.around_dag(order.dag, given, names)
            dag = running.written(order, ".dag", text)
            command = [program("condor_submit_dag"), "-include_env", names]
            return [*command, *appended, dag]
        if order.description:
            seen = [f"getenv={names}"] if names else []  # unless the description says its own
            return [program("condor_submit"), *seen, order.description, *appended]
        text = description.of_command(order, self._schedd, given)
        return [program("condor_submit"), running.written(order, ".sub", text)]

    def find(self, submission: int, since: Optional[float]) -> list[Found]:
        """Ask the queue first, as a job is in the history before it leaves the queue."""
        constraint = f"POMS4_SUBMISSION_ID == {submission}"
        ads: dict[str, Ad] = {}
        for schedd in _schedds():
            where = ["-name", schedd] if schedd else []
            asked = [*where, "-constraint", constraint, "-json", "-attributes", ATTRIBUTES]
            newer = [] if since is None else ["-since", older_than(since)]
            for command in (["condor_q", "-allusers", *asked], ["condor_history", *asked, *newer]):
                ads.update((str(ad.get("GlobalJobId")), ad) for ad in _ads(command, schedd))
        return _clusters(ads.values())

    def control(self, act: str, submission: int) -> str:
        constraint = f"POMS4_SUBMISSION_ID == {submission}"
        said = ""
        for schedd in _schedds():
            where = ["-name", schedd] if schedd else []
            which = [*where, "-constraint", constraint]
            if _ads(["condor_q", "-allusers", *which, "-json", "-attributes", "ProcId"], schedd):
                said += running.ask([program(ACTS[act]), *which])
        return said


def older_than(since: float) -> str:
    """Return at which job to stop reading a schedd's history, from its end.

    Jobs are in it in the order in which they left the queue: that of their last change of status,
    but for those that were kept for their output. The search doesn't stop at one of these, though
    the expression that kept it is false by then.
    """
    return (
        f"EnteredCurrentStatus < {int(since)} && StageInFinish =?= undefined"
        ' && unparse(LeaveJobInQueue) == "false"'
    )


def _schedds() -> list[str]:
    """Return the names to ask; an empty one is the local schedd."""
    return os.environ.get("POMS_CONDOR_SCHEDDS", "").split(",")


def _ads(command: list[str], schedd: str) -> list[Ad]:
    try:
        said = running.ask([program(command[0]), *command[1:]])
    except NoAnswer as error:
        raise NoAnswer(f"schedd {schedd or 'here'}: {error}") from None
    try:
        ads = json.loads(said or "[]")  # condor_q prints nothing when nothing matches
    except ValueError:
        raise NoAnswer(f"{command[0]} printed no whole JSON: {said[:200]!r}") from None
    if not isinstance(ads, list):
        raise NoAnswer(f"{command[0]} printed no list: {said[:200]!r}")
    return ads


def _clusters(ads: Iterable[Ad]) -> list[Found]:
    """Group jobs by their cluster, or by the leader of their DAG."""
    found: dict[str, Found] = {}
    for ad in ads:
        cluster = ad.get("DAGManJobId", ad.get("ClusterId"))
        lead = f"{cluster}@{str(ad.get('GlobalJobId')).partition('#')[0]}"
        known = found.get(lead, Found(lead, ad.get("POMS_ATTEMPT"), 0))
        works = ad.get("JobUniverse") != LEADER
        found[lead] = known._replace(jobs=known.jobs + works)
    return [found[lead] for lead in sorted(found)]
