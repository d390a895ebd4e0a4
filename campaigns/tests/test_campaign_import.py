"""Importing campaign files: all or nothing, by whom it may, changing what is there with care."""

import io
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from campaigns.exchange import CampaignFileError, export_campaign, import_campaign
from campaigns.models import Campaign, CampaignDependency, CampaignStage, JobType, LoginSetup, Tag
from campaigns.tests import builders
from campaigns.tests.builders import experiment, person

CHAIN = """[campaign]
experiment = nova
name = chain
campaign_keywords = {"det": "near"}
tags = ["mc"]
campaign_stage_list = gen,reco,merge

[campaign_defaults]
job_type = job
login_setup = login
completion_pct = 70

[campaign_stage gen]
stage_type = generator

[campaign_stage reco]

[campaign_stage merge]
join = True

[job_type job]
launch_script = run %(det)s
recoveries = [["consumed_status", [["--memory=", "4000MB"]]]]

[login_setup login]
host = node
account = novapro

[dependencies reco]
campaign_stage_1 = gen
campaign_stage_2 = gen
file_pattern_2 = %hist

[dependencies merge]
campaign_stage_1 = reco
"""


@pytest.fixture
def root(db):
    return person("root", is_superuser=True)


@pytest.fixture
def chain(root):
    return imported(CHAIN, root).campaign


def imported(text, user, role="production", of="nova", **options):
    return import_campaign(text, experiment(of), user, role, **options)


def replaced(user, *changes, **options):
    """Import the chain again over itself, with (old, new) changes of its text."""
    text = CHAIN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return imported(text, user, replace=True, **options)


def refused(*args, **options):
    with pytest.raises(CampaignFileError) as error:
        imported(*args, **options)
    return str(error.value)


def everything():
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (Campaign, CampaignStage, CampaignDependency, JobType, LoginSetup, Tag)
    }


def test_all_of_the_file_is_there(chain, root):
    stages = {stage.name: stage for stage in chain.stages.all()}

    assert chain.keywords == {"det": "near"}
    assert [tag.name for tag in chain.tags.all()] == ["mc"]
    assert list(stages) == ["gen", "reco", "merge"]
    assert stages["merge"].join
    assert {stage.completion_pct for stage in stages.values()} == {70}
    assert {stage.creator for stage in stages.values()} == {root}
    assert stages["gen"].job_type.recoveries.get().param_overrides == [["--memory=", "4000MB"]]
    edges = [
        (e.upstream.name, e.downstream.name, e.file_pattern, e.position)
        for e in CampaignDependency.objects.order_by("pk")
    ]
    assert edges == [
        ("gen", "reco", "%", 1),
        ("gen", "reco", "%hist", 2),
        ("reco", "merge", "%", 1),
    ]


def test_a_first_import_says_what_it_made(root):
    difference = imported(CHAIN, root).difference

    assert "+[campaign_stage reco]" in difference
    assert not [line for line in difference.splitlines()[2:] if line.startswith("-")]


def test_importing_what_is_there_changes_nothing(chain, root):
    before, histories = everything(), chain.history.count()

    again = imported(export_campaign(chain), root, replace=True)

    assert again.difference == ""
    assert again.campaign == chain
    assert everything() == before
    assert chain.history.count() == histories


def test_a_campaign_that_is_there_is_replaced_only_when_asked(chain, root):
    assert "nova has a campaign chain" in refused(CHAIN, root)


def test_a_stage_that_changes_keeps_its_row(chain, root):
    before = {stage.name: stage.pk for stage in chain.stages.all()}

    difference = replaced(root, ("join = True", "join = True\nvo_role = Analysis")).difference

    assert {stage.name: stage.pk for stage in chain.stages.all()} == before
    assert chain.stages.get(name="merge").vo_role == "Analysis"
    assert [line for line in difference.splitlines()[2:] if line[0] in "+-"] == [
        "+vo_role = Analysis"
    ]


def test_what_the_file_says_no_longer_is_the_default_again(chain, root):
    replaced(root, ("join = True\n", "join = True\nvo_role = Analysis\n"))
    replaced(root)

    assert chain.stages.get(name="merge").vo_role == "Production"


