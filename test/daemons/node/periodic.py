"""An application of Celery with two periodic tasks: one due at each whole second of the clock, one at each whole minute.

With `relative`, beat rounds the instants to whole seconds, so that they are the same on every node, and a beat that
starts after another one does not send for an instant that has been sent for. Of a `crontab` it goes by its schedule file: what
fell due since that was written is sent at once. Each message says for which instant it is: the second's number or the
minute's since 1970.
"""
import os

from celery import Celery
from celery.schedules import crontab, schedule
from celery.signals import beat_init, before_task_publish

# The unit's own folder, which systemd makes and takes away.
ALIVE = os.path.join(os.environ["RUNTIME_DIRECTORY"], "alive")
# The instant of the newest verdict that a task is due. Not when its message is made: the first one waits for a
# connection, and would be taken for the next instant's.
due_for = 0


class EachSecond(schedule):
    """As its parent, and remembers the instant for which it says that the task is due."""

    def is_due(self, last_run_at):
        return remembered(super().is_due(last_run_at), self.now(), 1)


class EachMinute(crontab):
    """As its parent, and remembers the instant for which it says that the task is due."""

    def is_due(self, last_run_at):
        return remembered(super().is_due(last_run_at), self.now(), 60)


def remembered(verdict, now, seconds):
    global due_for
    if verdict.is_due:
        due_for = int(now.timestamp()) // seconds
    return verdict


app = Celery("periodic", broker=os.environ["BROKER"])
app.conf.beat_schedule = {
    "each-second": {"task": "periodic.work", "schedule": EachSecond(1.0, relative=True)},
    "each-minute": {"task": "periodic.work", "schedule": EachMinute()},
}


@app.task
def work():
    """Nobody works here: the messages are counted where they arrive."""


@before_task_publish.connect
def tell_instant(headers, **_):
    headers["instant"] = due_for


# What the health check goes by. The schedule's own file would not do: where Python's dbm is ndbm, as in a plain Debian,
# nothing is written to it before beat ends.
@beat_init.connect
def begin(**_):
    touch()
    # In beat alone: what a worker sends is no sign of it.
    before_task_publish.connect(touch, weak=False)


def touch(**_):
    with open(ALIVE, "w", encoding="ascii"):
        pass
