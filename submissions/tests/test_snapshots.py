"""What a launch used is frozen: edits never change history (ARCHITECTURE 1.9)."""

from submissions.models import Snapshot
from submissions.snapshots import Policy, describe, freeze


def test_equal_launches_share_one_snapshot(site):
    stage = site.stage()

    assert freeze(stage) == freeze(stage)
    assert Snapshot.objects.count() == 1


def test_an_edit_makes_a_new_snapshot_and_leaves_the_old_one(site):
    stage = site.stage(completion_pct=95)
    before = site.submission(stage)
    stage.completion_pct = 50
    stage.save()

    after = site.submission(stage)

    before.refresh_from_db()
    assert Policy.of(before.snapshot.content).completion_pct == 95
    assert Policy.of(after.snapshot.content).completion_pct == 50


def test_an_edit_undone_is_the_snapshot_of_before(site):
    stage = site.stage(software_version="v1")
    first = freeze(stage)
    stage.software_version = "v2"
    stage.save()
    assert freeze(stage) != first

    stage.software_version = "v1"
    stage.save()

    assert freeze(stage) == first


def test_recoveries_and_their_overrides_are_frozen_with_it(site):
    stage = site.stage(recoveries=["consumed_status", "pending_files"])
    stage.job_type.recoveries.filter(order=0).update(param_overrides=[["--memory=", "4000"]])
    snapshot = freeze(stage)

    stage.job_type.recoveries.all().delete()

    assert Policy.of(snapshot.content).recoveries == (
        ("consumed_status", [["--memory=", "4000"]]),
        ("pending_files", []),
    )


def test_settings_of_data_dispatcher_are_frozen_whole(site):
    stage = site.stage(data_dispatcher={"load_limit": 5})
    stage.campaign.data_handler = "data_dispatcher"
    stage.campaign.defaults = {"data_dispatcher": {"load_limit": 9, "virtual": True}}

    assert describe(stage)["stage"]["data_dispatcher"] == {
        "project_id": None,
        "methodology": "standard",
        "load_limit": 5,
        "virtual": True,
        "idle_timeout": 259_200,
        "worker_timeout": None,
    }


def test_other_data_handlers_have_none_of_them(site):
    assert describe(site.stage(data_dispatcher={"load_limit": 5}))["stage"]["data_dispatcher"] == {}


def test_recoveries_made_for_sam_are_named_as_data_dispatcher_has_them(site):
    stage = site.stage(recoveries=["consumed_status", "process_status", "added_files"])
    stage.campaign.data_handler = "data_dispatcher"

    kinds = [kind for kind, _ in Policy.of(describe(stage)).recoveries]

    assert kinds == ["state_not_done", "state_failed", "added_files"]


def test_two_job_types_are_two_snapshots_even_if_saved_in_the_same_instant(site):
    one, other = site.stage("one"), site.stage("other")

    assert freeze(one) != freeze(other)
