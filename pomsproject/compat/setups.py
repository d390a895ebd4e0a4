"""Changing job types and login setups by the arguments of the old forms."""

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from campaigns.access import creator_role, may_edit
from campaigns.models import Experiment, JobType, LoginSetup, RecoveryStep
from campaigns.parameters import Pairs, validate_overrides
from campaigns.roles import OwnerRole
from pomsproject.compat.calls import Call, one
from pomsproject.compat.changing import Table, change, deleted, fields_of, flag, pairs, text

LOGIN_SETUP: Table = {
    "ae_launch_host": ("launch_host", text),
    "ae_launch_account": ("launch_account", text),
    "ae_launch_setup": ("launch_setup", text),
    "ae_active": ("active", flag),
}
JOB_TYPE: Table = {
    "ae_launch_script": ("launch_script", text),
    "ae_definition_parameters": ("parameters", pairs),
    "ae_output_file_patterns": ("output_file_patterns", text),
    "ae_active": ("active", flag),
}


def login_setup_edit(call: Call) -> Response:
    """Add, edit, delete or find a login setup."""
    if call.text("action") == "delete":
        return login_setup_rm(call)
    row = _part(call, LoginSetup, "ae_launch_name", LOGIN_SETUP)
    return Response({"message": f"login setup {row}", "login_setup_id": row.pk, **_told(row)})


def job_type_edit(call: Call) -> Response:
    """Add, edit, delete or find a job type; recoveries, where sent, take the place of all."""
    if call.text("action") == "delete":
        return job_type_rm(call)
    row = _part(call, JobType, "ae_definition_name", JOB_TYPE)
    return Response({"message": f"job type {row}", "job_type_id": row.pk, **_told(row)})


def _told(row: LoginSetup | JobType) -> dict[str, Any]:
    table = LOGIN_SETUP if isinstance(row, LoginSetup) else JOB_TYPE
    return {old: getattr(row, field) for old, (field, _) in table.items()}


def _part(call: Call, model: type[Any], named: str, table: Table) -> Any:
    name, action = call.required(named), call.text("action") or "find"
    rows = call.in_experiment(model.objects.select_related("experiment"))
    if action not in ("add", "edit", "find"):
        raise ValidationError({"detail": "action is add, edit, delete or find"})
    if action == "find":
        return one(rows, name=name)
    row = _new(call, model, name) if action == "add" else one(rows, name=name)
    call.view.require(may_edit(call.user, row), f"change {row}")
    change(row, fields_of(call, table), lambda: _set_recoveries(call, row))
    return row


def _new(call: Call, model: type[Any], name: str) -> Any:
    """Return one to be saved, whose it is as the caller acts. Raises ValidationError if taken."""
    experiment = Experiment.objects.visible_to(call.user).filter(name=call.experiment).first()
    if experiment is None:
        raise NotFound(f"say of which experiment: there is no {call.experiment!r} of yours")
    if model.objects.filter(experiment=experiment, name=name).exists():
        what = model._meta.verbose_name
        raise ValidationError({"detail": f"A {what} named {name} already exists."})
    own = creator_role(call.user, experiment)
    call.view.require(own is not None, f"make anything in {experiment}")
    role = OwnerRole.ANALYSIS if call.text("role") == "analysis" else own
    return model(experiment=experiment, name=name, creator=call.person, creator_role=role)


def _set_recoveries(call: Call, row: Any) -> None:
    if isinstance(row, JobType) and "ae_definition_recovery" in call.given:
        _store_recoveries(
            row, _steps("ae_definition_recovery", call.value("ae_definition_recovery"))
        )


def modify_job_type_recoveries(call: Call) -> Response:
    """Change a job type's recoveries: of a type that is there the parameters, else add one."""
    rows = call.view.find(
        JobType.objects.select_related("experiment"), "experiment", pk=call.key("job_type_id")
    )
    call.view.require(may_edit(call.user, rows), f"change {rows}")
    there = {step.recovery_type: dict(step.param_overrides) for step in rows.recoveries.all()}
    for kind, said in _steps("recoveries", call.value("recoveries")):
        there[kind] = {**there.get(kind, {}), **dict(said)}
    steps = [(kind, [[*pair] for pair in said.items()]) for kind, said in there.items()]
    change(rows, {}, lambda: _store_recoveries(rows, steps))
    return Response({"message": "OK", "recoveries": steps})


def _steps(name: str, value: Any) -> list[tuple[str, Pairs]]:
    """Read a list of [type, [[key, value], …]]. Raises ValidationError."""
    wrong = ValidationError({"detail": f'{name} is a list such as [["pending_files", []]]'})
    steps = value if isinstance(value, list) else [value]
    for step in steps:
        if not (isinstance(step, list) and len(step) == 2 and isinstance(step[0], str)):
            raise wrong
        try:
            validate_overrides(step[1])
        except ModelError as error:
            raise wrong from error
    return [(kind, said) for kind, said in steps]


def _store_recoveries(job_type: JobType, steps: list[tuple[str, Pairs]]) -> None:
    job_type.recoveries.all().delete()
    for order, (kind, said) in enumerate(steps):
        step = RecoveryStep(
            job_type=job_type, order=order, recovery_type=kind, param_overrides=said
        )
        step.full_clean()
        step.save()


def job_type_rm(call: Call) -> Response:
    name = call.required("ae_definition_name")
    row = one(call.in_experiment(JobType.objects.select_related("experiment")), name=name)
    call.view.require(may_edit(call.user, row), f"delete {row}")
    if deleted(row):
        return Response({"message": f"The job type '{name}' has been deleted."})
    return Response({"message": f"The job type, {name}, has been used and may not be deleted."})


def login_setup_rm(call: Call) -> Response:
    name = call.required("ae_launch_name")
    row = one(call.in_experiment(LoginSetup.objects.select_related("experiment")), name=name)
    call.view.require(may_edit(call.user, row), f"delete {row}")
    done = "deleted" if deleted(row) else "used and may not be deleted"
    return Response({"message": f"The login setup '{name}' has been {done}."})
