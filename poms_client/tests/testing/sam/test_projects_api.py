"""Projects over HTTP: what jobs do, and what POMS hears of it."""

import threading
import time
from collections import Counter

import pytest

from poms_client.testing.sam import SamServer, definitions, files, projects
from poms_client.testing.samjob import Sam, SamRefused

FILES = 4


@pytest.fixture
def jobs(sam, ask):
    """What a job has to do with SAM; there are four files in the dataset raw, one nowhere."""
    for number in range(1, FILES + 1):
        places = ["/data"] if number < FILES else []
        ask("POST", "/files", json={"file_name": f"raw_{number}", "locations": places})
    ask.post("/definitions/create", defname="raw", dims="file_name raw%")
    ask.post("/definitions/create", defname="all", dims="defname:raw with availability anylocation")
    return Sam(sam.api("demo"))


@pytest.fixture
def project(jobs):
    return jobs.start_project("p", "raw")


def summary(ask, **said):
    return ask.get("/projects/name/p/summary", format="json", **said).json()


def test_a_project_is_found_by_its_name(jobs, project):
    assert project.url == jobs.find_project("p").url
    assert project.url.startswith("http://127.0.0.1:")
    assert jobs.files_of_project("p") == 3


def test_a_project_is_started_once(ask, jobs, project):
    assert ask.post("/startProject", name="p", defname="raw").status_code == 409
    assert jobs.start_project("p", "raw").url == project.url


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"name": "q", "defname": "nosuch"}, 404),
        ({"name": "q", "snapshot_id": "99"}, 400),
        ({"name": "q"}, 400),
        ({"name": "q", "defname": "raw", "snapshot_id": "1"}, 400),
        ({"name": "a/b", "defname": "raw"}, 400),
        ({"defname": "raw"}, 400),
        ({"name": "q", "snapshot_id": "x"}, 400),
    ],
)
def test_what_cant_be_a_project_isnt_started(ask, jobs, said, status):
    assert ask.post("/startProject", **said).status_code == status
    assert ask.get("/projects").json() == []


def test_a_project_can_be_over_a_snapshot(ask, jobs):
    ask.post("/definitions/name/all/snapshot")
    ask.post("/startProject", name="p", snapshot_id="1")

    assert summary(ask)["files_in_snapshot"] == 4
    assert summary(ask)["dataset_def_name"] == "all"


def test_a_process_gets_each_file_once_and_then_no_more(ask, project):
    process = project.establish_process("reco", "v1")

    given = [process.next_file() for _ in range(4)]

    assert given == ["/data/raw_1", "/data/raw_2", "/data/raw_3", None]
    assert ask.post(f"{process.url}/getNextFile").status_code == 204


def test_a_job_can_have_the_file_as_json(ask, project):
    process = project.establish_process("reco", "v1")

    assert ask.post(f"{process.url}/getNextFile?format=json").json() == {
        "url": "/data/raw_1",
        "filename": "raw_1",
    }


def test_a_job_waits_for_files_that_are_nowhere_yet(ask, jobs):
    process = jobs.start_project("q", "all").establish_process("reco", "v1")
    for _ in range(3):
        process.next_file()

    waiting = ask.post(f"{process.url}/getNextFile")
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (202, "1")

    ask.post("/files/name/raw_4/locations", add="/tape")
    assert process.next_file() == "/tape/raw_4"


def test_a_process_gets_no_more_files_than_it_asked_for(project):
    process = project.establish_process("reco", "v1", files=1)

    assert [process.next_file(), process.next_file()] == ["/data/raw_1", None]


def test_a_job_outlasts_a_restart_of_the_service(tmp_path):
    with SamServer(tmp_path) as sam:
        files.declare(sam.store("demo"), {"file_name": "raw_1", "locations": ["/data"]})
        definitions.create(sam.store("demo"), "raw", "file_name raw%")
        jobs, port = Sam(sam.api("demo")), int(sam.url.rsplit(":", 1)[1])
        process = jobs.start_project("p", "raw").establish_process("reco", "v1")
    taken = []
    job = threading.Thread(target=lambda: taken.append(process.next_file()))
    job.start()
    time.sleep(0.1)

    with SamServer(tmp_path, port):
        job.join(30)

    assert taken == ["/data/raw_1"]


def test_many_jobs_at_once_get_each_file_once(sam, jobs, ask):
    for number in range(200):
        ask("POST", "/files", json={"file_name": f"many_{number}", "locations": ["/data"]})
    jobs.define("many", "file_name many%")
    project = jobs.start_project("many", "many")
    taken = Counter()

    def work():
        process = project.establish_process("reco", "v1")
        while (url := process.next_file()) is not None:
            taken[url] += 1
            process.tell(url, "consumed")
        process.end()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(taken) == 200
    assert set(taken.values()) == {1}
    counts = ask.get("/projects/name/many/summary").json()["file_counts"]
    assert counts["completed"] == 200


def test_a_summary_counts_files_by_what_became_of_them(ask, project):
    good = project.establish_process("reco", "v1", node="wn1")
    killed = project.establish_process("reco", "v1")
    first, second = good.next_file(), good.next_file()
    good.tell(first, "consumed")
    good.tell("raw_2", "skipped")
    good.end()
    killed.next_file()

    told = summary(ask, process_limit=0)

    assert "processes" not in told
    assert told["process_counts"] == {"active": 1, "completed": 1}
    assert {name: n for name, n in told["file_counts"].items() if n} == {
        "completed": 1,
        "skipped": 1,
        "delivered": 1,
    }
    assert set(told["file_counts"]) == set(projects.COUNTED)
    assert told["project_status"] == "running"
    assert told["files_in_snapshot"] == 3
    assert (told["dataset_def_name"], told["snapshot_id"]) == ("raw", 1)
    assert second == "/data/raw_2"


