"""How campaign files are read: today's form, the old ones, and what is wrong with others."""

from datetime import timedelta
from decimal import Decimal
from textwrap import dedent

import pytest

from campaigns.documents import Edge
from campaigns.exchange.reading import read
from campaigns.exchange.writing import write

SMALL = """
    [campaign]
    name = small
    campaign_stage_list = gen,reco

    [campaign_stage gen]
    job_type = job
    login_setup = login

    [campaign_stage reco]
    job_type = job
    login_setup = login

    [dependencies reco]
    campaign_stage_1 = gen
    file_pattern_1 = gen%.root

    [job_type job]
    launch_script = run

    [login_setup login]
    host = node
"""


def good(text):
    document, findings = read(dedent(text).strip())
    assert findings.problems == []
    return document


def wrong(text):
    return [str(problem) for problem in read(dedent(text).strip())[1].problems]


def small(**replacements):
    """The small file with some of its lines replaced: {name of the key: the whole new text}."""
    lines = dedent(SMALL).strip().split("\n")
    for key, new in replacements.items():
        lines = [new if line.startswith(f"{key} ") else line for line in lines]
    return "\n".join(lines)


def in_stage(*lines):
    return small().replace("[campaign_stage gen]", "\n".join(["[campaign_stage gen]", *lines]))


def test_a_small_file():
    document = good(SMALL)

    assert document.name == "small"
    assert list(document.stages) == ["gen", "reco"]
    assert document.stages["gen"]["job_type"] == "job"
    assert document.edges == [Edge("gen", "reco", "feeds", "gen%.root")]
    assert document.login_setups["login"]["launch_host"] == "node"


def test_what_isnt_said_is_the_campaigns_default_and_then_the_models():
    document = good(
        SMALL
        + """
    [campaign_defaults]
    completion_pct = 70
    job_type = another
    """
    )

    assert document.stages["gen"]["completion_pct"] == 70
    assert document.stages["gen"]["job_type"] == "job"
    assert document.stages["gen"]["vo_role"] == "Production"


def test_stages_stand_in_the_order_of_the_list_and_unlisted_ones_after():
    assert list(good(small(campaign_stage_list="campaign_stage_list = reco")).stages) == [
        "reco",
        "gen",
    ]


def test_comments_colons_and_lines_that_go_on():
    document = good(
        small(launch_script="launch_script: run %(dataset)s\n --more\n# no\n ; no\n --and=this")
    )

    assert document.job_types["job"]["launch_script"] == "run %(dataset)s\n--more\n--and=this"


def test_keys_may_be_in_capitals_and_lines_may_end_as_on_windows():
    assert good(small(name="NAME = small").replace("\n", "\r\n")) == good(SMALL)


@pytest.mark.parametrize(
    ("key", "text", "field", "value"),
    [
        ("cs_split_type", "None", "split_type", ""),
        ("cs_split_type", "", "split_type", ""),
        ("cs_split_type", "mod_3", "split_type", "mod_3"),
        ("dataset_or_split_data", "None", "dataset", ""),
        ("dataset_or_split_data", '"None"', "dataset", "None"),
        ("dataset_or_split_data", "from_parent", "dataset", "from_parent"),
        ("dataset_or_split_data", '[["e"], ["1"]]', "dataset", '[["e"], ["1"]]'),
        ("completion_pct", "99.5", "completion_pct", Decimal("99.5")),
        ("give_up_after", "never", "give_up_after", None),
        ("give_up_after", "2d", "give_up_after", timedelta(days=2)),
        ("give_up_after", "1w", "give_up_after", timedelta(weeks=1)),
        ("settle_time", "1h 30m", "settle_time", timedelta(minutes=90)),
        ("when_failed", "go on", "when_failed", "go on"),
        ("join", "yes", "join", True),
        ("default_clear_cronjob", "False", "clear_schedule_when_exhausted", False),
        ("slices_at_once", "3", "slices_at_once", 3),
        ("param_overrides", '[["-N ", "3"]]', "param_overrides", [["-N ", "3"]]),
        ("param_overrides", '"[]"', "param_overrides", []),
        ("test_param_overrides", r'"[[\"a\", \"b\"]]"', "test_param_overrides", [["a", "b"]]),
    ],
)
def test_what_a_stage_says(key, text, field, value):
    assert good(in_stage(f"{key} = {text}")).stages["gen"][field] == value


def test_a_setup_of_several_lines_is_a_json_string():
    document = good(small(host=r'setup = "source it\nsetup \"x\""'))

    assert document.login_setups["login"]["launch_setup"] == 'source it\nsetup "x"'
    assert r'setup = "source it\nsetup \"x\""' in write(document)


