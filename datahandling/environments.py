"""What jobs need to find a data service, by the names that its own clients read.

SAM: samweb and ifdh; Data Dispatcher and MetaCat: the clients of their PyPI packages.
"""

from collections.abc import Callable

from datahandling.services import CredentialKind, Service


def of_service(service: Service) -> dict[str, str]:
    """Return the variables that say where ``service`` is; no secret among them."""
    return OF_KIND[service.kind](service)


def of_credential(service: Service) -> dict[str, str]:
    """Return the variable that says in which file the credential is, for jobs on this machine."""
    name = CREDENTIAL_FILE.get(service.credential)
    return {name: service.credential_file} if name else {}


def _sam(service: Service) -> dict[str, str]:
    return {
        "SAM_EXPERIMENT": service.experiment,
        "SAM_WEB_BASE_URL": service.url,
        "IFDH_BASE_URI": service.url,
    }


def _data_dispatcher(service: Service) -> dict[str, str]:
    return {
        "DATA_DISPATCHER_URL": service.url,
        "DATA_DISPATCHER_AUTH_URL": service.auth_url or f"{service.url}/auth",
        "METACAT_SERVER_URL": service.metacat_url,
        "METACAT_AUTH_SERVER_URL": (
            service.metacat_auth_url or service.auth_url or f"{service.metacat_url}/auth"
        ),
    }


OF_KIND: dict[str, Callable[[Service], dict[str, str]]] = {
    "sam": _sam,
    "data_dispatcher": _data_dispatcher,
}
CREDENTIAL_FILE = {
    CredentialKind.BEARER: "BEARER_TOKEN_FILE",
    CredentialKind.PROXY: "X509_USER_PROXY",
    CredentialKind.LIBRARY: "POMS_TOKEN_LIBRARY",
}
