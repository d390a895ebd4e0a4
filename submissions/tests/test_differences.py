"""What is different between two snapshots."""

from submissions.differences import differences, settings_of


def test_equal_snapshots_have_no_differences():
    content = {"experiment": "nova", "stage": {"name": "reco", "dataset": {"a": 1}}}

    assert differences(content, content) == []


def test_each_changed_setting_is_told_by_its_name():
    then = {"experiment": "nova", "stage": {"split_type": "nfiles(1)", "name": "a"}}
    now = {"experiment": "nova", "stage": {"split_type": "nfiles(2)", "name": "a"}}

    (difference,) = differences(then, now)

    assert (difference.setting, difference.then, difference.now) == (
        "stage split type",
        "nfiles(1)",
        "nfiles(2)",
    )


def test_settings_that_came_or_went_are_told():
    found = differences({"stage": {"old": 1}}, {"stage": {"new": 2}})

    assert [(one.setting, one.then, one.now) for one in found] == [
        ("stage old", 1, "–"),
        ("stage new", "–", 2),
    ]


def test_deep_values_stay_whole():
    assert dict(settings_of({"campaign": {"keywords": {"det": "near"}}})) == {
        "campaign keywords": {"det": "near"}
    }
