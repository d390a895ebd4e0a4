"""What a launch shows to batch systems: seen before it is launched, and never shown to people."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from datahandling.tests.certificates import Authority
from submissions.launching.credentials import NotValid, find_file, use_of
from submissions.models import Submission
from workflow.tasks import run_pass
from workflow.tests.conftest import ByHand

SECRET = "hvs.a-very-secret-token"


@pytest.fixture
def stage(world):
    return world.stage("gen", stage_type="generator")


@pytest.fixture
def proxy(world, settings, tmp_path):
    """Have launches show a proxy; ``proxy(hours)`` writes one that is good for so long."""
    world.login.credential = "proxy"
    world.login.save()
    settings.PROXY_FILE = str(tmp_path / "{experiment}pro.{role}.proxy")
    person = Authority().person("prod")

    def proxy(hours):
        file = tmp_path / "demopro.Production.proxy"
        person.write_proxy(file, timedelta(hours=hours))
        return file

    return proxy


@pytest.fixture
def vault_token(world, settings, tmp_path):
    world.login.credential = "vault_token"
    world.login.save()
    settings.VAULT_TOKEN_FILE = str(tmp_path / "{experimenter}" / "vt_{experiment}_{role}")
    settings.VAULT_SERVER = "vault.example.org"
    file = tmp_path / "prod" / "vt_demo_Production"
    file.parent.mkdir()
    file.write_text(SECRET)
    return file


def launched(world, stage):
    submission = world.launch(stage)
    run_pass()
    submission.refresh_from_db()
    return submission


def test_a_launch_has_a_copy_of_a_good_proxy(world, stage, proxy):
    file = proxy(hours=12)

    submission = launched(world, stage)

    folder = submission.attempts.get().folder
    assert (folder / "proxy").read_text() == file.read_text()
    assert (folder / "proxy").stat().st_mode & 0o077 == 0
    assert f"export X509_USER_PROXY={folder}/proxy\n" in (folder / "script.sh").read_text()


@pytest.mark.parametrize("hours", [-1, 0.1])
def test_a_launch_waits_for_a_proxy_that_ends_and_says_what_to_do(world, stage, proxy, hours):
    file = proxy(hours)
    submission = launched(world, stage)

    assert (submission.status, submission.attempt) == ("New", 0)
    assert f"the proxy in {file} ends at" in world.conclusion(submission)
    assert "renew it, and the launch goes on" in world.conclusion(submission)

    proxy(hours=12)
    Submission.objects.filter(pk=submission.pk).update(due_at=timezone.now())
    run_pass()
    assert world.status(submission) == "Idle", world.conclusion(submission)


def test_a_proxy_that_is_none_is_said(world, stage, proxy):
    proxy(hours=1).write_text("nothing")

    assert "holds no proxy" in world.conclusion(launched(world, stage))


def test_a_vault_token_of_six_days_ago_is_not_used(world, stage, vault_token):
    old = (datetime.now(UTC) - timedelta(days=6)).timestamp()
    os.utime(vault_token, (old, old))

    submission = launched(world, stage)

    assert submission.attempt == 0
    assert "upload a new one" in world.conclusion(submission)


def test_a_vault_token_is_exchanged_at_the_launch_host(world, stage, vault_token):
    submission = launched(world, stage)

    folder = submission.attempts.get().folder
    script = (folder / "script.sh").read_text()
    assert f"export BEARER_TOKEN_FILE={folder}/bearer-token\n" in script
    assert (
        "htgettoken -a vault.example.org -r default -i demo "
        f"--vaulttokeninfile={folder}/vault-token --credkey=prod "
        '"${poms_extra[@]}" || return 4\n'
    ) in script
    assert "export CONDOR_VAULT_STORER_USER=prod\n" in script
    assert 'export CONDOR_VAULT_STORER_ID="poms-$POMS4_SUBMISSION_ID-$POMS_ATTEMPT"\n' in script


def test_a_managed_token_needs_no_file(world, stage, settings):
    world.login.credential = "managed_token"
    world.login.save()
    settings.VAULT_SERVER, settings.MANAGED_TOKENS_SERVER = "vault.example.org", "mt.example.org"

    submission = launched(world, stage)

    script = (submission.attempts.get().folder / "script.sh").read_text()
    assert (
        "htgettoken -a vault.example.org -r production -i demo "
        "--credkey=demopro/managedtokens/mt.example.org "
        '"${poms_extra[@]}" || return 4\n'
    ) in script


@pytest.mark.parametrize("credential", ["proxy", "vault_token", "managed_token"])
def test_a_site_that_has_not_said_where_they_are_is_told_to(world, stage, credential):
    world.login.credential = credential
    world.login.save()

    assert "set POMS_" in world.conclusion(launched(world, stage))


def test_a_name_never_leads_out_of_the_folder(world, stage, vault_token):
    submission = launched(world, stage)
    submission.creator.username = "../../etc"

    with pytest.raises(NotValid, match="can't be part of a path"):
        find_file(submission)


def test_nothing_is_shown_of_the_secret(world, stage, vault_token):
    submission = launched(world, stage)
    folder = submission.attempts.get().folder

    assert SECRET not in (folder / "script.sh").read_text()
    assert SECRET not in str(submission.snapshot.content)
    assert SECRET not in str(list(submission.decisions.values()))
    assert (folder / "vault-token").read_text() == SECRET
    assert (folder / "vault-token").stat().st_mode & 0o077 == 0


def test_without_a_credential_there_is_nothing_to_see(world, stage):
    submission = launched(world, stage)

    assert find_file(submission) is None
    assert use_of(submission, "x").environment == {}
    assert ByHand.batch == {submission.pk: 1}
