# Snakemake asks itself again what may run a second behind each job that it began (`--max-jobs-per-timespan`), and
# waits for these timers when all is done. Where this is the workflow that runs, they are ended with it.
import threading


def end_timers():
    """End the timers of Snakemake's scheduler, which has ended."""
    for timer in threading.enumerate():
        if (
            isinstance(timer, threading.Timer)
            and timer.function.__module__ == "snakemake.scheduling.job_scheduler"
        ):
            timer.cancel()


# Taken into another workflow, these would take the place of its own.
TOP = Path(str(workflow.current_basedir)).resolve().parent
if Path(workflow.basedir).resolve() in (TOP, TOP / "workflow"):

    onsuccess:
        end_timers()

    onerror:
        end_timers()
