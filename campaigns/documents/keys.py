"""The keys of a campaign file: which field each one says, in which words, in the order written."""

from dataclasses import dataclass

from campaigns.documents import codecs
from campaigns.documents.codecs import Codec


@dataclass(frozen=True)
class Key:
    name: str
    field: str
    codec: Codec


CAMPAIGN = (
    Key("name", "name", codecs.TEXT),
    Key("data_handling_service", "data_handler", codecs.TEXT),
    Key("state", "active", codecs.ACTIVE),
    Key("campaign_type", "is_test", codecs.TEST_CAMPAIGN),
    Key("campaign_keywords", "keywords", codecs.MAPPING),
    Key("tags", "tags", codecs.NAMES),
)

STAGE = (
    Key("stage_type", "stage_type", codecs.TEXT),
    Key("vo_role", "vo_role", codecs.TEXT),
    Key("software_version", "software_version", codecs.TEXT),
    Key("dataset_or_split_data", "dataset", codecs.OPTIONAL_TEXT),
    Key("cs_split_type", "split_type", codecs.OPTIONAL_TEXT),
    Key("test_split_type", "test_split_type", codecs.OPTIONAL_TEXT),
    Key("slices_at_once", "slices_at_once", codecs.WHOLE),
    Key("default_clear_cronjob", "clear_schedule_when_exhausted", codecs.YES_NO),
    Key("completion_type", "completion_type", codecs.TEXT),
    Key("completion_pct", "completion_pct", codecs.DECIMAL),
    Key("output_ancestor_depth", "output_ancestor_depth", codecs.WHOLE),
    Key("release_at", "release_at", codecs.TEXT),
    Key("give_up_after", "give_up_after", codecs.DURATION_OR_NEVER),
    Key("settle_time", "settle_time", codecs.DURATION_OR_NEVER),
    Key("when_failed", "when_failed", codecs.TEXT),
    Key("join", "join", codecs.YES_NO),
    Key("param_overrides", "param_overrides", codecs.PAIRS),
    Key("test_param_overrides", "test_param_overrides", codecs.PAIRS),
    Key("merge_overrides", "merge_overrides", codecs.YES_NO),
    Key("login_setup", "login_setup", codecs.TEXT),
    Key("job_type", "job_type", codecs.TEXT),
    Key("data_dispatcher_settings", "data_dispatcher", codecs.DISPATCHER),
)

LOGIN_SETUP = (
    Key("host", "launch_host", codecs.TEXT),
    Key("account", "launch_account", codecs.TEXT),
    Key("setup", "launch_setup", codecs.TEXT),
    Key("launcher", "launcher", codecs.TEXT),
    Key("credential", "credential", codecs.TEXT),
)

JOB_TYPE = (
    Key("launch_script", "launch_script", codecs.TEXT),
    Key("parameters", "parameters", codecs.PAIRS),
    Key("output_file_patterns", "output_file_patterns", codecs.TEXT),
    Key("recoveries", "recoveries", codecs.RECOVERIES),
)

EDGE = (
    Key("campaign_stage", "upstream", codecs.TEXT),
    Key("file_pattern", "file_pattern", codecs.TEXT),
    Key("kind", "kind", codecs.TEXT),
    Key("position", "position", codecs.WHOLE),
)

# Said in every stage section, whatever the defaults are.
ALWAYS = {"stage_type", "default_clear_cronjob", "merge_overrides"}

OF_SECTION = {
    "campaign": CAMPAIGN,
    "campaign_defaults": STAGE,
    "campaign_stage": STAGE,
    "login_setup": LOGIN_SETUP,
    "job_type": JOB_TYPE,
}