def test_quotes_that_are_no_json_are_what_they_are():
    assert good(small(host='setup = "a" b')).login_setups["login"]["launch_setup"] == '"a" b'


# Old files


def test_dataset_was_said_in_three_ways():
    for said in (
        "dataset = raw",
        'sam_settings = {"dataset_or_split_data": "raw"}',
        "dataset_or_split_data = raw",
    ):
        assert good(in_stage(said)).stages["gen"]["dataset"] == "raw"
    assert (
        good(
            SMALL + "\n[sam_defaults]\ndataset_or_split_data = raw\n".replace("\n", "\n    ")
        ).stages["gen"]["dataset"]
        == "raw"
    )


def test_data_dispatcher_settings_were_said_in_three_ways():
    settings = {"idle_timeout": 3600}
    for said in (
        ['data_dispatcher_settings = {"idle_timeout": 3600, "virtual": null}'],
        ["data_dispatcher_idle_timeout = 3600", "data_dispatcher_virtual = None"],
    ):
        assert good(in_stage(*said)).stages["gen"]["data_dispatcher"] == settings
    apart = small() + "\n[data_dispatcher_defaults]\nidle_timeout = 3600\nvirtual = None\n"
    assert good(apart).stages["gen"]["data_dispatcher"] == settings


def test_the_data_service_was_said_among_the_defaults():
    assert (
        good(small() + "\n[campaign_defaults]\ndata_handling_service = catalogue\n").campaign[
            "data_handler"
        ]
        == "catalogue"
    )


def test_states_of_stages_are_forgotten():
    good(in_stage("state = Inactive", "cs_last_split = 3"))


def test_positions_of_the_old_editor():
    document = good(
        small() + '\n[node_positions]\nnxy0 = ["gen", 10, -20.5]\nnxy1 = ["campaign small", 0, 0]\n'
    )

    assert document.stages["gen"]["position"] == {"x": 10, "y": -20.5}
    assert document.stages["reco"]["position"] == {}


def test_an_edge_from_a_stage_to_itself_set_off_its_next_slice():
    assert good(small(campaign_stage_1="campaign_stage_1 = reco")).edges == [
        Edge("reco", "reco", "next_slice", "gen%.root")
    ]


def test_doubled_percent_signs_of_an_old_file_are_one():
    document = good(
        small(
            file_pattern_1="file_pattern_1 = gen%%.root",
            launch_script="launch_script = run -D %%(dataset)s %(version)s --day=%%d",
            host="host = node\n[job_type other]\nlaunch_script=run\noutput_file_patterns=%%.root",
        )
    )

    assert document.edges[0].file_pattern == "gen%.root"
    assert document.job_types["other"]["output_file_patterns"] == "%.root"
    assert document.job_types["job"]["launch_script"] == "run -D %(dataset)s %(version)s --day=%%d"


def test_a_percent_sign_that_isnt_doubled_makes_the_file_a_new_one():
    document = good(small(launch_script="launch_script = run --day=%%d %%(later)s"))

    assert document.edges[0].file_pattern == "gen%.root"
    assert document.job_types["job"]["launch_script"] == "run --day=%%d %%(later)s"


def test_a_file_that_poms_wrote_is_never_taken_for_an_old_one():
    document = good(
        small(file_pattern_1="file_pattern_1 = a", launch_script="launch_script = --day=%d")
    )
    document.job_types["job"]["launch_script"] = "--day=%%d"

    assert good(write(document)).job_types["job"]["launch_script"] == "--day=%%d"


