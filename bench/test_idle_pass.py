"""An idle look at everything costs the same, however much there has been."""

from io import StringIO

from django.core.management import call_command

from bench.ruler import cost

FEW, MANY = 10, 100_000


def idle_pass():
    call_command("wrapup_tasks", stdout=StringIO())


def test_an_idle_pass_costs_the_same_after_many_submissions(history):
    history.grow(FEW)
    few = cost(idle_pass)

    history.grow(MANY)
    many = cost(idle_pass)

    print(f"\nidle pass after {FEW} finished submissions: {few}")
    print(f"idle pass after {MANY:,}: {many} ({many.times(few)})")
    assert many.queries == few.queries
