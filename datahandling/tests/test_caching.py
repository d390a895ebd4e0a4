"""In a pass each question is asked once, by whoever comes first; its age is known."""

import threading
from contextvars import copy_context
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from datahandling.caching import KEPT, keeping_answers, kept, looking, shared
from datahandling.errors import NoSuchName, Unknown
from datahandling.handlers.catalogue import Catalogue
from datahandling.query import Dataset
from datahandling.services import Service
from datahandling.testing import declare_files

pytestmark = pytest.mark.django_db

SAM = Service("sam", "demo", "http://127.0.0.1")


class Outside(Catalogue):
    """The catalogue, as if it were a service; notes what it is asked."""

    def __init__(self, service=SAM):
        super().__init__("demo", service)
        self.asked = []
        self.error = None

    def count(self, query):
        self.asked.append(query)
        if self.error:
            raise self.error
        return super().count(query)


@pytest.fixture
def outside():
    declare_files("demo", "raw", 3)
    return Outside()


def test_a_question_is_asked_once_in_a_look(outside):
    with looking():
        handler = kept(outside)
        assert [handler.count(Dataset("raw")) for _ in range(3)] == [3, 3, 3]

    assert len(outside.asked) == 1


def test_and_once_by_all_looks_of_a_pass(outside):
    with keeping_answers():
        for _ in range(3):
            with looking():
                kept(outside).count(Dataset("raw"))

    assert len(outside.asked) == 1


def test_the_next_pass_asks_again(outside):
    for _ in range(2):
        with keeping_answers(), looking():
            kept(outside).count(Dataset("raw"))

    assert len(outside.asked) == 2


def test_another_question_or_service_is_asked(outside):
    other = Outside(Service("sam", "demo", "http://127.0.0.2"))
    with looking():
        kept(outside).count(Dataset("raw"))
        kept(outside).count(Dataset("raw")[:2])
        kept(other).count(Dataset("raw"))

    assert (len(outside.asked), len(other.asked)) == (2, 1)


def test_an_answer_is_kept_briefly(outside):
    with looking():
        kept(outside).count(Dataset("raw"))
        with time_machine.travel(timezone.now() + KEPT + timedelta(seconds=1)):
            kept(outside).count(Dataset("raw"))

    assert len(outside.asked) == 2


@pytest.mark.parametrize("error", [Unknown("out of time"), NoSuchName("raw")])
def test_that_there_was_no_answer_is_kept_too(outside, error):
    outside.error = error
    with looking():
        for _ in range(3):
            with pytest.raises(type(error)):
                kept(outside).count(Dataset("raw"))

    assert len(outside.asked) == 1


def test_outside_a_look_nothing_is_kept(outside):
    with keeping_answers():
        assert kept(outside) is outside


def test_the_embedded_catalogue_is_asked_each_time():
    catalogue = Outside(service=None)
    with looking():
        assert kept(catalogue) is catalogue


def test_what_was_written_is_asked_for_again(outside):
    with looking():
        handler = kept(outside)
        assert not handler.exists("list")
        handler.freeze("list", Dataset("raw"))
        assert handler.exists("list")
        assert handler.count(Dataset("list")) == 3


def test_what_a_write_asks_in_between_is_about_that_moment(outside):
    with looking():
        handler = kept(outside)
        assert handler.count(Dataset("raw")) == 3
        declare_files("demo", "raw", 2, stem="late")
        assert handler.count(Dataset("raw")) == 3
        assert handler.freeze("list", Dataset("raw")) == 5


def test_the_age_is_that_of_the_oldest_answer(outside):
    begin = timezone.now()
    with keeping_answers():
        with time_machine.travel(begin, tick=False), looking() as look:
            assert look.as_of is None
            kept(outside).count(Dataset("raw"))
        with time_machine.travel(begin + timedelta(seconds=4), tick=False), looking() as look:
            kept(outside).count(Dataset("raw")[:1])
            kept(outside).count(Dataset("raw"))

    assert look.as_of == begin


def test_of_many_who_ask_at_once_one_does_and_the_others_wait_for_its_answer(outside):
    asked, answer, answers = threading.Event(), threading.Event(), []

    def count(query):
        outside.asked.append(query)
        asked.set()
        return answer.wait(5) and 7

    def ask():
        with looking():
            answers.append(kept(outside).count(Dataset("raw")))

    outside.count = count
    with keeping_answers():
        threads = [threading.Thread(target=copy_context().run, args=(ask,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert asked.wait(5)
        answer.set()
        for thread in threads:
            thread.join()

    assert answers == [7, 7, 7]
    assert len(outside.asked) == 1


def test_what_questions_share_is_asked_once_and_its_age_is_that_of_all(outside):
    def ask():
        return shared(("project", "p"), lambda: outside.count(Dataset("raw")))

    outside.files = lambda query: [ask()]
    outside.exists = lambda name: ask() == 3
    with time_machine.travel(timezone.now(), tick=False) as clock:
        began = timezone.now()
        with keeping_answers():
            with looking():
                kept(outside).files(Dataset("raw"))
            clock.shift(5)
            with looking() as look:
                kept(outside).exists("raw")
                clock.shift(1)
                kept(outside).exists("raw")
        assert (look.as_of, len(outside.asked)) == (began, 1)


def test_what_writes_reads_what_questions_share_anew(outside):
    def ask(*_, **__):
        return shared(("project", "p"), lambda: outside.count(Dataset("raw")))

    outside.define = ask
    with looking():
        ask()
        kept(outside).define("made", Dataset("raw"))

    assert len(outside.asked) == 2


def test_answers_that_are_too_old_give_their_memory_back(outside):
    with time_machine.travel(timezone.now(), tick=False) as clock, looking() as look:
        kept(outside).count(Dataset("raw"))
        clock.shift(KEPT)
        kept(outside).count(Dataset("raw")[:2])

        assert len(look.answers._kept) == 1
