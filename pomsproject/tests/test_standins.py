"""What `make run DATA=…` puts beside POMS."""

import json
import re
import stat

import psycopg2
import pytest

from campaigns.models import DataService
from pomsproject import env, standins
from workflow import demo

pytestmark = pytest.mark.django_db


@pytest.fixture
def services(tmp_path):
    return standins.services_for(
        "data_dispatcher", tmp_path, env.required("POMS_DATABASE_URL"), 8000
    )


def test_the_catalogue_needs_nothing(tmp_path):
    services = standins.services_for("catalogue", tmp_path, "postgresql:///nowhere", 8000)

    assert services.stand_ins == []
    assert services.write(tmp_path) is None


def test_each_stand_in_has_a_port_above_that_of_poms(services):
    assert [(each.name, each.port) for each in services.stand_ins] == [
        ("metacat", 8001),
        ("dispatcher", 8002),
    ]
    assert services.said["url"] == "http://127.0.0.1:8002"


def test_both_are_on_a_database_of_their_own_which_stays(services, tmp_path):
    again = standins.services_for(
        "data_dispatcher", tmp_path, env.required("POMS_DATABASE_URL"), 8000
    )
    (url,) = {each.environment["STAND_IN_DATABASE_URL"] for each in services.stand_ins}

    assert again.stand_ins[0].environment["STAND_IN_DATABASE_URL"] == url
    psycopg2.connect(url).close()


def test_the_token_of_poms_stays_in_files_that_only_we_can_read(services, tmp_path):
    person, *_ = json.loads((tmp_path / "stand-ins/people.json").read_text())

    assert person["token"] == (tmp_path / "secrets/bearer-token").read_text()
    assert person["token"] not in str(services.said) + str(services.stand_ins)
    for file in ("stand-ins/people.json", "secrets/bearer-token"):
        assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600


def test_what_isnt_installed_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(standins.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(standins.NoStandIn, match="make run DATA=data_dispatcher"):
        standins.services_for("data_dispatcher", tmp_path, "postgresql:///nowhere", 8000)


@pytest.fixture
def sam(tmp_path):
    return standins.services_for("sam", tmp_path, "postgresql:///nowhere", 8000)


def test_sam_stays_in_the_data_folder(sam, tmp_path):
    (stand_in,) = sam.stand_ins

    assert (stand_in.name, stand_in.port) == ("sam", 8001)
    assert str(tmp_path / "stand-ins/sam") in stand_in.command
    assert sam.said == {"kind": "sam", "url": "http://127.0.0.1:8001/sam/demo/api"}


@pytest.fixture
def demonstrable(settings):
    settings.DEMO_PASSWORD = "secret"
    settings.LOCAL_LAUNCHER = True


def test_the_demo_has_a_campaign_for_each_way_to_handle_data(services, demonstrable):
    usual, other = demo.make(), demo.make(services.said)

    assert (usual.data_handler, other.data_handler) == ("catalogue", "data_dispatcher")
    assert usual.name != other.name
    assert other.stages.count() == usual.stages.count() == 5
    assert demo.make(services.said) == other


def test_on_sam_each_launch_of_the_demo_starts_its_project(sam, demonstrable):
    usual, campaign = demo.make(), demo.make(sam.said)

    scripts = [stage.job_type.launch_script for stage in campaign.stages.all()]
    assert campaign.data_handler == "sam"
    assert len(scripts) == 5
    for script in scripts:
        assert re.match(r"options=\$\(.* -m examples\.sam (12|1|files)\) && poms submit ", script)
    assert all(stage.job_type.launch_script.startswith("poms ") for stage in usual.stages.all())


def test_the_demo_is_told_anew_where_its_service_is(services, demonstrable):
    demo.make(services.said)
    demo.make({**services.said, "url": "http://127.0.0.1:9002"})

    (row,) = DataService.objects.all()
    assert row.service.url == "http://127.0.0.1:9002"
    assert row.service.namespace == "demo"