def test_a_stage_that_the_file_lacks_is_deleted_with_its_edges(chain, root):
    text = CHAIN[: CHAIN.index("[dependencies merge]")].replace(
        "[campaign_stage merge]\njoin = True\n", ""
    )

    imported(text.replace("gen,reco,merge", "gen,reco"), root, replace=True)

    assert [stage.name for stage in chain.stages.all()] == ["gen", "reco"]
    assert CampaignDependency.objects.count() == 2


def test_edges_that_stay_keep_their_rows_and_numbers(chain, root):
    before = list(CampaignDependency.objects.order_by("pk").values_list("pk", "position"))

    replaced(root, ("file_pattern_2 = %hist", "file_pattern_2 = %plots"))

    assert list(CampaignDependency.objects.order_by("pk").values_list("pk", "position")) == before
    assert CampaignDependency.objects.filter(file_pattern="%plots").exists()


def test_numbers_of_edges_can_be_exchanged(chain, root):
    replaced(
        root,
        ("campaign_stage_1 = gen", "campaign_stage_1 = gen\nposition_1 = 2"),
        ("campaign_stage_2 = gen", "campaign_stage_2 = gen\nposition_2 = 1"),
    )

    edges = CampaignDependency.objects.filter(upstream__name="gen").order_by("position")
    assert [edge.file_pattern for edge in edges] == ["%hist", "%"]


def test_a_dry_run_tells_the_difference_and_writes_nothing(chain, root):
    before = everything()

    told = replaced(root, ("completion_pct = 70", "completion_pct = 80"), dry_run=True)

    assert "-completion_pct = 70\n+completion_pct = 80" in told.difference
    assert everything() == before


def test_a_dry_run_of_a_new_campaign_writes_nothing(root):
    experiment()
    before = everything()

    assert "+name = chain" in imported(CHAIN, root, dry_run=True).difference
    assert everything() == before


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("%(det)s", "%(oops)s", "line 22: [job_type job] launch_script: job type job: %(oops)s"),
        (
            "join = True",
            "cs_split_type = draining",
            "line 19: [campaign_stage merge] cs_split_type: stage merge: it is fed",
        ),
        (
            "campaign_stage_1 = reco",
            "campaign_stage_1 = merge\nkind_1 = feeds",
            "line 34: [dependencies merge] merge → merge feed",
        ),
        (
            "campaign_stage_1 = reco",
            "campaign_stage_1 = simulation",
            "line 34: [dependencies merge] edge simulation → merge",
        ),
        (
            "[login_setup login]\nhost = node\naccount = novapro\n",
            "",
            "LoginSetup 'login' not found! Campaign is incomplete!",
        ),
        (
            "[job_type job]",
            "[job_type other]",
            "[campaign_stage gen] job_type: Error: JobType 'job' not found!",
        ),
        (
            "host = node",
            "host = -oProxyCommand=id",
            "line 26: [login_setup login] host: a host name or address",
        ),
        ("file_pattern_2 = %hist", f"file_pattern_2 = %{'s' * 500}", "at most 500 characters"),
        (
            "[job_type job]",
            "[job_type a,b]",
            "line 21: [job_type a,b] a name holds no ], comma or newline",
        ),
    ],
)
def test_whatever_is_wrong_nothing_is_written(root, old, new, says):
    experiment()
    before = everything()

    assert says in refused(CHAIN.replace(old, new), root)
    assert everything() == before


def test_what_is_wrong_when_replacing_leaves_all_as_it_was(chain, root):
    before = everything()

    with pytest.raises(CampaignFileError):
        replaced(
            root,
            ("account = novapro", "account = dunepro"),
            ("campaign_stage_1 = reco", "campaign_stage_1 = merge"),
        )

    assert everything() == before


def test_a_job_type_of_the_experiment_need_not_be_in_the_file(chain, root):
    parts = CHAIN[CHAIN.index("[job_type job]") : CHAIN.index("[dependencies reco]")]

    second = imported(
        CHAIN.replace(parts, "").replace("name = chain", "name = second"), root
    ).campaign

    assert second.stages.first().job_type == chain.stages.first().job_type


# Parts that campaigns share


def test_a_new_campaign_changes_no_job_type_that_is_there(chain, root):
    text = CHAIN.replace("name = chain", "name = second").replace("run %(det)s", "run away")

    told = imported(text, root)

    assert told.warnings == ("Warning: JobType 'job' already exists and will not change.",)
    assert JobType.objects.get().launch_script == "run %(det)s"


