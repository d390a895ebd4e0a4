"""Jobs of a whole stage or campaign: killed, cancelled, held and released."""

import html
import re
from functools import partial
from threading import Barrier

import pytest
from django.utils import timezone

from campaigns.models import Experimenter, LoginSetup, Membership
from campaigns.roles import Role
from datahandling.base import Unknown
from submissions.launchers.local import LocalLauncher
from submissions.models import Submission
from submissions.registering import register_external
from submissions.statuses import Actor
from workflow import bulk
from workflow.bulk import control_many
from workflow.controls import Refused
from workflow.tasks import run_pass
from workflow.tests.conftest import ByHand
from workflow.views import jobs

pytestmark = pytest.mark.django_db(transaction=True)  # threads have connections of their own


@pytest.fixture
def asked(monkeypatch):
    """Note what the launcher is asked; of the submissions in ``asked.deaf`` there is no answer."""

    class Asked(list):
        deaf: set = set()

    asked = Asked()

    def control(self, act, submission):
        if submission in asked.deaf:
            raise Unknown("no answer")
        asked.append((act, submission))
        return ""

    monkeypatch.setattr(ByHand, "control", control)
    return asked


@pytest.fixture
def three(world, asked):
    """Submissions of a stage: Idle, Running and Held."""
    stage = world.stage("gen", stage_type="generator")
    made = [world.launch(stage) for _ in range(3)]
    run_pass()
    world.say(made[1], "Running")
    world.say(made[2], "Held")
    return made


@pytest.fixture
def root(world):
    return Experimenter.objects.create_superuser("root", password="x")


def all_of(world):
    return Submission.objects.filter(stage__campaign=world.campaign)


def test_all_jobs_of_a_campaign_are_killed_those_that_are_held_as_well(world, root, three, asked):
    outcome = control_many(all_of(world), "kill", root)

    assert sorted(asked) == [("kill", each.pk) for each in three]
    assert outcome.done == [each.pk for each in three]
    assert {world.status(each) for each in three} == {"Removed"}


def test_one_that_could_not_be_killed_stays_as_it_was(world, root, three, asked):
    asked.deaf = {three[1].pk}

    outcome = control_many(all_of(world), "kill", root)

    assert [world.status(each) for each in three] == ["Removed", "Running", "Removed"]
    assert list(outcome.refused) == [three[1].pk]
    assert f"1 is as it was, {three[1].pk}: " in str(outcome)


@pytest.mark.parametrize("act", ["kill", "cancel"])
def test_an_agent_that_sees_first_that_the_jobs_are_gone_makes_it_no_failure(
    world, root, three, monkeypatch, act
):
    def control(self, act, pk):
        world.say(Submission.objects.get(pk=pk), "Removed")
        return ""

    monkeypatch.setattr(ByHand, "control", control)

    outcome = control_many(all_of(world), act, root)

    assert (outcome.done, outcome.refused) == ([each.pk for each in three], {})
    for each in three:
        assert each.decisions.get(about="jobs").conclusion == "killed by root"


@pytest.mark.parametrize(
    ("act", "which", "said"), [("hold", 1, "held by root"), ("release", 2, "released by root")]
)
def test_who_held_and_released_jobs_is_written_down(world, root, three, asked, act, which, said):
    control_many(all_of(world), act, root)

    assert three[which].decisions.get(about="jobs").conclusion == said


def test_who_only_tried_is_not_written_down(world, root, three, asked):
    asked.deaf = {three[0].pk}

    control_many(all_of(world), "hold", root)

    assert not three[0].decisions.filter(about="jobs").exists()


@pytest.mark.parametrize("status", ["LaunchFailed", "Failed", "Completed", "Awaiting Approval"])
def test_what_is_named_by_itself_is_cancelled_whatever_a_person_may_end(
    world, root, three, asked, client, status
):
    over = three[0]
    Submission.objects.filter(pk=over.pk).update(status=status, jobs_ended_at=timezone.now())
    client.force_login(root)
    body = {"act": "cancel", "submission": over.pk}

    answer = client.post("/api/v1/controls/", body, content_type="application/json")

    assert answer.json() == {"done": [over.pk], "refused": [], "left": 0}
    assert world.status(over) == "Cancelled"


def test_what_is_over_is_not_cancelled_with_all_of_its_campaign(world, root, three, asked):
    world.say(three[0], "Completed")

    outcome = control_many(all_of(world), "cancel", root)

    assert outcome.done == [three[1].pk, three[2].pk]
    assert world.status(three[0]) == "Completed"


def test_one_that_is_located_is_over_for_good(world, root, three, asked):
    Submission.objects.filter(pk=three[0].pk).update(status="Located")

    with pytest.raises(Refused, match="no jobs that could be cancelled"):
        control_many(Submission.objects.filter(pk=three[0].pk), "cancel", root, alone=True)


def test_a_login_setup_that_makes_no_sense_spoils_nothing_for_others(
    world, root, three, asked, monkeypatch
):
    """One was registered from outside: nobody has tried what its stage says now."""
    LoginSetup.objects.update(launch_setup="use %(nothing)s")
    three[0].stage.login_setup.refresh_from_db()
    strange = register_external(three[0].stage, root)
    strange.move_to("Running", actor=Actor.AGENT)
    by_hand = ByHand.control

    def control(self, act, pk):
        really = LocalLauncher(strange).control if pk == strange.pk else partial(by_hand, self)
        return really(act, pk)

    monkeypatch.setattr(ByHand, "control", control)

    outcome = control_many(all_of(world), "hold", root)

    assert outcome.done == [three[0].pk, three[1].pk]
    assert "%(nothing)s" in outcome.refused[strange.pk]


