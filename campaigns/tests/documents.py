"""Campaigns as plain values for tests: small ones by hand, many by hypothesis."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from campaigns.documents import FEEDS, NEXT_SLICE, Document, Edge, in_order, keys
from campaigns.documents.defaults import model_defaults
from campaigns.models import Campaign, CampaignStage, JobType, LoginSetup
from campaigns.recoveries import RECOVERY_TYPES

STAGE = {**model_defaults(CampaignStage, keys.STAGE), "position": {}}
LOGIN_SETUP = model_defaults(LoginSetup, keys.LOGIN_SETUP)
JOB_TYPE = {**model_defaults(JobType, keys.JOB_TYPE), "launch_script": "run", "recoveries": []}


def document(*edges, stages=(), keywords=None, **changes):
    """A campaign with these edges, ``"a > b"`` feeding and ``"a ~ b"`` setting off the next slice.

    Stages are those of the edges and of ``stages``, changed as ``changes`` says by their names.
    """
    made = [
        Edge(*edge.split(" > ")) if ">" in edge else next_slice(*edge.split(" ~ "))
        for edge in edges
    ]
    names = dict.fromkeys(
        [*stages, *(end for edge in made for end in (edge.upstream, edge.downstream)), *changes]
    )
    parts = {"job_type": "job", "login_setup": "login"}
    return Document(
        experiment="nova",
        campaign={
            **model_defaults(Campaign, keys.CAMPAIGN),
            "name": "c",
            "tags": [],
            "keywords": keywords or {},
        },
        stages={name: {**STAGE, **parts, **changes.get(name, {})} for name in names},
        job_types={"job": dict(JOB_TYPE)},
        login_setups={"login": dict(LOGIN_SETUP)},
        edges=made,
    )


def next_slice(upstream, downstream):
    return Edge(upstream, downstream, NEXT_SLICE)


# Random campaigns that are sound

printable = st.characters(exclude_categories=["Cs", "Cc"])
names = (
    st.text(printable, min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda name: name and not set(name) & set("],"))
)
texts = st.one_of(
    st.sampled_from(
        [
            "",
            "None",
            "none",
            '"quoted"',
            '"',
            "a\nb",
            " padded ",
            "# no comment",
            "= : [x]",
            "\\n",
            "tab\there",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)
programs = texts.map(lambda text: text.replace("%", "%%")) | st.just(
    "run %(dataset)s %%d\n--x=%(version)s"
)
pairs = st.lists(st.lists(programs, min_size=2, max_size=2), max_size=3)
patterns = st.sampled_from(["%", "", "%reco.root", "a%%b", "a%,b_%", "None", "data_tier raw"])
durations = st.timedeltas(timedelta(0), timedelta(days=999))
recoveries = st.lists(
    st.tuples(st.sampled_from(sorted(RECOVERY_TYPES)), pairs).map(list), max_size=3
)

stage_fields = {
    "stage_type": st.sampled_from(["regular", "approval", "datatransfer", "test"]),
    "vo_role": st.sampled_from(["Production", "Analysis", "Calibration"]),
    "software_version": programs.map(lambda text: text[:100].removesuffix("%")).filter(
        lambda text: text.count("%") % 2 == 0 or "%(" in text
    ),
    "dataset": programs,
    "slices_at_once": st.integers(1, 20),
    "clear_schedule_when_exhausted": st.booleans(),
    "completion_type": st.sampled_from(["located", "complete"]),
    "completion_pct": st.integers(1, 10_000).map(lambda n: Decimal(n) / 100),
    "output_ancestor_depth": st.integers(1, 5),
    "release_at": st.sampled_from(["percentage", "located"]),
    "give_up_after": st.none() | durations,
    "settle_time": durations,
    "when_failed": st.sampled_from(["stop", "go on"]),
    "param_overrides": pairs,
    "test_param_overrides": pairs,
    "merge_overrides": st.booleans(),
    "data_dispatcher": st.fixed_dictionaries(
        {},
        optional={
            "project_id": st.integers(1, 2**31 - 1),
            "methodology": st.sampled_from(["standard", "1P"]),
            "load_limit": st.integers(1, 1000),
            "virtual": st.booleans(),
            "idle_timeout": st.integers(1, 10**8) | st.just("never"),
            "worker_timeout": st.integers(1, 10**8) | st.just("never"),
        },
    ),
}
login_setups = st.fixed_dictionaries(
    {
        "launch_host": st.sampled_from(["localhost", "%(experiment)sgpvm01.example.org"]),
        "launch_account": st.sampled_from(["", "novapro"]),
        "launch_setup": texts.map(lambda text: text.replace("%", "%%")),
        "launcher": st.just("ssh"),
        "credential": st.sampled_from(["none", "proxy"]),
    }
)
job_types = st.fixed_dictionaries(
    {
        "launch_script": programs.filter(bool),
        "parameters": pairs,
        "output_file_patterns": patterns,
        "recoveries": recoveries,
    }
)


@st.composite
def documents(draw):
    """Sound campaigns: stages feed only later ones; those that walk over slices have a split."""
    parts = {
        "job_types": draw(st.dictionaries(names, job_types, min_size=1, max_size=3)),
        "login_setups": draw(st.dictionaries(names, login_setups, min_size=1, max_size=2)),
    }
    stages = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    defaults = draw(st.fixed_dictionaries({}, optional={**stage_fields, **_parts(parts)}))
    made = {
        name: {
            **STAGE,
            **defaults,
            **draw(st.fixed_dictionaries(_parts(parts), optional=stage_fields)),
        }
        for name in stages
    }
    edges = draw(_edges(stages))
    for name, fields in made.items():
        is_fed = any(edge.feeds and edge.downstream == name for edge in edges)
        walks = any(not edge.feeds and edge.downstream == name for edge in edges)
        fields["position"] = draw(
            st.just({}) | st.fixed_dictionaries({"x": st.integers(), "y": st.just(-12.5)})
        )
        fields["join"] = is_fed and draw(st.booleans())
        fields["dataset"] = fields["dataset"] or "raw"
        fields["split_type"] = "nfiles(3)" if walks else ""
        if not fields["dataset"].strip() and not is_fed:
            fields["dataset"] = "raw"
    used = {
        part: list(dict.fromkeys(fields[part[:-1]] for fields in made.values())) for part in parts
    }
    return Document(
        experiment="nova",
        poms_role="production",
        campaign=draw(_campaigns()),
        defaults=defaults,
        stages=made,
        edges=in_order(edges, stages),
        **{part: {name: parts[part][name] for name in used[part]} for part in parts},
    )


def _parts(parts):
    return {part[:-1]: st.sampled_from(sorted(known)) for part, known in parts.items()}


def _campaigns():
    return st.fixed_dictionaries(
        {
            "name": names,
            "data_handler": st.just("catalogue"),
            "active": st.booleans(),
            "is_test": st.booleans(),
            "keywords": st.dictionaries(
                st.sampled_from(["det", "run_2"]), st.text(printable, max_size=9)
            ),
            "tags": st.lists(names, max_size=2, unique=True).map(sorted),
        }
    )


@st.composite
def _edges(draw, stages):
    edges = []
    for place, upstream in enumerate(stages):
        for number, downstream in enumerate(
            draw(st.lists(st.sampled_from(stages), max_size=2)), start=1
        ):
            if stages.index(downstream) > place:
                edges.append(Edge(upstream, downstream, FEEDS, draw(patterns), number))
        if draw(st.booleans()):
            edges.append(Edge(upstream, upstream, NEXT_SLICE, draw(patterns)))
    return edges
