from poms_client.api import Api, File


def test_the_time_of_a_leave_is_measured_by_the_servers_clock(poms):
    poms.attempts["token"] = 1
    poms.deadline = 30.0

    leave = Api(poms.url).ask_leave(7, "token")

    assert 28.0 <= leave.seconds <= 30.0


def test_a_file_is_where_a_copy_of_it_is(tmp_path):
    there = tmp_path / "a file"
    there.touch()

    file = File("a", ("https://far/a", "file:///gone/a", there.as_uri()))

    assert file.path == str(there)


def test_a_file_without_a_copy_here_is_its_url():
    assert File("a", ("https://far/a",)).path == "https://far/a"
