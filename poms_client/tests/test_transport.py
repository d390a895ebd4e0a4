import pytest

from poms_client import transport
from poms_client.api import Api
from poms_client.errors import NotConfigured, Refused, Unclear


@pytest.fixture
def api(poms, monkeypatch):
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.01)
    return Api(poms.url, "secret", patience=1.0)


def test_the_token_travels_as_a_bearer(api, poms):
    api.report([])

    assert poms.tokens == {"Bearer secret": 1}


@pytest.mark.parametrize("failure", [500, 503, 429, "hang up", "lose the answer", "nonsense"])
def test_what_changes_nothing_twice_is_repeated_until_the_answer_is_clear(api, poms, failure):
    poms.failing = [failure, failure]

    assert api.report([{"submission_id": 1, "status": "Idle"}])[0]["outcome"] == "moved"


@pytest.mark.parametrize("failure", [500, 503, 408, "hang up", "lose the answer", "nonsense"])
def test_what_would_take_something_twice_is_asked_once(api, poms, failure):
    poms.attempts["token"] = 3
    poms.failing = [failure]

    with pytest.raises(Unclear):
        api.ask_leave(7, "token")

    assert poms.requests["POST /submissions/7/leave/"] == 1


HAS_A_KEY = {
    "launches": lambda api: api.launch(3),
    "submissions": lambda api: api.register("3", "true", None, None),
}
TWICE_IS_TWO = {**HAS_A_KEY, "controls": lambda api: list(api.control("kill", submission=7))}
UNCLEAR = [500, "hang up", "lose the answer", "nonsense"]


@pytest.mark.parametrize("failure", UNCLEAR)
def test_jobs_are_controlled_once_where_the_answer_is_lost(api, poms, failure):
    poms.failing = [failure]

    with pytest.raises(Unclear, match="poms submissions"):
        list(api.control("kill", submission=7))

    assert poms.requests == {"POST /controls/": 1}


def test_where_poms_says_that_nothing_was_done_nobody_is_told_to_look(api, poms):
    poms.failing = [503]

    with pytest.raises(Unclear, match=r"^POMS answered 503: told to answer 503$"):
        list(api.control("kill", submission=7))


@pytest.mark.parametrize("resource", HAS_A_KEY)
@pytest.mark.parametrize("failure", UNCLEAR)
def test_what_is_made_is_asked_for_again_by_its_key(api, poms, resource, failure):
    poms.failing = [failure, failure]

    assert HAS_A_KEY[resource](api)

    assert poms.requests == {f"POST /{resource}/": 3}
    assert len(poms.made) == len(poms.kept) == 1


@pytest.mark.parametrize("resource", HAS_A_KEY)
def test_each_wish_has_a_key_of_its_own(api, poms, resource):
    for _ in range(2):
        HAS_A_KEY[resource](api)

    assert len(poms.made) == len(poms.kept) == 2


def test_who_asks_again_too_early_waits_for_the_first(api, poms, monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    monkeypatch.setattr(poms, "retry_after", "1")
    api.transport.patience = 5.0
    poms.failing = ["lose the answer", 409]

    assert api.launch(3)["submission_id"] == 99

    assert waited == [transport.FIRST_PAUSE, 1.0]
    assert len(poms.made) == 1


@pytest.mark.parametrize("resource", HAS_A_KEY)
def test_who_never_gets_an_answer_is_told_where_to_look(api, poms, resource):
    poms.failing = ["lose the answer"] * 100

    with pytest.raises(Unclear, match="poms submissions"):
        HAS_A_KEY[resource](api)


@pytest.mark.parametrize("resource", TWICE_IS_TWO)
def test_what_is_made_is_asked_for_again_where_too_many_asked(api, poms, resource):
    poms.failing = [429, 429]

    assert TWICE_IS_TWO[resource](api)
    assert poms.requests == {f"POST /{resource}/": 3}


def test_the_server_says_how_long_it_wants_to_be_left_alone(api, poms, monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    monkeypatch.setattr(poms, "retry_after", "1")
    api.transport.patience = 5.0
    poms.failing = [429]

    api.report([])

    assert waited == [1.0]


def test_nobody_waits_longer_than_their_patience(api, poms, monkeypatch):
    monkeypatch.setattr(poms, "retry_after", "40")
    poms.failing = [429]

    with pytest.raises(Unclear, match="ask again in 40 s"):
        api.report([])

    assert poms.requests == {"POST /reports/": 1}


def test_a_lost_answer_costs_no_file(api, poms):
    poms.project_files = [{"name": "a"}, {"name": "b"}]
    poms.failing = ["lose the answer", "lose the answer"]

    assert [api.next_file("p", "worker").name for _ in "ab"] == ["a", "b"]


def test_a_request_that_never_arrived_is_repeated_whatever_it_asks(api, poms):
    poms.attempts["token"] = 3
    port = poms.port
    poms.stop()
    with pytest.raises(Unclear) as unclear:
        api.ask_leave(7, "token")
    poms.start(port)

    assert not unclear.value.reached
    assert api.ask_leave(7, "token").attempt == 3


def test_a_refusal_is_final_and_says_why(api, poms):
    with pytest.raises(Refused, match="taken already") as refused:
        api.ask_leave(7, "unknown")

    assert refused.value.status == 409
    assert poms.requests["POST /submissions/7/leave/"] == 1


def test_a_refusal_of_fields_names_each_with_what_is_wrong(api, poms):
    wrong = {"status": ["no status Nonsense"], "stage": ["Enter a number.", "Or none."]}
    poms.answer = lambda *asked: (400, wrong)

    with pytest.raises(Refused) as refused:
        list(api.each("submissions/"))

    assert refused.value.detail == "status: no status Nonsense; stage: Enter a number. Or none."


def test_patience_ends(api, poms):
    poms.failing = [500] * 100

    with pytest.raises(Unclear, match="500"):
        api.report([])


def test_a_redirect_is_not_followed(api, poms):
    poms.failing = [302]

    with pytest.raises(Unclear, match="302"):
        api.ask_leave(7, "token")


def test_an_answer_that_lacks_what_was_asked_for_is_unclear(api, poms):
    poms.rows["/projects/p/"] = {"name": "p"}

    with pytest.raises(Unclear, match="files"):
        api.project("p")


def test_only_web_addresses_are_asked():
    with pytest.raises(NotConfigured, match="POMS_URL"):
        Api("file:///etc")


def test_a_list_is_read_page_by_page(api, poms):
    following = "http://elsewhere/api/v1/submissions/?cursor=2"
    pages = iter([{"results": [1, 2], "next": following}, {"results": [3], "next": None}])
    poms.answer = lambda method, path, body: (200, next(pages))

    assert list(api.each("submissions/")) == [1, 2, 3]


def test_a_token_that_is_not_good_is_told_where_to_make_one(api, poms):
    poms.failing = [401]

    with pytest.raises(Refused, match="People make tokens on the page API tokens"):
        api.report([])


def test_an_address_without_its_scheme_is_said_back_as_it_was_set(poms):
    with pytest.raises(NotConfigured, match=r"such as https://\S+, not '127.0.0.1:8000'"):
        Api("127.0.0.1:8000")
