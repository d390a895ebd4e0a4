"""The admin lets members in, shows them their experiments, and changes what they may edit."""

import pytest
from django.urls import reverse

from campaigns.models import (
    Campaign,
    CampaignStage,
    Experiment,
    JobType,
    LoginSetup,
    Membership,
    Tag,
)
from campaigns.tests import builders
from campaigns.tests.builders import person

pytestmark = [pytest.mark.django_db, pytest.mark.rights]

MODELS = ["experiment", "campaign", "campaignstage", "jobtype", "loginsetup", "tag"]


@pytest.fixture
def team():
    """A production item's owner, and the item: campaign, stage, job type, login setup."""
    owner = person("owner", "production")
    campaign = builders.campaign("mc", owner)
    stage = builders.stage("gen", campaign)
    return {
        "campaign": campaign,
        "campaignstage": stage,
        "jobtype": stage.job_type,
        "loginsetup": stage.login_setup,
    }


def change_page(item):
    return reverse(f"admin:{item._meta.label_lower.replace('.', '_')}_change", args=[item.pk])


def history_page(item):
    return reverse(f"admin:{item._meta.label_lower.replace('.', '_')}_history", args=[item.pk])


def list_page(model):
    return reverse(f"admin:campaigns_{model}_changelist")


def autocomplete(client, model, field, term="", **query):
    names = {"app_label": "campaigns", "model_name": model, "field_name": field}
    response = client.get(reverse("admin:autocomplete"), {**names, "term": term, **query})
    return response.status_code, [
        r["text"] for r in response.json().get("results", [])
    ] if response.status_code == 200 else None


@pytest.mark.parametrize("role", ["analysis", "production-shifter", "production", "superuser"])
def test_an_active_member_enters_and_opens_every_list(client, role, team):
    client.force_login(person("me", role))

    assert client.get(reverse("admin:index")).status_code == 200
    for model in MODELS:
        assert client.get(list_page(model)).status_code == 200


def test_who_isnt_signed_in_is_asked_to(client):
    response = client.get(reverse("admin:index"), follow=True)

    assert response.redirect_chain[-1][0] == "/login/?next=/admin/"


@pytest.mark.parametrize(
    "fields", [{}, {"role": "superuser", "active": False}, {"role": "production", "is_agent": True}]
)
def test_who_is_no_active_member_is_told_so(client, fields):
    client.force_login(person("me", **fields))

    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_each_sees_what_their_experiments_have(client, team):
    theirs = builders.campaign("theirs", person("duner", "production", of="dune"), of="dune")
    client.force_login(person("me", "analysis"))

    page = client.get(list_page("campaign"))

    assert b"mc" in page.content
    assert b"theirs" not in page.content
    assert b"dune" not in page.content
    assert client.get(change_page(theirs)).status_code == 302
    assert client.get(history_page(theirs)).status_code == 404


@pytest.mark.parametrize("kind", ["campaign", "campaignstage", "jobtype", "loginsetup"])
@pytest.mark.parametrize(
    ("role", "may"),
    [("analysis", False), ("production-shifter", False), ("production", True), ("superuser", True)],
)
def test_a_production_item_is_changed_by_the_production_team(client, kind, role, may, team):
    item = team[kind]
    client.force_login(person("me", role))

    page = client.get(change_page(item))
    saved = client.post(change_page(item), {"name": "mine now"})

    assert page.status_code == 200
    assert (b'name="_save"' in page.content) == may
    assert saved.status_code == (200 if may else 403)  # 200: the form again, it lacks fields
    item.refresh_from_db()
    assert item.name != "mine now"


@pytest.mark.parametrize(("role", "may"), [("analysis", False), ("production", True)])
def test_deleting_goes_by_the_right_to_edit(client, role, may, team):
    client.force_login(person("me", role))

    client.post(
        reverse("admin:campaigns_campaign_delete", args=[team["campaign"].pk]), {"post": "yes"}
    )
    client.post(
        list_page("jobtype"),
        {"action": "delete_selected", "_selected_action": team["jobtype"].pk, "post": "yes"},
    )

    assert Campaign.objects.exists() != may
    assert JobType.objects.exists() != may


