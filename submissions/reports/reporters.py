"""Whose word counts for what, among those who report."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from campaigns.access import is_agent, may_report
from datahandling.handlers import HANDLERS
from submissions.authentication import Job
from submissions.models import Submission
from submissions.reports.reading import Report
from submissions.showing import launched_on, with_shown_parts


def trusted(user: Any, reports: Iterable[Report]) -> list[Report]:
    """Return the reports without what ``user`` can't be believed: a project that POMS makes.

    Its files would be theirs: so a job, or who launched it, names one only where jobs start it.
    """
    said = list(reports)
    naming = {report.submission_id for report in said if report.project}
    if is_agent(user) or not naming:
        return said
    rows = with_shown_parts(Submission.objects.filter(pk__in=naming)).select_related("experiment")
    ours = {
        row.pk
        for row in rows
        if (isinstance(user, Job) or not may_report(user, row.experiment))
        and HANDLERS[launched_on(row)].makes_projects
    }
    return [replace(one, project="") if one.submission_id in ours else one for one in said]
