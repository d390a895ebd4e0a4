import gzip

import pytest

from examples.lhe.lhef import LheError, open_lhe

INIT = """<init>
  2212 2212 6.5D+03 6500.0 0 0 247000 247000 -4 2
  1.5 0.1 2.0 11
  -1.0 -1.0 2.0 12
{generators}</init>"""
EVENT = """<event>
 3 11 1.25E+00 91.2 0.0078 0.118
 21 -1 0 0 501 502 0. 0. 45.6 45.6 0. 0. 9.
 -11 1 1 1 0 0 3.0 4.0 0. 5.0 0. 0. 9.
 23 2 1 1 0 0 0. 0. 0. 91.2 91.2 0. 9.
 # a comment of the generator
<rwgt>
<wgt id='1'> 1.0 </wgt>
</rwgt>
</event>"""


def document(*events, head="", generators="", tail="</LesHouchesEvents>"):
    parts = ['<LesHouchesEvents version="3.0">', head, INIT.format(generators=generators)]
    return "\n".join((*parts, *(events or (EVENT,)), tail)) + "\n"


@pytest.fixture
def read(tmp_path):
    def _read(content, name="a.lhe"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with open_lhe(path) as lhe:
            return lhe.run, list(lhe.events)

    return _read


def test_the_run_says_beams_strategy_and_processes(read):
    run, _ = read(document())

    assert run.format_version == "3.0"
    assert [(beam.pdg_id, beam.energy_gev) for beam in run.beams] == [(2212, 6500.0)] * 2
    assert run.weight_strategy == -4
    assert [(p.id, p.cross_section_pb, p.error_pb) for p in run.processes] == [
        (11, 1.5, 0.1),
        (12, -1.0, -1.0),
    ]


def test_minus_one_stands_for_an_unknown_cross_section(read):
    run, _ = read(document())

    assert [process.known for process in run.processes] == [True, False]


def test_an_event_has_a_process_a_weight_and_its_particles(read):
    _, (event,) = read(document())

    assert (event.process_id, event.weight) == (11, 1.25)
    (positron,) = event.outgoing
    assert (positron.pdg_id, positron.momentum.pt) == (-11, 5.0)


def test_what_comes_after_the_closing_tag_is_left_alone(read):
    _, events = read(document(tail="</LesHouchesEvents>\n #Random number generator exit values: 3"))

    assert len(events) == 1


@pytest.mark.parametrize(
    "head",
    [
        "<header>\nif x < 3 & y:\n<init>\n<event>\n</header>",
        "<!--\n<init> is what follows\n-->",
        "<!-- one line -->",
        "<header>\n<!--\n<init>\n-->\n<initrwgt>\n</initrwgt>\n</header>",
    ],
)
def test_headers_and_comments_may_hold_anything(read, head):
    _, events = read(document(head=head))

    assert len(events) == 1


def test_a_tag_that_only_begins_like_an_event_is_none(read):
    _, events = read(document("<eventgroup>", EVENT, "</eventgroup>"))

    assert len(events) == 1


def test_attributes_of_an_event_are_fine(read):
    _, events = read(document(EVENT.replace("<event>", "<event npLO='1'>")))

    assert len(events) == 1


@pytest.mark.parametrize(
    ("document_parts", "generator"),
    [
        ({"generators": "<generator name='MG5' version='3.4'>cite us</generator>\n"}, "MG5 3.4"),
        ({"head": "<!--\nFile generated with PYTHIA 6.413\n-->"}, "PYTHIA 6.413"),
        ({"head": "<!--\nfile generated with POWHEG-BOX-V2\n-->"}, "POWHEG-BOX-V2"),
        ({"head": "<header>\n# created by SHERPA 3.0.1\n</header>"}, "SHERPA 3.0.1"),
        ({}, "unknown"),
    ],
)
def test_the_generator_is_who_says_so(read, document_parts, generator):
    run, _ = read(document(**document_parts))

    assert run.generator == generator


def test_a_gzipped_file_is_read_as_it_is(read):
    _, events = read(gzip.compress(document().encode()), "a.lhe.gz")

    assert len(events) == 1


def test_bytes_that_are_no_utf8_are_no_obstacle(read):
    _, events = read(document(head="<!-- K\u00e4ll\u00e9n -->").encode("latin-1"))

    assert len(events) == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "line 0: no <LesHouchesEvents"),
        ("\x00\x01 nothing of the sort\n", "line 1: no <LesHouchesEvents"),
        (document(tail=""), "ends without </LesHouchesEvents>: it was cut short"),
        (document().split("</event>")[0], "the file ends inside an event"),
        (document().split("</init>")[0], "the file ends inside <init>"),
        (document(head="<header>"), "the file ends before <init>"),
        (document(EVENT.replace("3 11", "4 11")), "line 14: a particle: 13 numbers were expected"),
        (document(EVENT.replace("1.25E+00", "nan")), "line 9: nan isn't a finite number"),
        (document(EVENT.replace("-11 1 1", "e+ 1 1")), "line 11: invalid literal for int"),
        (document(EVENT.replace("</event>", "")), "line 18: the file ends inside an event"),
        (document(EVENT.replace("</event>", ""), EVENT), "line 18: an event begins inside another"),
        (gzip.compress(document().encode() * 50, mtime=0)[:100], "the compressed file is damaged"),
    ],
)
def test_a_damaged_file_is_refused_by_name_and_line(read, content, complaint):
    with pytest.raises(LheError, match=r"^a\.lhe, line \d+: ") as refused:
        read(content)

    assert complaint in str(refused.value)