def test_replacing_changes_the_campaigns_own_parts(chain, root):
    told = replaced(
        root,
        ("account = novapro", "account = dunepro"),
        ('[["consumed_status", [["--memory=", "4000MB"]]]]', "[]"),
    )

    assert told.warnings == ()
    assert LoginSetup.objects.get().launch_account == "dunepro"
    assert not JobType.objects.get().recoveries.exists()


def test_replacing_leaves_parts_that_another_campaign_uses(chain, root):
    imported(CHAIN.replace("name = chain", "name = second"), root)

    told = replaced(root, ("account = novapro", "account = dunepro"))

    assert told.warnings == ("Warning: LoginSetup 'login' already exists and will not change.",)
    assert told.difference == ""


# Rights


@pytest.mark.rights
@pytest.mark.parametrize(
    ("role", "as_role", "allowed"),
    [
        ("production", "production", True),
        ("production", "analysis", False),
        ("analysis", "analysis", True),
        ("analysis", "production", False),
        ("production-shifter", "production", False),
        (None, "production", False),
    ],
)
def test_a_campaign_is_made_by_those_who_may(db, role, as_role, allowed):
    experiment()
    somebody = person("somebody", role)
    if allowed:
        made = imported(CHAIN, somebody, as_role).campaign
        assert (made.creator, made.creator_role) == (somebody, as_role)
        return
    with pytest.raises(PermissionDenied, match="may not make"):
        imported(CHAIN, somebody, as_role)
    assert not Campaign.objects.exists()


@pytest.mark.rights
def test_a_campaign_is_replaced_by_those_who_may_change_it(chain):
    with pytest.raises(PermissionDenied, match="may not change"):
        replaced(person("analyst", "analysis"))
    assert replaced(
        person("producer", "production"), ("completion_pct = 70", "completion_pct = 60")
    )


@pytest.mark.rights
def test_an_analyst_launches_where_the_site_lets_analysts_launch(db, settings):
    settings.ANALYSIS_LAUNCH_HOST = "analysis.example.org"

    told = imported(CHAIN, person("ann", "analysis"), "analysis")

    assert told.campaign.stages.first().login_setup.launch_host == "analysis.example.org"
    (warning,) = told.warnings
    assert "LoginSetup 'login' is an analyst's" in warning
    assert "launch_host = analysis.example.org" in warning


@pytest.mark.rights
def test_an_analysts_stages_run_as_analysis_whatever_the_file_says(db):
    ann = person("ann", "analysis")
    made = imported(CHAIN, ann, "analysis").campaign
    again = imported(CHAIN, ann, "analysis", replace=True)

    assert {stage.vo_role for stage in made.stages.all()} == {"Analysis"}
    assert again.difference == ""
    assert made.stages.first().history.count() == 1


@pytest.mark.rights
def test_an_analysts_campaign_uses_no_account_of_production(chain):
    text = CHAIN.replace("name = chain", "name = mine")

    assert "login launches as the production team" in refused(
        text, person("ann", "analysis"), "analysis"
    )
    assert Campaign.objects.count() == 1


@pytest.mark.rights
@pytest.mark.parametrize("is_on", [True, False])
def test_nothing_is_launched_on_this_machine_unless_it_is_set(root, settings, is_on):
    settings.LOCAL_LAUNCHER = is_on
    text = CHAIN.replace("host = node", "host = localhost\nlauncher = local")

    if is_on:
        assert imported(text, root)
    else:
        assert refused(text, root) == (
            "line 27: [login_setup login] launcher: nothing is launched on this machine "
            "unless POMS_LOCAL_LAUNCHER=1 is set"
        )


# Old habits


