"""Outputs that can be looked at: ordinary files of the output folder, in a sandbox."""

import os

import pytest

from campaigns.tests import builders
from submissions.launching.places import output_folder
from submissions.outputs import find_outputs


@pytest.fixture
def submission(site, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "secret.txt").write_text("secret")
    return site.submission(status="Located")


@pytest.fixture
def folder(submission):
    folder = output_folder(submission.pk)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def look(client, site, submission):
    client.force_login(site.person)
    return lambda name="": client.get(f"/submissions/{submission.pk}/outputs/{name}")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("plot.svg", "image/svg+xml"),
        ("plot.png", "image/png"),
        ("a.TXT", "text/plain; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.csv", "text/csv; charset=utf-8"),
    ],
)
def test_what_can_be_looked_at_is_shown_in_a_sandbox(look, folder, name, kind):
    (folder / name).write_bytes(b"<svg/>")

    response = look(name)

    assert b"".join(response.streaming_content) == b"<svg/>"
    assert response["Content-Type"] == kind
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize("name", ["page.html", "run.js", "data.root", "noending", "x.svg.xhtml"])
def test_anything_else_is_downloaded(look, folder, name):
    (folder / name).write_text("<script>alert(1)</script>")

    response = look(name)

    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    response.close()


def test_folders_below_are_shown_too(look, folder):
    (folder / "hists/deep").mkdir(parents=True)
    (folder / "hists/deep/mass.txt").write_text("91.2")

    assert "hists/deep/mass.txt" in look().content.decode()
    assert b"".join(look("hists/deep/mass.txt").streaming_content) == b"91.2"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/%2e%2e/secret.txt",
        "x/../../../secret.txt",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "a%00.txt",
        ".",
        "hists",
        "missing.txt",
        "a" * 300,
    ],
)
def test_nothing_outside_the_folder_is_served(look, folder, name):
    (folder / "hists").mkdir()

    assert look(name).status_code in (400, 404, 302, 301)


def test_links_are_not_followed(look, folder, tmp_path):
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "door").symlink_to(tmp_path)
    (folder / "inside.txt").write_text("x")
    (folder / "again.txt").symlink_to("inside.txt")

    for name in ("link.txt", "door/secret.txt", "again.txt"):
        assert look(name).status_code == 404
    assert [output.name for output in find_outputs(int(folder.name))] == ["inside.txt"]


def test_a_folder_that_was_swapped_for_a_link_is_not_entered(look, folder, tmp_path):
    folder.rmdir()
    folder.symlink_to(tmp_path)

    assert look("secret.txt").status_code == 404


def test_a_pipe_in_the_folder_blocks_nobody(look, folder):
    os.mkfifo(folder / "pipe.txt")

    assert look("pipe.txt").status_code == 404
    assert find_outputs(int(folder.name)) == []


def test_names_that_no_address_can_hold_are_left_out(look, folder):
    (folder / os.fsdecode(b"bad\xff.txt")).write_text("x")
    (folder / "line\nbreak.txt").write_text("x")
    (folder / "größe 100%.txt").write_text("x")

    assert [output.name for output in find_outputs(int(folder.name))] == ["größe 100%.txt"]
    assert look().status_code == 200
    assert b"".join(look("gr%C3%B6%C3%9Fe%20100%25.txt").streaming_content) == b"x"


def test_without_a_folder_there_is_nothing_to_see(look, submission):
    assert "left nothing" in look().content.decode()
    assert look("a.txt").status_code == 404


def test_outputs_of_another_experiment_are_not_to_be_found(client, submission, folder):
    (folder / "plot.svg").write_text("<svg/>")
    client.force_login(builders.person("stranger", "production", of="dune"))

    assert client.get(f"/submissions/{submission.pk}/outputs/plot.svg").status_code == 404


def test_pictures_are_shown_on_the_page_of_their_submission(client, site, submission, folder):
    (folder / "plot.svg").write_text("<svg/>")
    client.force_login(site.person)

    page = client.get(f"/submissions/{submission.pk}/files/").content.decode()

    assert f'src="/submissions/{submission.pk}/outputs/plot.svg"' in page
