"""People, and what belongs to them, for tests: builders fill in what a test leaves out."""

from campaigns.models import (
    Campaign,
    CampaignDependency,
    CampaignStage,
    DataService,
    Experiment,
    Experimenter,
    JobType,
    LoginSetup,
    Membership,
)


def experiment(name="nova"):
    return Experiment.objects.get_or_create(name=name)[0]


def person(name, role=None, of="nova", active=True, **fields):
    """Return an experimenter; with a ``role``, a member of the experiment ``of``."""
    someone = Experimenter.objects.create(username=name, **fields)
    if role is not None:
        Membership.objects.create(
            experimenter=someone, experiment=experiment(of), role=role, active=active
        )
    return someone


def owned(model, name, creator, creator_role="production", of="nova", **fields):
    owner = {"creator": creator, "creator_role": creator_role, "experiment": experiment(of)}
    return model.objects.create(name=name, **owner, **fields)


def campaign(name, creator, **fields):
    return owned(Campaign, name, creator, **fields)


def job_type(name, creator, **fields):
    return owned(JobType, name, creator, **{"launch_script": "poms submit", **fields})


def login_setup(name, creator, **fields):
    return owned(LoginSetup, name, creator, **fields)


def stage(name, of, **fields):
    """Return a stage of the campaign ``of``, with a job type and login setup of its owner's."""
    owner = {"creator_role": of.creator_role, "of": of.experiment.name}
    label = f"{of.name} {name}"
    fields.setdefault("vo_role", of.creator_role.capitalize())
    return CampaignStage.objects.create(
        campaign=of,
        name=name,
        creator=of.creator,
        creator_role=of.creator_role,
        job_type=fields.pop("job_type", None) or job_type(label, of.creator, **owner),
        login_setup=fields.pop("login_setup", None) or login_setup(label, of.creator, **owner),
        **fields,
    )


SAM = {"kind": "sam", "url": "https://sam.example.org:8483/sam/nova/api"}
DISPATCHER = {
    "kind": "data_dispatcher",
    "url": "https://dispatcher.example.org/dune/dd/data",
    "metacat_url": "https://metacat.example.org/dune",
    "namespace": "dune",
}


def data_service(of="nova", **fields):
    return DataService.objects.create(experiment=experiment(of), **{**SAM, **fields})


def feeds(upstream, downstream, **fields):
    return CampaignDependency.objects.create(upstream=upstream, downstream=downstream, **fields)
