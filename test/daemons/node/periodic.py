"""An application of Celery with one periodic task, due at each whole second of the clock.

With `relative`, beat rounds the instants to whole seconds, so that they are the same on every node, and a beat that
starts after another one does not send for an instant that has been sent for. Each message says for which instant it is.
"""
import os

from celery import Celery
from celery.schedules import schedule
from celery.signals import before_task_publish

ALIVE = "/srv/daemon/alive"
# The instant of the newest verdict that the task is due. Not when its message is made: the first one waits for a
# connection, and would be taken for the next instant's.
due_for = 0


class EachSecond(schedule):
    """As its parent, and remembers the instant for which it says that the task is due."""

    def is_due(self, last_run_at):
        global due_for
        verdict = super().is_due(last_run_at)
        if verdict.is_due:
            due_for = int(self.now().timestamp())
        return verdict


app = Celery("periodic", broker=os.environ["BROKER"])
app.conf.beat_schedule = {"each-second": {"task": "periodic.work", "schedule": EachSecond(1.0, relative=True)}}


@app.task
def work():
    """Nobody works here: the messages are counted where they arrive."""


@before_task_publish.connect
def tell_instant(headers, **_):
    headers["instant"] = due_for
    # What the health check goes by. The schedule's own file would not do: where Python's dbm is ndbm, as in a plain Debian,
    # nothing is written to it before beat ends.
    with open(ALIVE, "w", encoding="ascii"):
        pass
