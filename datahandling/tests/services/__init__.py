"""The data services that the handlers are tried on, and how their own side is played.

A handler is added with a line in ``SITES``. A site is a context manager that runs the service, or
its stand-in, and gives a handler and the service's own side for each experiment. Where services
differ, a test says by a trait which ones it is about (``only``): a class attribute of the
handler or of the site, so that no test is skipped and the others have a test of their own.
"""

from datahandling.tests.services.catalogue import CatalogueSite
from datahandling.tests.services.data_dispatcher import DispatcherSite
from datahandling.tests.services.sam import SamSite

SITES = {
    "catalogue": CatalogueSite,
    "sam": SamSite,
    "data_dispatcher": DispatcherSite,
}