@pytest.mark.parametrize(("act", "which"), [("hold", [0, 1]), ("release", [2])])
def test_hold_and_release_go_to_those_that_they_make_sense_for(
    world, root, three, asked, act, which
):
    before = [world.status(each) for each in three]

    control_many(all_of(world), act, root)

    assert sorted(asked) == [(act, three[number].pk) for number in which]
    assert [world.status(each) for each in three] == before  # the agent says what became of it


def test_what_is_not_launched_yet_is_cancelled_without_asking_the_batch(world, root, three, asked):
    new = world.launch(three[0].stage)

    control_many(all_of(world), "cancel", root)

    assert world.status(new) == "Cancelled"
    assert ("kill", new.pk) not in asked


def test_a_stage_without_jobs_is_told_so(world, root, asked):
    with pytest.raises(Refused, match="no jobs that could be killed"):
        control_many(all_of(world), "kill", root)


def test_an_act_that_is_none_is_refused(world, root):
    with pytest.raises(Refused, match="called with unknown action dance"):
        control_many(all_of(world), "dance", root)


def test_what_is_not_reached_in_time_is_counted(world, root, three, asked, monkeypatch):
    monkeypatch.setattr(bulk, "TIME", -1.0)

    outcome = control_many(all_of(world), "kill", root)

    assert (outcome.done, outcome.left) == ([three[0].pk], 2)
    assert "2 were not reached" in str(outcome)


def test_commands_run_at_the_same_time(world, root, three, monkeypatch):
    together = Barrier(3)
    monkeypatch.setattr(ByHand, "control", lambda self, act, pk: str(together.wait(30)))

    assert len(control_many(all_of(world), "kill", root).done) == 3


def test_it_goes_on_after_those_that_were_reached(world, root, three, asked):
    outcome = control_many(all_of(world), "kill", root, after=three[0].pk)

    assert outcome.done == [three[1].pk, three[2].pk]
    assert control_many(all_of(world), "kill", root, after=three[2].pk).done == []


def test_a_page_shows_how_far_it_is_and_goes_on(world, root, three, asked, client, monkeypatch):
    client.force_login(root)
    press = f"/stages/{three[0].stage_id}/jobs/kill/"
    asked.deaf = {three[1].pk}

    monkeypatch.setattr(jobs, "A_MOMENT", -1.0)
    pages = [client.post(press)]
    while pages[-1].status_code == 200:
        pages.append(client.post(press, fields_of(pages[-1])))
    end = client.get(pages[-1].url).content.decode()

    assert "1 of 3 submissions: 1 killed, 0 as they were." in pages[0].content.decode()
    assert "2 of 3 submissions: 1 killed, 1 as they were." in pages[1].content.decode()
    assert f"The jobs of 2 submissions were killed. 1 is as it was, {three[1].pk}: " in end


def fields_of(page):
    """Return what the form that goes on would send."""
    found = re.findall(r'name="(after|done|refused|example)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found}


def test_stages_of_others_are_left_alone(world, three, asked):
    outcome = control_many(all_of(world), "kill", world.person)  # no member of the experiment

    assert asked == []
    assert len(outcome.refused) == 3


def test_the_page_of_a_stage_does_it_and_says_so(world, root, three, asked, client):
    client.force_login(root)
    stage = three[0].stage

    page = client.post(f"/stages/{stage.pk}/jobs/kill/", follow=True)

    assert "The jobs of 3 submissions were killed." in page.content.decode()


def test_the_api_says_what_became_of_each(world, root, three, asked, client):
    asked.deaf = {three[2].pk}
    client.force_login(root)
    body = {"act": "kill", "campaign": world.campaign.pk}

    answer = client.post("/api/v1/controls/", body, content_type="application/json").json()

    assert answer["done"] == [three[0].pk, three[1].pk]
    assert [row["submission"] for row in answer["refused"]] == [three[2].pk]
    assert answer["left"] == 0


def test_the_api_wants_one_thing_to_be_named(world, root, client):
    client.force_login(root)
    for body in ({"act": "kill"}, {"act": "kill", "stage": 1, "campaign": 1}, {"act": "dance"}):
        answer = client.post("/api/v1/controls/", body, content_type="application/json")
        assert answer.status_code == 400


def test_only_who_may_launch_is_shown_the_buttons(world, root, asked, client):
    stage = world.stage("gen", stage_type="generator")
    onlooker = Experimenter.objects.create_user("eve", password="x")
    Membership.objects.create(
        experimenter=onlooker, experiment=world.experiment, role=Role.ANALYSIS
    )
    for page in (f"/stages/{stage.pk}/", f"/campaigns/{world.campaign.pk}/"):
        for who, shown in ((root, True), (onlooker, False)):
            client.force_login(who)
            said = client.get(page).content.decode()
            assert (f'action="{page}jobs/kill/"' in said) is shown, (page, who)