def test_the_selected_are_deleted_only_where_each_may_be_edited(client):
    other, me = person("other", "analysis"), person("me", "analysis")
    items = [
        builders.job_type(owner.username, owner, creator_role="analysis") for owner in (other, me)
    ]
    client.force_login(me)

    response = client.post(
        list_page("jobtype"),
        {"action": "delete_selected", "_selected_action": [i.pk for i in items], "post": "yes"},
    )

    assert response.status_code == 403
    assert JobType.objects.count() == 2


def test_an_old_version_is_shown_but_never_put_back(client, team):
    campaign = team["campaign"]
    campaign.name = "mc 2"
    campaign.save()
    old = campaign.history.last()
    client.force_login(person("me", "production"))
    page = reverse("admin:campaigns_campaign_simple_history", args=[campaign.pk, old.pk])

    assert client.get(page).status_code == 200
    assert client.post(page, {"name": "mc"}).status_code == 403
    campaign.refresh_from_db()
    assert campaign.name == "mc 2"


def test_the_history_tells_who_changed_what(client):
    me = person("me", "production")
    setup = builders.login_setup("grid", me, launcher="ssh", launch_account="novapro")
    client.force_login(me)

    client.post(
        change_page(setup),
        {
            "name": "grid",
            "active": "on",
            "launcher": "ssh",
            "credential": "none",
            "launch_host": "gpvm01",
            "launch_account": "novapro",
            "launch_setup": "",
        },
    )
    page = client.get(history_page(setup))

    assert "gpvm01" in page.text
    assert "me" in [
        entry.history_user.username for entry in setup.history.all() if entry.history_user
    ]


@pytest.mark.parametrize(
    ("role", "creator_role"),
    [("analysis", "analysis"), ("production", "production"), ("superuser", "production")],
)
def test_what_a_member_makes_is_theirs(client, role, creator_role):
    me = person("me", role)
    client.force_login(me)

    response = client.post(
        reverse("admin:campaigns_jobtype_add"),
        {
            "experiment": builders.experiment().pk,
            "name": "reco",
            "active": "on",
            "launch_script": "poms submit",
            "parameters": '["-N ", "3"]',
            **management("recoveries"),
        },
    )

    assert response.status_code == 302, response.context["errors"]
    made = JobType.objects.get()
    assert (made.creator, made.creator_role, made.parameters) == (me, creator_role, [["-N ", "3"]])


def test_a_shifter_makes_nothing(client):
    client.force_login(person("me", "production-shifter"))

    for model in ("campaign", "campaignstage", "jobtype", "loginsetup", "tag", "experiment"):
        assert client.get(reverse(f"admin:campaigns_{model}_add")).status_code == 403


def test_nothing_is_made_for_an_experiment_where_one_may_not(client):
    me = person("me", "production")
    dune = builders.experiment("dune")
    Membership.objects.create(experimenter=me, experiment=dune, role="production-shifter")
    client.force_login(me)

    response = client.post(
        reverse("admin:campaigns_campaign_add"),
        {"experiment": dune.pk, "name": "mc", "data_handler": "catalogue"},
    )

    assert "experiment" in response.context["adminform"].form.errors
    assert not Campaign.objects.exists()


def test_an_analyst_launches_where_the_site_lets_analysts(client):
    client.force_login(person("me", "analysis"))
    fields = {
        "name": "mine",
        "active": "on",
        "launcher": "local",
        "credential": "none",
        "launch_host": "gpvm01",
        "launch_account": "novapro",
    }

    response = client.post(
        reverse("admin:campaigns_loginsetup_add"),
        {"experiment": builders.experiment().pk, **fields},
    )

    assert response.status_code == 302, response.context["errors"]
    made = LoginSetup.objects.get()
    assert (made.launcher, made.launch_host, made.launch_account) == (
        "ssh",
        "localhost",
        "poms_launcher",
    )


@pytest.mark.parametrize("is_on", [True, False])
def test_a_launch_on_this_machine_is_set_up_only_where_the_site_says_so(client, settings, is_on):
    settings.LOCAL_LAUNCHER = is_on
    client.force_login(person("me", "production"))
    fields = {
        "name": "x",
        "launcher": "local",
        "credential": "none",
        "launch_host": "localhost",
    }

    response = client.post(
        reverse("admin:campaigns_loginsetup_add"),
        {"experiment": builders.experiment().pk, **fields},
    )

    assert LoginSetup.objects.exists() == is_on
    assert is_on or "POMS_LOCAL_LAUNCHER=1" in str(response.context["errors"])


