"""Files that people keep for their launches: whole or not at all, by names that lead nowhere."""

import hashlib
import os
import signal
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from campaigns.models import ApiToken, Membership
from campaigns.scopes import Scope
from campaigns.tests import builders
from submissions import shelves
from submissions.models import UploadedFile
from submissions.shelves import QUOTA, CannotKeep, NoSuchFile, Sent, Shelf

URL = "/api/v1/uploads/"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def ana(db):
    return builders.person("ana", "analysis")


@pytest.fixture
def shelf(ana):
    return Shelf(builders.experiment(), ana)


@pytest.fixture
def script(ana):
    return client_of(ana)


def client_of(someone, *scopes):
    only = {"scopes": list(scopes)} if scopes else {}
    _, token = ApiToken.objects.create(someone, **only)
    return Client(headers={"Authorization": f"Bearer {token}"})


def a_file(name="a.fcl", content=b"one"):
    return SimpleUploadedFile(name, content)


def on_disk(shelf):
    return sorted(path.name for path in shelf.folder.iterdir())


def named(shelf):
    return {file.name: file.sha256 for file in shelf.files()}


def content(shelf, name):
    with shelf.open(name) as file:
        return file.read()


# what is kept


def test_a_file_is_kept_with_its_size_and_digest_for_its_account_only(shelf):
    [kept] = shelf.keep([Sent("a.fcl", [b"on", b"e"])])

    assert (kept.name, kept.size) == ("a.fcl", 3)
    assert kept.sha256 == hashlib.sha256(b"one").hexdigest()
    assert content(shelf, "a.fcl") == b"one"
    for path in (shelf.folder, shelf.folder.parent, shelf.folder.parent.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((shelf.folder / kept.sha256).stat().st_mode) == 0o600


def test_a_file_takes_the_place_of_the_one_of_its_name(shelf):
    shelf.keep([Sent("a.fcl", [b"one"]), Sent("b.fcl", [b"b"])])
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        [new] = shelf.keep([Sent("a.fcl", [b"two"])])
        assert new.uploaded_at == timezone.now()

    assert content(shelf, "a.fcl") == b"two"
    assert on_disk(shelf) == sorted(named(shelf).values())


def test_two_files_with_the_same_content_are_two_files(shelf):
    shelf.keep([Sent("a", [b"x"]), Sent("b", [b"x"])])

    shelf.remove(["a"])

    assert content(shelf, "b") == b"x"


def test_shelves_are_apart(shelf):
    other = Shelf(shelf.experiment, builders.person("bob", "analysis"))
    shelf.keep([Sent("a", [b"ana's"])])
    other.keep([Sent("a", [b"bob's"])])

    shelf.remove(["a"])

    assert content(other, "a") == b"bob's"
    with pytest.raises(NoSuchFile, match="ana has uploaded no 'a'"):
        shelf.open("a")


# what isn't


NO_NAMES = [
    *("", ".", "..", ".profile", "-rf", " a", "/etc/passwd", "../a", "a/b", "a\\b"),
    *("a\0b", "a\nb", "a\x1b[2Jb", "a\u202eb", "a\ud800", "\u2028", "x" * 201),
]


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
def test_a_name_that_is_none_of_a_plain_file_is_refused(shelf, name):
    with pytest.raises(CannotKeep):
        shelf.keep([Sent("good", [b"x"]), Sent(name, [b"x"])])

    assert named(shelf) == {}


@pytest.mark.parametrize("name", ["a", "_b", "7", "vt_nova_Analysis_ana", "a b (1).txt", "größe"])
def test_a_name_that_people_give_files_is_taken(shelf, name):
    shelf.keep([Sent(name, [b"x"])])

    assert content(shelf, name) == b"x"


def test_what_is_over_the_quota_is_refused_before_it_is_all_read(shelf):
    read = []

    def endless():
        while True:
            read.append(2**20)
            yield b"x" * 2**20

    with pytest.raises(CannotKeep, match=r"a is too much: .* at most 10,485,760 bytes"):
        shelf.keep([Sent("a", endless())])

    assert sum(read) <= QUOTA + 2**20
    assert (named(shelf), on_disk(shelf)) == ({}, [])


def test_the_quota_is_of_all_of_somebodys_files_as_they_would_be(shelf):
    shelf.keep([Sent("a", [b"x" * (QUOTA - 10)])])

    with pytest.raises(CannotKeep, match="10,485,761 bytes"):
        shelf.keep([Sent("b", [b"x" * 11])])
    shelf.keep([Sent("b", [b"x" * 10])])
    shelf.keep([Sent("a", [b"y" * (QUOTA - 10)])])  # in place of itself

    assert sorted(named(shelf)) == ["a", "b"]


def test_there_are_only_so_many_files(shelf, monkeypatch):
    monkeypatch.setattr(shelves, "MOST", 2)

    with pytest.raises(CannotKeep, match="at most 2 files"):
        shelf.keep([Sent(name, [b"x"]) for name in "abc"])
    assert on_disk(shelf) == []


def test_two_files_of_the_same_name_are_not_sent_at_once(script, shelf):
    answer = script.post(URL, {"file": [a_file("x", b"one"), a_file("dir/x", b"two")]})

    assert answer.status_code == 400
    assert "same name: x" in answer.json()["detail"]
    assert not shelf.files()


def test_several_files_are_kept_together_or_not_at_all(shelf):
    def cut():
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        shelf.keep([Sent("a", [b"x"]), Sent("b", cut())])

    assert (named(shelf), on_disk(shelf)) == ({}, [])


# crashes


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def killed(work):
    """Do it in a process of its own, which has to die of it."""
    connections.close_all()
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


@pytest.mark.crash
@pytest.mark.django_db(transaction=True)
def test_an_upload_that_is_killed_midway_leaves_what_was_there(shelf):
    shelf.keep([Sent("a", [b"old"])])

    def pieces():
        yield b"new"
        die()

    killed(lambda: shelf.keep([Sent("a", pieces())]))

    assert content(shelf, "a") == b"old"
    assert len(on_disk(shelf)) == 2
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        shelf.keep([Sent("b", [b"b"])])
    assert on_disk(shelf) == sorted(named(shelf).values())


@pytest.mark.crash
@pytest.mark.django_db(transaction=True)
def test_an_upload_that_is_killed_before_it_counts_leaves_what_was_there(shelf, monkeypatch):
    shelf.keep([Sent("a", [b"old"])])
    with monkeypatch.context() as patch:
        patch.setattr(shelves, "_sync", die)  # the file is in its place, its row isn't written
        killed(lambda: shelf.keep([Sent("a", [b"new"])]))
    assert content(shelf, "a") == b"old"

    shelf.keep([Sent("b", [b"b"])])
    assert on_disk(shelf) == sorted(named(shelf).values())
    assert not connection.needs_rollback


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_once_keep_to_the_quota(shelf):
    both_written = threading.Barrier(2, timeout=20)

    def upload(name):
        def pieces():
            yield b"x" * (QUOTA * 6 // 10)
            both_written.wait()

        try:
            return shelf.keep([Sent(name, pieces())])
        except CannotKeep:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        kept = [files for files in threads.map(upload, "ab") if files]

    assert len(kept) == 1
    assert list(named(shelf)) == [kept[0][0].name]
    assert on_disk(shelf) == [kept[0][0].sha256]


def test_what_somebody_else_is_writing_is_not_tidied_away(shelf):
    shelf.keep([Sent("a", [b"a"])])
    (shelf.folder / "new-others").write_bytes(b"half")

    shelf.keep([Sent("b", [b"b"])])

    assert "new-others" in on_disk(shelf)


# the API


def test_files_are_sent_listed_got_back_and_deleted(script):
    sent = script.post(URL, {"file": [a_file("a b.fcl"), a_file("c.fcl", b"three")]})
    listed = script.get(URL).json()
    back = script.get(f"{URL}a%20b.fcl/")
    gone = script.delete(f"{URL}a%20b.fcl/")

    assert sent.status_code == 201, sent.text
    assert [file["name"] for file in sent.json()] == ["a b.fcl", "c.fcl"]
    assert [file["name"] for file in listed["files"]] == ["a b.fcl", "c.fcl"]
    assert (listed["experiment"], listed["owner"]) == ("nova", "ana")
    assert (listed["used"], listed["quota"]) == (8, QUOTA)
    assert b"".join(back.streaming_content) == b"one"
    assert back["Content-Disposition"] == 'attachment; filename="a b.fcl"'
    assert gone.status_code == 204
    assert script.get(f"{URL}a%20b.fcl/").status_code == 404
    assert script.delete(f"{URL}a%20b.fcl/").status_code == 404


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({}, "This field is required"),
        ({"file": SimpleUploadedFile("-rf", b"x")}, "can't be the name"),
        ({"file": SimpleUploadedFile("a", b"x" * (QUOTA + 1))}, "at most 10,485,760"),
        ({"file": SimpleUploadedFile("a", b"x"), "experiment": "no\0va"}, "NUL"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(script, form, why):
    answer = script.post(URL, form)

    assert answer.status_code == 400
    assert why in answer.text
    assert not UploadedFile.objects.exists()


def sent_as(name, field="file"):
    """Return a form with a file of exactly this name, as a browser or curl writes it."""
    head = f'--here\r\nContent-Disposition: form-data; name="{field}"; filename'.encode()
    return head + name + b"\r\n\r\nanother\r\n--here--\r\n"


OTHER_NAMES = [
    *(b'="a\\reco.fcl"', b'="../../etc/reco.fcl"', b'="dir/reco.fcl"', b'="re\tco.fcl"'),
    *(b'="re\nco.fcl"', b"*=utf-8''re%00co.fcl", b"*=utf-8''reco%FF.fcl", b"*=utf-8''%2Freco.fcl"),
    *(b'=".."', b'="."', b'="re\xe2\x80\xaeco.fcl"'),
]
FORM = "multipart/form-data; boundary=here"


@pytest.mark.parametrize("name", OTHER_NAMES, ids=ascii)
def test_a_name_is_refused_instead_of_made_another(script, browser, shelf, name):
    shelf.keep([Sent("reco.fcl", [b"mine"])])

    by_api = script.post(URL, sent_as(name), content_type=FORM)
    by_page = browser.post("/uploads/add/", sent_as(name), content_type=FORM)
    by_old_name = script.post(
        "/poms/upload_file/nova/analysis/ana", sent_as(name, "filename"), content_type=FORM
    )

    assert [each.status_code for each in (by_api, by_page, by_old_name)] == [400] * 3
    for said in (by_api.json()["detail"], by_page.text, by_old_name.json()["detail"]):
        assert "can't be the name" in said or "NUL" in said
    assert content(shelf, "reco.fcl") == b"mine"
    assert list(named(shelf)) == ["reco.fcl"]


def test_a_name_stays_what_it_is(script, shelf):
    script.post(URL, sent_as(b'="R&amp;D%20 (1).txt"'), content_type=FORM)

    assert list(named(shelf)) == ["R&amp;D%20 (1).txt"]


def test_too_many_files_are_refused_in_words(script, browser):
    files = {"file": [a_file(f"a{number}") for number in range(101)]}
    whose = {"experiment": "nova", "owner": "ana"}

    for answer in (script.post(URL, files), browser.post("/uploads/add/", {**whose, **files})):
        assert answer.status_code == 400
        assert "send at most 100 files at once" in answer.text
        assert "settings" not in answer.text


def test_who_is_in_several_experiments_says_which(script, ana):
    dune = builders.experiment("dune")
    Membership.objects.create(experimenter=ana, experiment=dune, role="analysis")

    assert "say experiment" in script.get(URL).json()["detail"]
    assert script.get(URL, {"experiment": "dune"}).json()["experiment"] == "dune"


def test_a_superuser_may_choose_another_and_others_may_not(script, shelf):
    shelf.keep([Sent("a.fcl", [b"one"])])
    boss = client_of(builders.person("boss", "superuser"))
    bob = client_of(builders.person("bob", "production"))

    asked = {"owner": "ana"}
    assert boss.get(URL, asked).json()["owner"] == "ana"
    assert boss.get(URL, {"owner": "nobody"}).status_code == 404
    assert bob.get(URL, asked).status_code == 403
    assert bob.get(f"{URL}a.fcl/", asked).status_code == 403
    assert bob.delete(f"{URL}a.fcl/?owner=ana").status_code == 403
    assert boss.delete(f"{URL}a.fcl/?owner=ana").status_code == 204


def test_a_token_that_only_reads_gets_names_and_no_content(shelf, ana):
    shelf.keep([Sent("a.fcl", [b"one"])])
    reader = client_of(ana, Scope.READ)

    assert reader.get(URL).status_code == 200
    assert reader.get(f"{URL}a.fcl/").status_code == 403
    assert reader.post(URL, {"file": a_file()}).status_code == 403


def test_a_list_takes_few_questions_to_the_database(
    script, shelf, ana, django_assert_max_num_queries
):
    shelf.keep([Sent(f"file{number}", [b"x"]) for number in range(20)])

    with django_assert_max_num_queries(8):
        script.get(URL)


# the page


@pytest.fixture
def browser(ana):
    client = Client()
    client.force_login(ana)
    return client


def test_files_are_uploaded_and_deleted_on_the_page(browser, shelf):
    whose = {"experiment": "nova", "owner": "ana"}

    shown = browser.post("/uploads/add/", {**whose, "file": [a_file("a&b.fcl")]}, follow=True)
    assert "Uploaded a&amp;b.fcl" in shown.text
    assert "3 of 10,485,760 bytes" in shown.text
    got = browser.get("/uploads/nova/a&b.fcl")
    assert b"".join(got.streaming_content) == b"one"
    shown = browser.post("/uploads/remove/", {**whose, "name": ["a&b.fcl"]}, follow=True)
    assert "1 file deleted" in shown.text
    assert "There are none" in shown.text


def test_the_page_says_why_nothing_was_uploaded(browser):
    whose = {"experiment": "nova", "owner": "ana"}

    assert "pick a file first" in browser.post("/uploads/add/", whose, follow=True).text
    shown = browser.post("/uploads/add/", {**whose, "file": a_file("-rf")}, follow=True)
    assert "Nothing was uploaded" in shown.text


def test_a_superuser_chooses_whose_files_the_page_shows(shelf):
    shelf.keep([Sent("a.fcl", [b"one"])])
    client = Client()
    client.force_login(builders.person("boss", "superuser"))

    shown = client.get("/uploads/?owner=ana").text

    assert "a.fcl" in shown
    assert '<option value="boss"' in shown


def test_who_is_in_no_experiment_has_no_such_page(db):
    client = Client()
    client.force_login(builders.person("stranger"))

    assert client.get("/uploads/").status_code == 404
