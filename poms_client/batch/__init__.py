"""The local batch: real processes on this machine, queued in a directory.

::

    $POMS_BATCH_DIR/
        clusters/
            submission-1234/        one cluster; a rename puts it here whole or not at all, and a
                cluster.json        second one of this submission can't be renamed here
                environment.json    environment of its jobs (0600)
                summary.json        counts, exit codes, times; written by the daemon
                held                a request: hold (there) or release (gone)
                removed.json        a request: remove, and how to call that
                jobs/0/
                    start.json      claim: who runs the job; made once, by a link
                    removed         the daemon killed it
                    exit.json       how it ended, written by the job's own runner
                    stdout stderr scratch/
            cluster-13/             one without a submission
        tidied/                     what remains of clusters tidied away
        number                      the last cluster's number, and the lock of whoever submits
        wake                        fifo: whoever changes something writes a byte
        changed                     a new mark with each summary
        daemon.json daemon.lock daemon.log

The files say all there is to know; a daemon that is killed and started again reads them and goes
on. Jobs don't notice.
"""
