"""Campaign files, out and in."""

from django.http import HttpResponse
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from campaigns.access import creator_role, may_enter
from campaigns.exchange import CampaignFileError, experiment_of, export_campaign, import_campaign
from campaigns.models import Campaign, Experiment
from campaigns.roles import OwnerRole
from pomsproject.compat.calls import Call, plain

LARGEST = 2**20  # bytes


def campaign_deps_ini(call: Call) -> HttpResponse:
    """Return the campaign file of a campaign, or of the one that a stage is in."""
    if call.text("stage_id"):
        stage = call.stage("stage_id")
        call.view.require(may_enter(call.user, stage.experiment), f"see {stage.campaign}")
        return plain(export_campaign(stage.campaign))
    name = call.required("name")
    found = call.in_experiment(Campaign.objects.all()).filter(name=name).order_by("pk").first()
    if found is None:
        where = call.experiment or "any"
        return plain(f"Error: Campaign '{name}' was not found for '{where}' experiment", 404)
    return plain(export_campaign(found))


def ini_to_campaign(call: Call) -> Response:
    """Make the campaign of the file that is sent, all of it or nothing."""
    try:
        text = _uploaded(call)
        experiment = _experiment(call, text)
        role = _role(call, experiment)
        made = import_campaign(text, experiment, call.person, role, replace=call.flag("replace"))
    except CampaignFileError as error:
        problems = [str(problem) for problem in error.problems]
        return Response({"status": "400 Bad Request", "message": problems}, status=400)
    stages = made.campaign.stages.order_by("pk").values_list("pk", "name")
    answer = {
        "status": "201 Created",
        "message": list(made.warnings) or "OK",
        "campaign_id": made.campaign.pk,
        "campaign_stage_ids": [[pk, name] for pk, name in stages],
    }
    return Response(answer)


def _uploaded(call: Call) -> str:
    file = call.request.FILES.get("upload")
    if file is None:
        raise ValidationError({"detail": "Pick the file first! Send it as upload."})
    if file.size > LARGEST:
        raise ValidationError({"detail": f"a campaign file has at most {LARGEST} bytes"})
    try:
        text: str = file.read().decode()
    except UnicodeDecodeError as error:
        raise ValidationError({"detail": f"Bad file format: it isn't UTF-8 ({error})"}) from error
    if "\0" in text:
        raise ValidationError({"detail": "Bad file format: there is a NUL in it"})
    return text


def _experiment(call: Call, text: str) -> Experiment:
    name = call.experiment or experiment_of(text)
    found = Experiment.objects.filter(name=name).first()
    if found is None or not may_enter(call.user, found):
        raise NotFound(f"there is no experiment {name} that you are a member of")
    return found


def _role(call: Call, experiment: Experiment) -> OwnerRole:
    """Return whose the campaign is: an analyst's where the caller acts as one."""
    own = creator_role(call.user, experiment)
    call.view.require(own is not None, f"make campaigns in {experiment}")
    assert own is not None
    return OwnerRole.ANALYSIS if call.text("role") == "analysis" else own
