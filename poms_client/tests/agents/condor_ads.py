"""Job ads as HTCondor 23.9.6 prints them, and a look at them."""

import time

from poms_client.agents.condor import CondorSource

QDATE = int(time.time()) - 3600
IDLE, RUNNING, REMOVED, COMPLETED, HELD = 1, 2, 3, 4, 5
EMPTY = "[\n]\n"  # what condor_history prints when nothing matches; condor_q prints nothing


def ad(cluster=7, proc=0, status=RUNNING, submission=1234, schedd="vm", **more):
    return {
        "ClusterId": cluster,
        "ProcId": proc,
        "GlobalJobId": f"{schedd}#{cluster}.{proc}#{QDATE}",
        "JobStatus": status,
        "JobUniverse": 5,
        "POMS4_SUBMISSION_ID": submission,
        "QDate": QDATE,
        "RemoteWallClockTime": 0.0,
        "RemoteUserCpu": 0.0,
        "Args": "a b",
        "Environment": "POMS_TASK_ID=1234",
        **more,
    }


def ended(proc=0, code=0, wall=100.0, cpu=80.0, **more):
    return ad(
        proc=proc,
        status=COMPLETED,
        ExitCode=code,
        ExitBySignal=False,
        RemoteWallClockTime=wall,
        RemoteUserCpu=cpu,
        **more,
    )


def look(condor, queue=(), history=(), source=None):
    condor.print("condor_q", list(queue) if queue else "")
    condor.print("condor_history", list(history) if history else EMPTY)
    return (source or CondorSource()).look()


def only(found):
    (report,) = found.reports
    return report


def leader(status=RUNNING, **more):
    return ad(cluster=6, status=status, JobUniverse=7, DAG_NodesTotal=3, **more)
