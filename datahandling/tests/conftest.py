"""A site with a data service; each module says which, by a ``site`` of its own."""

import pytest

from datahandling.tests.services.data_dispatcher import DispatcherSite


@pytest.fixture
def site(tmp_path):
    """MetaCat and Data Dispatcher, unless a module says otherwise."""
    with DispatcherSite(tmp_path) as site:
        yield site


@pytest.fixture
def handler(site):
    return site.handler("demo")


@pytest.fixture
def service(site):
    """The service's own side, where experimenters and jobs put and take files."""
    return site.own_side("demo")


@pytest.fixture
def dispatcher(site):
    return site.running["demo"].dispatcher
