"""The files that people keep for their launches: to see, to send, to get back and to delete."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from campaigns.access import may_manage, visible_to
from campaigns.models import Experiment, Experimenter
from submissions import uploads as files
from submissions.shelves import CannotKeep, NoSuchFile, Shelf


@require_GET
@login_required
def uploads(request: HttpRequest) -> HttpResponse:
    """Somebody's files in an experiment: one's own, or (for superusers) another's."""
    experiments = list(visible_to(Experiment.objects.order_by("name"), request.user, "pk"))
    if not experiments:
        raise Http404("you are in no experiment")
    name = request.GET.get("experiment") or experiments[0].name
    shelf = files.find_shelf(request.user, name, request.GET.get("owner", ""))
    described = files.described(shelf)
    context = {
        **described,
        "percent": round(100 * described["used"] / described["quota"]),
        "experiments": experiments,
        "owners": _owners(request, shelf),
        "own": shelf.owner == request.user,
    }
    return render(request, "submissions/uploads.html", context)


def _owners(request: HttpRequest, shelf: Shelf) -> list[str]:
    if not may_manage(request.user, shelf.experiment):
        return []
    members = Experimenter.objects.filter(memberships__experiment=shelf.experiment)
    names = set(members.values_list("username", flat=True))
    return sorted(names | {request.user.get_username()})


@require_POST
@login_required
def add(request: HttpRequest) -> HttpResponse:
    shelf = _named(request)
    try:
        kept = files.receive(shelf, request.FILES.getlist("file"))
        messages.success(request, f"Uploaded {', '.join(file.name for file in kept)}.")
    except CannotKeep as why:
        messages.error(request, f"Nothing was uploaded: {why}.")
    return _to(shelf)


@require_POST
@login_required
def remove(request: HttpRequest) -> HttpResponse:
    shelf = _named(request)
    number = shelf.remove(request.POST.getlist("name"))
    messages.success(request, f"{number} file{pluralize(number)} deleted.")
    return _to(shelf)


@require_GET
@login_required
def download(request: HttpRequest, experiment: str, name: str) -> FileResponse:
    shelf = files.find_shelf(request.user, experiment, request.GET.get("owner", ""))
    try:
        return files.download(shelf, name)
    except NoSuchFile as error:
        raise Http404(str(error)) from error


def _named(request: HttpRequest) -> Shelf:
    experiment = request.POST.get("experiment", "")
    try:
        return files.find_shelf(request.user, experiment, request.POST.get("owner", ""))
    except CannotKeep as error:
        raise Http404(str(error)) from error


def _to(shelf: Shelf) -> HttpResponse:
    whose = {"experiment": shelf.experiment.name, "owner": shelf.owner.username}
    return redirect(f"{reverse('submissions:uploads')}?{urlencode(whose)}")