# What is wrong


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ["No Campaign section in the file", "No Campaign Stage sections in the file"]),
        ("[campaign]\nname = c", ["No Campaign Stage sections in the file"]),
        ("name = c\n" + small(), ["line 1: name stands before the first [section]"]),
        (
            small() + "\nwhat is this",
            ["line 22: [login_setup login] 'what is this' is neither a [section] nor key = value"],
        ),
        (
            small() + "\n[login_setup login]",
            ["line 22: [login_setup login] there is a section [login_setup login] already"],
        ),
        (
            small() + "\nhost = b",
            ["line 22: [login_setup login] host is said twice in this section"],
        ),
        (
            small() + "\n[campain_stage x]",
            [
                (
                    "line 22: [campain_stage x] there is no kind of section 'campain_stage'; "
                    "did you mean [campaign_stage]?"
                )
            ],
        ),
        (
            small() + "\nhots = x",
            ["line 22: [login_setup login] hots: there is no such key; did you mean host?"],
        ),
        (
            small() + "\nlauncher = pigeon",
            ["line 22: [login_setup login] launcher: Value 'pigeon' is not a valid choice."],
        ),
        (
            small() + "\nhost\0 = x",
            ["line 22: [login_setup login] a file of text holds no NUL character"],
        ),
    ],
)
def test_what_is_no_campaign_file_is_told_with_its_line(text, says):
    assert wrong(text) == says


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("completion_pct = most", "'most' is no number"),
        ("completion_pct = nan", "'nan' is no number"),
        ("completion_pct = 0", "greater than or equal to 0.01"),
        ("completion_pct = 50.123", "no more than 2 decimal places"),
        ("slices_at_once = 0", "greater than or equal to 1"),
        ("output_ancestor_depth = two", "no whole number"),
        ("give_up_after = soon", "such as 1d 6h"),
        ("give_up_after = 99999999999w", "too long"),
        ("settle_time = never", "cannot be null"),
        ("join = perhaps", "none of true, yes"),
        ("stage_type = special", "not a valid choice"),
        ("param_overrides = [", "no JSON"),
        ("param_overrides = {}", "write JSON such as [["),
        ("cs_split_type = nfile(3)", "there is no split type"),
        ("sam_settings = [", "no JSON"),
        ("sam_settings = []", "JSON object"),
        ("complete_pct = 3", "did you mean completion_pct?"),
    ],
)
def test_a_value_that_cant_be_is_told_with_section_key_and_line(line, says):
    (problem,) = wrong(in_stage(line))

    assert problem.startswith(f"line 6: [campaign_stage gen] {line.partition(' ')[0]}: ")
    assert says in problem


@pytest.mark.parametrize(
    ("replacements", "says"),
    [
        ({"name": ""}, ["line 1: [campaign] name: This field cannot be blank."]),
        (
            {"name": "name = a]b"},
            [
                (
                    "line 2: [campaign] name: a name holds no ], comma or newline, "
                    "and no blank at its ends (campaign files couldn't carry it)"
                )
            ],
        ),
        (
            {"name": "name = c\nstate = Asleep"},
            ["line 3: [campaign] state: 'Asleep' is none of active, inactive"],
        ),
        (
            {"name": "name = c\ntags = 3"},
            ['line 3: [campaign] tags: write JSON such as ["calibration"]'],
        ),
        (
            {"name": 'name = c\ncampaign_keywords = {"dataset": "x"}'},
            ["line 3: [campaign] campaign_keywords: %(dataset)s is built in; choose another name"],
        ),
        (
            {"campaign_stage_list": "campaign_stage_list = gen,sim,reco"},
            ["line 3: [campaign] campaign_stage_list: there is no section [campaign_stage sim]"],
        ),
        (
            {"launch_script": ""},
            ["line 17: [job_type job] launch_script: This field cannot be blank."],
        ),
        (
            {"launch_script": 'launch_script = run\nrecoveries = [["again", []]]'},
            "there is no recovery 'again'; there are consumed_status",
        ),
        (
            {"launch_script": 'launch_script = run\nrecoveries = ["consumed_status"]'},
            "isn't [type, overrides]",
        ),
        (
            {"launch_script": 'launch_script = run\nrecoveries = [["consumed_status", {}]]'},
            "list of [key, value] pairs",
        ),
        ({"launch_script": "launch_script = run\nrecoveries = 3"}, "write JSON such as"),
        (
            {"campaign_stage_1": ""},
            "line 13: [dependencies reco] campaign_stage_1: say which stage comes before",
        ),
        (
            {"campaign_stage_1": "campaign_stage_1 = gen\nkind_1 = feed"},
            "line 15: [dependencies reco] kind_1: an edge",
        ),
        (
            {"campaign_stage_1": "campaign_stage_1 = gen\nkind_1 = next_slice\nposition_1 = 1"},
            "next-slice edges aren't numbered",
        ),
    ],
)
def test_other_things_that_cant_be(replacements, says):
    problems = wrong(small(**replacements))

    if isinstance(says, list):
        assert problems == says
    else:
        (problem,) = problems
        assert says in problem


def test_a_stage_says_its_job_type_and_login_setup_somewhere():
    text = small(job_type="").replace("[job_type job]", "[job_type  job]")

    assert wrong(text) == [
        f"line {line}: [campaign_stage {name}] job_type: "
        "say which job_type it uses, here or in [campaign_defaults]"
        for line, name in [(5, "gen"), (9, "reco")]
    ]


def test_several_things_are_told_at_once_in_the_order_of_the_file():
    text = in_stage("completion_pct = most", "join = perhaps") + "\nhots = x"

    assert [problem.partition(":")[0] for problem in wrong(text)] == ["line 6", "line 7", "line 24"]
