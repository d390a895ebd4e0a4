import subprocess

import pytest

from poms_client.tests.conftest import changed, command, is_over
from poms_client.tests.fake_poms import until

pytestmark = pytest.mark.race


def test_eight_submits_of_one_submission_make_one_cluster(environment, poms, directory, tmp_path):
    tokens = [tmp_path / f"token-{n}" for n in range(8)]
    for n, token in enumerate(tokens):
        token.write_text(f"attempt-{n}")
        poms.attempts[f"attempt-{n}"] = n + 1
    submits = [
        subprocess.Popen(
            command("submit", "--", "sh", "-c", "echo ran >> ran"),
            env=changed({"POMS_LAUNCH_TOKEN_FILE": token}),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for token in tokens
    ]

    complaints = [submit.communicate(timeout=60)[1] for submit in submits]

    assert sorted(submit.returncode for submit in submits) == [0] + 7 * [5]
    assert sum("submission 7 is in the batch already" in said for said in complaints) == 7
    [cluster] = directory.clusters()
    until(is_over(cluster))
    assert (tmp_path / "ran").read_text() == "ran\n"
    assert not list(directory.root.glob(".draft-*"))


def test_submits_at_once_get_numbers_and_one_daemon(environment, directory, tmp_path):
    submits = [
        subprocess.Popen(
            command("submit", "--untracked", "--", "true"),
            env=changed({}),
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(6)
    ]

    assert [submit.wait(60) for submit in submits] == 6 * [0]

    assert [cluster.number for cluster in directory.clusters()] == [1, 2, 3, 4, 5, 6]
    for cluster in directory.clusters():
        until(is_over(cluster))
