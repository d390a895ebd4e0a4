"""Something goes wrong at each call of a campaign's story: nothing follows from it but a wait.

The calls aren't listed here: the story is told once without faults, and what the servers were asked
is what goes wrong afterwards, in a story of its own each, as long as it goes wrong at all. When the
service is back the campaign ends as it would have.
"""

import os
import re
from collections import Counter
from datetime import timedelta

import pytest
from django.db import models
from django.utils import timezone

from campaigns.models import DataService
from datahandling.handlers.sam import handler as sam_handler
from datahandling.models import ServiceHealth
from poms_client.testing.faults import Fault
from poms_client.testing.mishaps import KINDS
from poms_client.testing.sam import SamServer
from submissions.models import Pass, Submission
from workflow.models import Decision, Join, LeftBehind
from workflow.tasks import run_pass
from workflow.tests.data_dispatcher import DispatcherJobs
from workflow.tests.sam import SamJobs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Data Dispatcher's client
]

PATIENT, QUICK = timedelta(seconds=20), timedelta(seconds=0.25)
FAULTS = (*KINDS, "500", "401")
# Each fault meets a share of the calls only: the handlers' own test tries all with all.
SHARE = 10 if os.environ.get("POMS_THOROUGH") == "1" else 30
RECOVERY = {"sam": "consumed_status", "data_dispatcher": "state_failed"}


@pytest.fixture(params=RECOVERY)
def kind(request):
    return request.param


@pytest.fixture
def jobs(kind, world, tmp_path):
    if kind == "sam":
        with SamServer() as server:
            jobs = SamJobs(world, server)
            jobs.servers = [server]
            yield jobs
    else:
        jobs = DispatcherJobs(world, tmp_path)
        jobs.servers = [jobs.running.metacat, jobs.running.dispatcher]
        yield jobs


class Story:
    """Slices, a recovery, dependents and a join; ``look()`` is what the workflow does between."""

    def __init__(self, world, jobs, kind, tag):
        self.world, self.jobs, self.tag = world, jobs, tag
        self.names = jobs.dataset(f"raw{tag}", 4)
        self.stages = [
            reco := world.stage(
                f"reco{tag}",
                dataset=f"raw{tag}",
                split_type="nfiles(3)",
                completion_pct=60,
                recoveries=[RECOVERY[kind]],
            ),
            ana := world.stage(f"ana{tag}", after=[reco]),
            world.stage(f"merge{tag}", after=[ana], join=True),
        ]

    def tell(self, look):
        """Tell it to its end; return how things stood after each look."""
        self.world.launch(self.stages[0])
        stood = [look(self)]
        while idle := list(self.submissions(status="Idle")):
            for submission in idle:
                hopeless = self.names[1:2] if submission.stage == self.stages[0] else ()
                self.jobs.finish(submission, fail=hopeless)
            stood.append(look(self))
            assert len(stood) < 10
        return stood

    def submissions(self, **where):
        return Submission.objects.filter(stage__in=self.stages, **where).order_by("pk")

    def stands(self):
        """How far each submission is, and what was given up; by names without the tag."""
        found, number = {}, Counter()
        for one in self.submissions().select_related("stage"):
            place = (one.stage.name.removesuffix(self.tag), one.cause)
            number[place] += 1
            found[*place, number[place]] = (one.status, one.finished_at is not None)
        return found

    def end(self):
        files = [
            (one.stage.name, [name.replace(f"raw{self.tag}", "raw") for name in self.files(one)])
            for one in self.submissions().select_related("stage")
        ]
        left = LeftBehind.objects.filter(submission__stage__in=self.stages)
        return (
            [(name.removesuffix(self.tag), sorted(names)) for name, names in files],
            sorted((one.file.replace(f"raw{self.tag}", "raw"), one.kind) for one in left),
        )

    def files(self, submission):
        named = [name.replace(self.tag, "") for name in self.jobs.files(submission.dataset)]
        return [name for name in named if name]


def look_at_all():
    now = timezone.now()
    for model in (Submission, Pass, Join):
        model.objects.filter(due_at__isnull=False).update(due_at=now)
    run_pass()


def forget():
    """The service is back, and nobody remembers that it was away."""
    ServiceHealth.objects.all().delete()
    sam_handler._known_projects.clear()


def waits(patience):
    DataService.objects.update(connect_timeout=patience, read_timeout=patience)


def recorded(jobs, calls):
    """Look, and add what was asked to ``calls``: how often at most, in one look."""

    def look(story):
        for server in jobs.servers:
            server.faults.log.clear()
        forget()
        look_at_all()
        for number, server in enumerate(jobs.servers):
            asked = Counter(
                (number, request.method, shape(request.path)) for request in server.faults.log
            )
            for call, times in asked.items():
                calls[call] = max(calls[call], times)
        return story.stands()

    return look


def shape(path):
    """An expression for paths like this one, whatever the name in it is."""
    parts = ["[^/]+" if re.search(r"\d", part) else re.escape(part) for part in path.split("/")]
    return f"^{'/'.join(parts)}(\\?|$)"


def disturbed(jobs, fault, befell):
    """Look while something goes wrong, then twice when it doesn't any more."""

    def look(story):
        server, spec = fault
        jobs.servers[server].faults.log.clear()
        forget()
        waits(QUICK)
        jobs.servers[server].faults.add(Fault(**spec))
        before, unknown = story.stands(), told()
        look_at_all()
        met = any(request.fault for request in jobs.servers[server].faults.log)
        befell.append((before, story.stands(), met, told() != unknown))
        jobs.servers[server].faults.clear()
        waits(PATIENT)
        forget()
        look_at_all()
        look_at_all()
        return story.stands()

    return look


def told():
    """Everything that says somewhere that there was no clear answer."""
    looks = Decision.objects.filter(unknown=True).aggregate(models.Sum("times"))
    joins = Join.objects.filter(waits_for__contains="no clear answer").count()
    return looks, joins, Pass.objects.exclude(note="").count()


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_at_any_call_the_campaign_ends_as_it_would_have(fault, kind, world, jobs):
    calls = Counter()
    plain = Story(world, jobs, kind, "a0")
    stood = plain.tell(recorded(jobs, calls))
    end = plain.end()
    every = [(call, after) for call, times in sorted(calls.items()) for after in range(times)]
    mine = every[FAULTS.index(fault) % SHARE :: SHARE]
    assert mine

    for number, ((server, method, path), after) in enumerate(mine, start=1):
        for earlier in range(after, -1, -1):  # not every look asks as often
            befell = []
            spec = {"kind": fault, "method": method, "path": path, "after": earlier}
            story = Story(world, jobs, kind, f"a{number}_{earlier}")
            story.tell(disturbed(jobs, (server, spec), befell))
            assert story.end() == end, spec
            if any(met for _, _, met, _ in befell):
                break
        else:
            pytest.fail(f"{method} {path} was never asked again")
        for look, (before, there, _, said) in enumerate(befell):
            assert is_between(before, there, stood[look]), (spec, look, there, stood[look])
            assert said or there == stood[look], (spec, look, there)


def is_between(before, there, after):
    """Whether nothing is there that wouldn't be, and nothing is further than it would be."""
    return there.keys() <= after.keys() and all(
        state in (before.get(one), after[one], ("New", False)) for one, state in there.items()
    )