def test_a_host_is_no_option_of_ssh(client):
    client.force_login(person("me", "production"))
    fields = {
        "name": "x",
        "launcher": "ssh",
        "credential": "none",
        "launch_host": "-oProxyCommand=id",
        "launch_account": "-x",
    }

    response = client.post(
        reverse("admin:campaigns_loginsetup_add"),
        {"experiment": builders.experiment().pk, **fields},
    )

    assert {"launch_host", "launch_account"} <= response.context["adminform"].form.errors.keys()


def test_autocomplete_offers_what_a_member_may_see(client, team):
    builders.job_type("foreign", person("duner", "production", of="dune"), of="dune")
    client.force_login(person("me", "production"))

    assert autocomplete(client, "campaignstage", "job_type") == (200, ["mc gen"])
    assert autocomplete(
        client, "campaignstage", "job_type", of_experiment=builders.experiment("dune").pk
    ) == (200, [])
    assert autocomplete(client, "membership", "experimenter") == (403, None)


def test_who_manages_an_experiment_manages_its_members(client):
    me, newcomer = person("me", "superuser"), person("newcomer")
    mine = Membership.objects.get(experimenter=me)
    nova = builders.experiment()
    client.force_login(me)
    rows = {
        **management("memberships", total=2, initial=1),
        "memberships-0-id": mine.pk, "memberships-0-experiment": nova.pk,
        "memberships-0-experimenter": me.pk, "memberships-0-role": "superuser",
        "memberships-0-active": "on",
        "memberships-1-experiment": nova.pk, "memberships-1-experimenter": newcomer.pk,
        "memberships-1-role": "production-shifter", "memberships-1-active": "on",
    }  # fmt: skip

    assert autocomplete(client, "membership", "experimenter", term="newc") == (200, ["newcomer"])
    response = client.post(change_page(nova), {"title": "NOvA", "active": "on", **rows})

    assert response.status_code == 302, response.context["errors"]
    assert newcomer.memberships.get().role == "production-shifter"
    assert Experiment.objects.get().name == "nova"


@pytest.mark.parametrize("role", ["analysis", "production-shifter", "production"])
def test_no_other_member_does(client, role):
    client.force_login(person("me", role))

    assert client.post(change_page(builders.experiment()), {"title": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "status"), [({"role": "superuser"}, 403), ({"is_superuser": True}, 200)]
)
def test_only_root_manages_people(client, fields, status):
    me = person("me", **fields)
    client.force_login(me)

    assert client.get(list_page("experimenter")).status_code == status
    assert client.get(change_page(me)).status_code == status
    assert client.get(history_page(me)).status_code == status
    assert (
        client.get(reverse("admin:auth_user_password_change", args=[me.pk])).status_code == status
    )
    assert client.get(reverse("admin:campaigns_apitoken_changelist")).status_code == status


def test_the_tokens_of_a_person_are_reached_from_their_page_not_the_index(client):
    root = person("root", is_superuser=True)
    client.force_login(root)
    tokens = reverse("admin:campaigns_apitoken_changelist")

    assert tokens not in client.get(reverse("admin:index")).text
    page = client.get(change_page(root)).text
    assert f"{tokens}?user__id__exact={root.pk}" in page
    assert client.get(f"{tokens}?user__id__exact={root.pk}").status_code == 200


def test_django_permissions_give_no_rights(client, team, django_user_model):
    from django.contrib.auth.models import Permission

    me = person("me", "analysis", is_staff=True)
    me.user_permissions.set(Permission.objects.all())
    client.force_login(me)

    assert client.post(change_page(team["campaign"]), {"name": "x"}).status_code == 403
    assert not CampaignStage.objects.filter(name="x").exists()


def management(prefix, total=0, initial=0):
    return {
        f"{prefix}-TOTAL_FORMS": total,
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }


def test_tags_have_a_history_too(client):
    client.force_login(person("me", "superuser"))
    add = reverse("admin:campaigns_tag_add")

    client.post(add, {"experiment": builders.experiment().pk, "name": "mc"})
    tag = Tag.objects.get()
    client.post(change_page(tag), {"experiment": tag.experiment_id, "name": "mc2"})

    assert [old.name for old in tag.history.all()] == ["mc2", "mc"]
    assert "mc2" in client.get(history_page(tag)).text
