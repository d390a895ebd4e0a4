"""The jobs of the crash tests; run as a script: ``jobs.py gen|work|merge [--memory=MB]``."""

import argparse
import os
import time

from poms_client import job

HOPELESS, HARD = "-0", "-2"
SUBMISSION = os.environ["POMS4_SUBMISSION_ID"]


def gen(memory):
    """Declare in the order of the jobs, so that slices are the same each time."""
    made = job.output(f"gen-{SUBMISSION}-{job.index()}")
    before = made.with_name(f".declared-{job.index() - 1}")
    while job.index() and not before.exists():
        time.sleep(0.02)
    made.write_text("events")
    job.declare(made)
    made.with_name(f".declared-{job.index()}").touch()


def work(memory):
    for file in job.files():
        if file.name.endswith(HOPELESS) or (file.name.endswith(HARD) and memory < 4000):
            file.failed("it takes more memory")
            continue
        made = job.output(f"work-{SUBMISSION}-{file.name}")
        made.write_text("reconstructed")
        job.declare(made, parents=[file.name])


def merge(memory):
    parents = [file.name for file in job.files()]
    made = job.output(f"merge-{SUBMISSION}")
    made.write_text("\n".join(parents))
    job.declare(made, parents=parents)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("stage", choices=["gen", "work", "merge"])
    options.add_argument("--memory", type=int, default=0)
    chosen = options.parse_args()
    {"gen": gen, "work": work, "merge": merge}[chosen.stage](chosen.memory)