def test_a_summary_tells_of_each_process_unless_it_is_asked_not_to(ask, project):
    process = project.establish_process("reco", "v1", node="wn1")
    process.tell(process.next_file(), "consumed")
    process.end()
    project.establish_process("reco", "v2")

    first, second = summary(ask)["processes"]

    assert first["application"] == {"family": "", "name": "reco", "version": "v1"}
    assert (first["status"], first["node"], first["counts"]["consumed"]) == ("completed", "wn1", 1)
    assert (second["status"], second["counts"]["consumed"]) == ("active", 0)
    assert len(summary(ask, process_limit=1)["processes"]) == 1


def test_a_project_that_ends_leaves_what_is_out_unknown(ask, project):
    process = project.establish_process("reco", "v1")
    process.next_file()
    project.end()

    told = summary(ask)
    assert told["project_status"] == "ended incomplete"
    assert told["project_end_time"] is not None
    assert told["process_counts"] == {"bad": 1}
    assert told["file_counts"]["unknown"] == 1
    assert process.next_file() is None
    with pytest.raises(SamRefused) as refused:
        project.establish_process("reco", "v1")
    assert refused.value.status == 409


def test_a_project_whose_processes_are_over_ends_completed(ask, project):
    project.establish_process("reco", "v1").end()
    project.end()
    project.end()

    assert summary(ask)["project_status"] == "completed"


def test_a_process_may_end_badly(ask, project):
    process = project.establish_process("reco", "v1")
    process.tell(process.next_file(), "consumed")
    ask("PUT", f"{process.url}/status", data={"status": "bad"})

    assert summary(ask)["process_counts"] == {"bad": 1}
    assert summary(ask)["file_counts"]["consumed"] == 1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"filename": "raw_2", "status": "consumed"}, 404),
        ({"filename": "raw_1", "status": "eaten"}, 400),
        ({"filename": "raw_1"}, 400),
    ],
)
def test_a_job_can_only_say_what_there_is_to_say(ask, project, said, status):
    process = project.establish_process("reco", "v1")
    process.next_file()

    assert ask.post(f"{process.url}/updateFileStatus", **said).status_code == status


def test_what_isnt_there_is_not_found(ask, project):
    assert ask.get("/projects/name/nosuch/summary").json()["error"] == "ProjectNotFound"
    assert ask.get("/projects/name/nosuch/summary").status_code == 404
    assert ask.get("/projects/name/nosuch/recovery_dimensions").status_code == 404
    assert ask.get("/findProject", name="nosuch").status_code == 404
    assert ask.post(f"{project.url}/process/99/getNextFile").status_code == 404
    assert ask.post("/projects/demo/nosuch/description", description="x").status_code == 404


# Recoveries, descriptions, lists, stations


@pytest.fixture
def half_done(project):
    """raw_1 is consumed by a process that ended, raw_2 by one that still runs; raw_3 waits."""
    for ends in (True, False):
        process = project.establish_process("reco", "v1", files=1)
        process.tell(process.next_file(), "consumed")
        if ends:
            process.end()
    return project


@pytest.mark.parametrize(("use_process", "left"), [("0", ["raw_3"]), ("1", ["raw_2", "raw_3"])])
def test_recovery_dimensions_have_what_is_left(ask, half_done, use_process, left):
    dims = ask.get("/projects/name/p/recovery_dimensions", useProcess=use_process).text

    assert "consumed_status consumed" in dims
    dims = dims.replace("consumed_status consumed", "consumed_status 'co%'")
    assert ask.get("/files/list", dims=dims, format="json").json() == left


def test_recovery_dimensions_are_empty_when_nothing_is_left(ask, project):
    process = project.establish_process("reco", "v1")
    while (url := process.next_file()) is not None:
        process.tell(url, "consumed")
    process.end()

    for use_process in ("0", "1"):
        said = {"useProcess": use_process, "format": "plain"}
        assert ask.get("/projects/name/p/recovery_dimensions", **said).text == ""


def test_without_a_good_process_everything_is_left(ask, project):
    assert ask.get("/projects/name/p/recovery_dimensions").text == "snapshot_for_project_name p"


def test_a_project_is_described(ask, project):
    ask.post("/projects/demo/p/description", description="POMS CampaignStage 1 Submission 2")

    assert summary(ask)["project_desc"] == "POMS CampaignStage 1 Submission 2"


def test_projects_are_listed(ask, jobs, project):
    ask.post("/startProject", name="q", defname="all", username="ada")

    assert ask.get("/projects", format="plain").text == "p\nq\n"
    assert ask.get("/projects", format="json", defname="raw").json() == ["p"]
    assert ask.get("/projects", user="ada").json() == ["q"]
    assert ask.get("/projects", started_before="2020-01-01").json() == []
    assert ask.get("/projects", started_after="2020-01-01").json() == ["p", "q"]


def test_a_station_tells_of_its_projects_in_the_words_that_are_looked_for(ask, jobs):
    ask.post("/startProject", name="p", defname="all", station="demo")

    told = ask.get("/dumpStation", station="demo").text

    assert "Project p contains 4 total files,\n of these 3 in cache\n" in told
    assert "Per-project prefetched files: " in told
    assert ask.get("/dumpStation", station="nosuch").status_code == 404
