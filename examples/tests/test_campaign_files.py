import configparser
import importlib.util
import json
import re

import pytest

from examples.tests.test_make_lhe import CHECKOUT

FILES = ["examples/demo/campaign.ini", "examples/lhe/campaign.ini"]


def parsed(name):
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string((CHECKOUT / name).read_text())
    return parser


@pytest.fixture(params=FILES)
def campaign(request):
    return parsed(request.param)


def named(campaign, kind):
    return {
        name.removeprefix(f"{kind} "): campaign[name]
        for name in campaign
        if name.startswith(f"{kind} ")
    }


def test_every_stage_has_a_section_in_the_order_of_the_list(campaign):
    listed = campaign["campaign"]["campaign_stage_list"].split(",")

    assert list(named(campaign, "campaign_stage")) == listed


def test_every_job_type_and_login_setup_used_is_defined(campaign):
    stages = named(campaign, "campaign_stage").values()

    assert {stage["job_type"] for stage in stages} == set(named(campaign, "job_type"))
    assert set(named(campaign, "login_setup")) == {campaign["campaign_defaults"]["login_setup"]}


def test_every_job_type_runs_a_module_that_is_there(campaign):
    for job_type in named(campaign, "job_type").values():
        (module,) = re.findall(r"python3 -m (\S+)", job_type["launch_script"])
        assert importlib.util.find_spec(module) is not None


def test_placeholders_are_those_of_launches_and_of_the_campaigns_keywords(campaign):
    keywords = json.loads(campaign["campaign"]["campaign_keywords"])

    for job_type in named(campaign, "job_type").values():
        filled_in = set(re.findall(r"%\((\w+)\)s", job_type["launch_script"]))
        assert filled_in <= {"version", *keywords}


def test_what_is_json_is_json(campaign):
    for job_type in named(campaign, "job_type").values():
        assert isinstance(json.loads(job_type["parameters"]), list)
        assert isinstance(json.loads(job_type["recoveries"]), list)


def test_an_edge_takes_what_the_job_type_upstream_makes(campaign):
    stages, job_types = named(campaign, "campaign_stage"), named(campaign, "job_type")

    for edges in named(campaign, "dependencies").values():
        upstream = stages[edges["campaign_stage_1"]]
        assert edges["file_pattern_1"] == job_types[upstream["job_type"]]["output_file_patterns"]
