"""Real batch systems for tests: a personal HTCondor pool, a one-node Slurm, jobsub's commands.

In a test, ask for a fixture of ``poms_client.testing.pools.fixtures`` (the root ``conftest.py``
loads them): ``condor`` for the session's pool, ``slurm`` for its Slurm. What they give has
``path``, the folder of the commands, to be put first in PATH; ``jobsub_path`` is the folder of
jobsub's commands over the pool::

    @pytest.mark.real
    def test_jobs_are_seen(condor, monkeypatch):
        monkeypatch.setenv("PATH", f"{condor.path}:{os.environ['PATH']}")
        condor.run("condor_submit", "jobs.sub", cwd=tmp_path)

By hand, ``python -m poms_client.testing.pools condor`` gives a shell in which they work, and
``… condor -- COMMAND …`` runs one command. ``… build`` makes the tree of HTCondor's files, once.

HTCondor needs the packages ``mmdebstrap`` (to build) and ``bubblewrap``, and nobody has to be root
where the kernel lets others make user namespaces. Slurm needs root and its packages. Everything
listens on loopback only.
"""
