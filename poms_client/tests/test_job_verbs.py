import hashlib
import json
import subprocess
import sys

import pytest

from poms_client import job
from poms_client.tests.conftest import changed, is_over
from poms_client.tests.fake_poms import until


@pytest.fixture
def raw(poms, tmp_path):
    """Two files of the project, which lie on this machine."""
    for name in ("raw 1.lhe", "raw 2.lhe"):
        (tmp_path / name).write_text(name)
        location = (tmp_path / name).as_uri()
        poms.project_files.append({"name": name, "locations": [location], "metadata": {"n": 1}})
    return tmp_path


def test_next_prints_path_and_name_until_no_file_is_left(run, raw):
    first, second, third = (run("next", JOBSUBJOBID="1.0@local") for _ in range(3))

    assert first.stdout == f"{raw}/raw 1.lhe\traw 1.lhe\n"
    assert second.stdout == f"{raw}/raw 2.lhe\traw 2.lhe\n"
    assert (first.returncode, second.returncode, third.returncode) == (0, 0, 1)


def test_next_tells_programs_all_about_the_file(run, raw):
    said = json.loads(run("next", "--json").stdout)

    assert (said["name"], said["metadata"]) == ("raw 1.lhe", {"n": 1})


def test_no_clear_answer_is_not_taken_for_no_file(run, poms, raw):
    poms.failing = 50 * [500]

    assert run("next").returncode == 4


def test_files_are_taken_and_ended_under_the_name_of_the_job(run, poms, raw):
    run("next", JOBSUBJOBID="1.3@local")
    run("done", "raw 1.lhe", JOBSUBJOBID="1.3@local")

    assert poms.reserved == {"raw 1.lhe": "1.3@local"}
    assert poms.said == [("done", "raw 1.lhe", {"file": "raw 1.lhe", "worker": "1.3@local"})]
    assert set(poms.tokens) == {"Bearer job-secret"}


def test_a_failed_file_says_why_and_whether_to_try_again(run, poms):
    assert run("failed", "a", "--retry", "--why", "no events").returncode == 0

    assert poms.said[0][2]["retry"] is True
    assert poms.said[0][2]["why"] == "no events"


def test_declared_files_come_with_what_is_on_disk(run, poms, tmp_path):
    made = tmp_path / "out 1.json"
    made.write_text("{}")

    done = run(
        *("declare", made, "--parent", "a", "--parent", "b", "--dataset", "reco"),
        *("--meta", "events=12", "--meta", "kind=mc", "--meta", "ok=true"),
    )

    assert done.stdout == "declared out 1.json\n"
    assert poms.declared == [
        {
            "name": "out 1.json",
            "size": 2,
            "checksum": "sha256:" + hashlib.sha256(b"{}").hexdigest(),
            "metadata": {"events": 12, "kind": "mc", "ok": True},
            "locations": [made.as_uri()],
            "parents": ["a", "b"],
            "datasets": ["reco"],
        }
    ]


def test_a_file_that_is_not_there_is_not_declared(run, poms):
    done = run("declare", "/no/such/file")

    assert done.returncode == 2
    assert "/no/such/file" in done.stderr
    assert poms.declared == []


def test_metadata_without_a_value_is_refused(run, tmp_path):
    assert run("declare", tmp_path, "--meta", "events").returncode == 2


def test_a_shell_job_works_through_its_project(submit, poms, raw, tmp_path):
    script = tmp_path / "job.sh"
    script.write_text(
        f'poms() {{ "{sys.executable}" -m poms_client.cli "$@"; }}\n'
        "while file=$(poms next); do\n"
        "    path=${file%%\t*} name=${file##*\t}\n"
        '    wc -c < "$path" > "$name.out" && poms declare "$name.out" --parent "$name"\n'
        '    poms done "$name"\n'
        "done\n"
    )
    cluster = submit("sh", script)

    assert until(is_over(cluster), 30)["completed"] == 1
    assert [file["parents"] for file in poms.declared] == [["raw 1.lhe"], ["raw 2.lhe"]]
    assert [said[:2] for said in poms.said] == [("done", "raw 1.lhe"), ("done", "raw 2.lhe")]


def test_what_a_job_says_needs_no_slow_imports(environment, poms):
    slow = {"typer", "rich", "requests", "click", "asyncio", "poms_client.batch.daemon"}
    code = "import sys; from poms_client.cli import main\ntry: main()\nfinally: print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-S", "-c", code, "next"], env=changed({}), capture_output=True, text=True
    )

    assert "poms_client.job_cli" in done.stdout
    assert not slow & set(done.stdout.split())


# --- the same in Python ---


def test_a_loop_takes_every_file_and_says_how_each_went(environment, poms, raw):
    seen = []
    for file in job.files():
        with file:
            seen.append(file.path)

    assert seen == [f"{raw}/raw 1.lhe", f"{raw}/raw 2.lhe"]
    assert [said[:2] for said in poms.said] == [("done", "raw 1.lhe"), ("done", "raw 2.lhe")]


def test_a_file_is_done_when_the_loop_asks_for_the_next(environment, poms, raw):
    for _ in job.files():
        pass

    assert [said[0] for said in poms.said] == ["done", "done"]


def test_a_file_that_raises_failed(environment, poms, raw):
    def work():
        for file in job.files():
            with file:
                raise ValueError("no events")

    with pytest.raises(ValueError, match="no events"):
        work()

    [(verb, name, body)] = poms.said
    assert (verb, name, body["why"]) == ("failed", "raw 1.lhe", "ValueError: no events")


def test_a_loop_left_early_fails_its_file(environment, poms, raw):
    for _ in job.files():
        break

    assert [said[0] for said in poms.said] == ["failed"]


def test_a_file_is_told_once(environment, poms, raw):
    for file in job.files():
        with file:
            file.failed("half of it is missing", retry=True)

    assert [said[0] for said in poms.said] == ["failed", "failed"]


def test_files_that_are_worked_on_together_are_done_when_what_they_made_is_declared(
    environment, poms, raw
):
    with job.all_files() as files:
        made = job.output("merged.lhe")
        made.write_text("")
        job.declare(made, parents=[file.name for file in files])
        assert poms.said == []

    assert poms.declared[0]["parents"] == ["raw 1.lhe", "raw 2.lhe"]
    assert {said[:2] for said in poms.said} == {("done", "raw 1.lhe"), ("done", "raw 2.lhe")}


def test_they_fail_together(environment, poms, raw):
    with pytest.raises(ValueError, match="no events"), job.all_files():
        raise ValueError("no events")

    assert {said[:2] for said in poms.said} == {("failed", "raw 1.lhe"), ("failed", "raw 2.lhe")}


def test_outputs_go_to_the_submissions_folder(environment, poms, tmp_path):
    made = job.output("a.json")
    made.write_text("{}")

    assert made == tmp_path / "output" / "a.json"
    assert job.declare(made) == [{"name": "a.json", "outcome": "declared"}]
    assert "datasets" not in poms.declared[0]