def test_an_old_file_is_imported_with_its_dialect(root):
    text = """
[campaign]
experiment=samdev
poms_role=production
name=mock
state=Active
campaign_stage_list=stage0,stage1
[campaign_stage stage0]
vo_role=Production
dataset=gen_cfg
state=Inactive
cs_split_type=None
completion_type=complete
completion_pct=95
param_overrides="[]"
test_param_overrides="[]"
login_setup=generic
job_type=mock
[campaign_stage stage1]
dataset=from_parent
sam_settings={"dataset_or_split_data": "ignored"}
login_setup=generic
job_type=mock
[login_setup generic]
host=%(experiment)sgpvm01.example.org
account=%(experiment)spro
setup=source setup; export X=1
[job_type mock]
launch_script=run -D %%(dataset)s > /tmp/launch$$ 2>&1
parameters=[]
output_file_patterns=%%
recoveries = []
[dependencies stage1]
campaign_stage_1 = stage0
file_pattern_1 = %%.root
"""
    made = imported(text, root).campaign

    assert made.experiment.name == "nova"
    assert [stage.dataset for stage in made.stages.all()] == ["gen_cfg", "from_parent"]
    assert made.stages.first().job_type.launch_script == "run -D %(dataset)s > /tmp/launch$$ 2>&1"
    assert CampaignDependency.objects.get().file_pattern == "%.root"


@pytest.mark.parametrize("name", ["demo", "lhe"])
def test_the_examples_are_sound_and_survive_a_round_trip(root, settings, name):
    settings.LOCAL_LAUNCHER = True
    text = (settings.BASE_DIR / "examples" / name / "campaign.ini").read_text()

    made = imported(text, root, of="demo").campaign

    assert imported(export_campaign(made), root, of="demo", replace=True).difference == ""


# Commands


def command(name, *args, **options):
    out = io.StringIO()
    call_command(name, *args, stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "chain.ini"
    path.write_text(CHAIN)
    return str(path)


def test_the_command_imports_into_the_files_experiment_for_a_superuser(root, file):
    experiment()

    assert "+name = chain" in command("import_campaign", file)
    assert Campaign.objects.get().creator == root


def test_the_command_imports_elsewhere_for_somebody_else(root, file):
    ann = person("ann", "production", of="dune")

    command("import_campaign", file, experiment="dune", user="ann")

    made = Campaign.objects.get()
    assert (made.creator, made.experiment.name) == (ann, "dune")


def test_the_command_tells_what_is_wrong(chain, file, tmp_path):
    bad = tmp_path / "bad.ini"
    bad.write_text(CHAIN.replace("= 70", "= most"))
    for arguments, says in [
        (
            [str(bad)],
            "nothing was imported:\nline 11: [campaign_defaults] completion_pct: 'most' is no num",
        ),
        ([file], "replace it, or choose another name"),
        ([file, "--experiment", "mu2e"], "there is no experiment mu2e"),
        ([file, "--user", "nobody"], "there is no user nobody"),
        ([str(tmp_path / "none")], "can't be read"),
    ]:
        with pytest.raises(CommandError) as error:
            command("import_campaign", *arguments)
        assert says in str(error.value)


def test_the_command_tries_first_and_replaces_then(chain, file):
    assert command("import_campaign", file, replace=True, dry_run=True) == "no difference\n"
    assert command("import_campaign", file, replace=True) == "no difference\n"


def test_the_command_says_what_it_wrote(root, file):
    experiment()

    tried = command("import_campaign", file, dry_run=True)
    made = command("import_campaign", file).splitlines()[-1]
    changed = Path(file).read_text().replace("= 70", "= 71")
    Path(file).write_text(changed)
    again = command("import_campaign", file, replace=True).splitlines()[-1]

    [campaign] = Campaign.objects.all()
    number = campaign.stages.count()
    assert "campaign chain of" not in tried
    assert made == f"made campaign chain of nova, {number} stages, as number {campaign.pk}"
    assert again == f"changed campaign chain of nova, {number} stages, as number {campaign.pk}"


def test_the_command_exports_what_can_be_imported_again(chain, root):
    text = command("export_campaign", "chain")

    assert text == export_campaign(chain)
    assert imported(text, root, replace=True).difference == ""


def test_the_command_asks_which_campaign_is_meant(chain, root):
    imported(CHAIN, root, of="dune")

    with pytest.raises(CommandError, match="choose --experiment of dune, nova"):
        command("export_campaign", "chain")
    assert "experiment = dune" in command("export_campaign", "chain", experiment="dune")
    with pytest.raises(CommandError, match="Campaign 'none' was not found for 'dune' experiment"):
        command("export_campaign", "none", experiment="dune")


# How much it asks


def test_exporting_takes_as_many_queries_however_many_stages_there_are(
    chain, django_assert_max_num_queries
):
    for number in range(4):
        builders.stage(f"more{number}", chain)

    with django_assert_max_num_queries(7):
        export_campaign(chain)
