"""What jobs find in their environment about where their files are known (DOMAIN 4.8)."""

import pytest

from campaigns.tests.builders import DISPATCHER, SAM, data_service
from datahandling import environments
from datahandling.base import Unknown
from datahandling.services import CredentialKind, Service
from submissions.launching import script

SAMS = Service(**SAM, experiment="nova")
DISPATCHERS = Service(**DISPATCHER, experiment="dune")


def test_clients_of_sam_find_it():
    assert environments.of_service(SAMS) == {
        "SAM_EXPERIMENT": "nova",
        "SAM_WEB_BASE_URL": "https://sam.example.org:8483/sam/nova/api",
        "IFDH_BASE_URI": "https://sam.example.org:8483/sam/nova/api",
    }


def test_clients_of_data_dispatcher_find_it_and_metacat():
    assert environments.of_service(DISPATCHERS) == {
        "DATA_DISPATCHER_URL": "https://dispatcher.example.org/dune/dd/data",
        "DATA_DISPATCHER_AUTH_URL": "https://dispatcher.example.org/dune/dd/data/auth",
        "METACAT_SERVER_URL": "https://metacat.example.org/dune",
        "METACAT_AUTH_SERVER_URL": "https://metacat.example.org/dune/auth",
    }


@pytest.mark.parametrize(
    ("kind", "variable"),
    [
        (CredentialKind.BEARER, "BEARER_TOKEN_FILE"),
        (CredentialKind.PROXY, "X509_USER_PROXY"),
        (CredentialKind.LIBRARY, "POMS_TOKEN_LIBRARY"),
    ],
)
def test_of_a_credential_only_its_file_is_named(kind, variable):
    service = Service(**SAM, experiment="nova", credential=kind, credential_file="/run/poms/cred")

    assert environments.of_credential(service) == {variable: "/run/poms/cred"}


def test_without_a_credential_no_file_is_named():
    assert environments.of_credential(SAMS) == {}


# Of a submission


@pytest.fixture
def on(site):
    """A submission of a campaign with that data handler, in an experiment that is set up for it."""

    def make(kind, launcher="local", dataset="raw", **settings):
        stage = site.stage(dataset="raw", data_dispatcher=settings)
        stage.campaign.data_handler = kind
        stage.campaign.save()
        stage.login_setup.launcher = launcher
        stage.login_setup.save()
        opened = {"credential": "bearer", "credential_file": "/run/poms/token"}
        where = {"sam": SAM, "data_dispatcher": DISPATCHER}
        if kind in where:
            data_service(stage.campaign.experiment.name, **where[kind], **opened)
        return site.submission(stage, dataset=dataset)

    return make


def test_jobs_on_the_catalogue_need_no_service(on):
    assert script.service_of(on("catalogue"), "poms_1") == {}


def test_jobs_of_this_machine_are_told_where_the_credential_is(on):
    assert script.service_of(on("sam"), "")["BEARER_TOKEN_FILE"] == "/run/poms/token"


def test_jobs_elsewhere_have_their_own(on):
    found = script.service_of(on("sam", launcher="ssh"), "")

    assert "SAM_WEB_BASE_URL" in found
    assert "BEARER_TOKEN_FILE" not in found


def test_nothing_is_launched_before_somebody_says_where_the_service_is(on):
    submission = on("sam")
    submission.experiment.data_services.all().delete()

    with pytest.raises(Unknown, match="add it under Data services"):
        script.service_of(submission, "")


def dispatchers(submission, project):
    found = script.plan(submission, project=project).environment
    prefix = "POMS_DATA_DISPATCHER_"
    return {n.removeprefix(prefix): v for n, v in found.items() if n.startswith(prefix)}


def test_jobs_on_data_dispatcher_are_told_of_their_project(on):
    submission = on("data_dispatcher", load_limit=5, virtual=True)

    assert dispatchers(submission, "poms_1") == {
        "TASK_ID": str(submission.pk),
        "DATASET_QUERY": "raw",
        "PARAMETER": "",
        "PROJECT_VIRTUAL": "True",
        "LOAD_LIMIT": "5",
    }


def test_an_input_without_a_project_is_a_parameter(on):
    found = dispatchers(on("data_dispatcher", dataset="electron_1GeV"), "")

    assert (found["PARAMETER"], found["DATASET_QUERY"]) == ("electron_1GeV", "")
    assert (found["PROJECT_VIRTUAL"], found["LOAD_LIMIT"]) == ("False", "")


def test_jobs_on_other_handlers_are_told_nothing_of_it(on):
    assert dispatchers(on("sam"), "") == {}


def test_the_script_exports_where_the_service_is(on):
    submission = on("data_dispatcher")
    planned = script.plan(submission, service=environments.of_service(DISPATCHERS))

    assert "export METACAT_SERVER_URL=https://metacat.example.org/dune\n" in script.render(
        submission, planned, None
    )
