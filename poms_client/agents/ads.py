"""What a job ad of HTCondor says, as a job of a submission.

``JobStatus``: 0 unexpanded, 1 idle, 2 running, 3 removed, 4 completed, 5 held, 6 transferring
output, 7 suspended. ``JobUniverse`` 7 is the scheduler's: DAGMan, which carries the tags of its
nodes and does no work itself.
"""

from __future__ import annotations

import re
from typing import Any

from poms_client.agents.spelling import environment_of, lead_job, project_in
from poms_client.agents.tally import Job

Ad = dict[str, Any]

ATTRIBUTES = (
    *("ClusterId", "ProcId", "GlobalJobId", "JobsubJobId", "POMS4_SUBMISSION_ID"),
    *("JobStatus", "JobUniverse", "QDate", "TotalSubmitProcs", "DAGManJobId", "DAG_NodesTotal"),
    *("ExitCode", "ExitBySignal", "ExitSignal", "RemoveReason"),
    *("HoldReason", "HoldReasonCode", "HoldReasonSubCode"),
    *("RemoteWallClockTime", "RemoteUserCpu", "RemoteSysCpu", "Args", "Environment"),
)
LEADER = 7
IN_QUEUE = {0: "idle", 1: "idle", 2: "running", 3: "running", 5: "held", 6: "running", 7: "running"}
COMPLETED, REMOVED = 4, 3
# By the rules of the job or the site, such as a time limit; not "via condor_rm", nor with its DAG.
BY_ITSELF = re.compile(r"The (job attribute|system macro) ")


def is_ours(ad: Ad) -> bool:
    """Tell whether it is whole enough to be counted, and of a submission."""
    wanted = (ad.get(name) for name in ("ClusterId", "ProcId", "JobStatus", "POMS4_SUBMISSION_ID"))
    return all(str(value).isdecimal() for value in wanted)


def job_of(ad: Ad, place: str, *, left: bool) -> Job:
    """Return the job that an ad describes.

    :param left: the ad is of the history: the job has left the queue.
    """
    state, code = _state(ad, left)
    leads = ad.get("JobUniverse") == LEADER
    announced = ad.get("DAG_NodesTotal" if leads else "TotalSubmitProcs")
    return Job(
        submission=int(ad["POMS4_SUBMISSION_ID"]),
        cluster=_cluster(ad, place),
        state=state,
        of_cluster=int(announced) if isinstance(announced, int) else 0,
        code=code,
        wall=_seconds(ad, "RemoteWallClockTime"),
        cpu=_seconds(ad, "RemoteUserCpu") + _seconds(ad, "RemoteSysCpu"),
        held_for=_held_for(ad),
        project=project_in(_text(ad, "Args"), environment_of(_text(ad, "Environment"))),
        since=_seconds(ad, "QDate") or float("inf"),
        leads=leads,
        place=place,
        id=f"{ad['ClusterId']}.{ad['ProcId']}@{place}",
        left=left,
    )


def _state(ad: Ad, left: bool) -> tuple[str, str]:
    """Return the job's state, and how it ended."""
    number = int(ad["JobStatus"])
    if number == COMPLETED:
        return _ended(ad)
    if not left:
        return IN_QUEUE.get(number, "running"), ""
    if number != REMOVED:
        return "failed", "unknown"
    by_itself = BY_ITSELF.match(_text(ad, "RemoveReason"))
    return ("failed", "removed") if by_itself else ("cancelled", "")


def _ended(ad: Ad) -> tuple[str, str]:
    if ad.get("ExitBySignal") is True:
        return "failed", f"signal {ad.get('ExitSignal', '?')}"
    code = ad.get("ExitCode")
    return ("completed" if code == 0 else "failed"), str(code if code is not None else "unknown")


def _cluster(ad: Ad, place: str) -> str:
    """Return the id of the lead job, at the schedd that the job is of."""
    said = _text(ad, "JobsubJobId")
    schedd = said.partition("@")[2] or _text(ad, "GlobalJobId").partition("#")[0] or place
    return lead_job(f"{ad['ClusterId']}@{schedd or 'local'}")


def _held_for(ad: Ad) -> str:
    reason = _text(ad, "HoldReason")
    return f"{reason} (code {ad.get('HoldReasonCode', '?')})" if reason else ""


def _seconds(ad: Ad, name: str) -> float:
    value = ad.get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _text(ad: Ad, name: str) -> str:
    value = ad.get(name)
    return value if isinstance(value, str) else ""
