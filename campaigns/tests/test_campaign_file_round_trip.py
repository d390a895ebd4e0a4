"""What is written to a campaign file is read back, exactly."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from campaigns.documents import codecs
from campaigns.exchange import export_campaign, import_campaign
from campaigns.exchange.reading import read
from campaigns.exchange.writing import write
from campaigns.tests.builders import experiment, person
from campaigns.tests.documents import documents, texts
from campaigns.validation import problems_of

pytestmark = pytest.mark.property


@settings(max_examples=150)
@given(documents())
def test_a_document_reads_back_from_its_file(document):
    text = write(document)

    again, findings = read(text)

    assert findings.problems == []
    assert again == document
    assert write(again) == text


@pytest.mark.django_db
@pytest.mark.timeout(400)
@settings(max_examples=25, phases=[Phase.explicit, Phase.generate])  # shrinking takes minutes here
@given(documents())
def test_a_campaign_that_is_exported_and_imported_elsewhere_is_exported_the_same(document):
    assert problems_of(document) == []
    text = write(document)
    with transaction.atomic():
        root = person("root", is_superuser=True)
        here = import_campaign(text, experiment("nova"), root, "production")
        exported = export_campaign(here.campaign)
        there = import_campaign(exported, experiment("dune"), root, "production")
        again = import_campaign(exported, experiment("nova"), root, "production", replace=True)

        assert exported == text
        assert export_campaign(there.campaign) == text.replace(
            "experiment = nova", "experiment = dune", 1
        )
        assert again.difference == ""
        transaction.set_rollback(True)


@given(texts)
def test_any_text_is_written_on_one_line_and_read_back(text):
    for codec in (codecs.TEXT, codecs.OPTIONAL_TEXT):
        written = codec.write(text)
        assert "\n" not in written
        assert codec.read(written.strip()) == text


@given(st.none() | st.timedeltas(timedelta(0), timedelta(days=3650)))
def test_any_time_is_written_and_read_back(time):
    assert codecs.read_duration(codecs.write_duration(time)) == time


@given(st.decimals(-1000, 1000, places=2))
def test_any_percentage_is_written_and_read_back(number):
    assert codecs.read_decimal(codecs.write_decimal(number)) == Decimal(number)
