"""Two pipelines whose tasks leave traces of their own: one each ten seconds, none left out, and one that takes long."""
import datetime
import os

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow.operators.bash import BashOperator
from airflow import DAG

AGAIN = {"retries": 9, "retry_delay": datetime.timedelta(seconds=1)}
TRACED = "/usr/local/bin/traced '{{ dag.dag_id }}' '{{ run_id }}' "

with DAG(
    "steady",
    schedule=datetime.timedelta(seconds=10),
    start_date=datetime.datetime.fromtimestamp(int(os.environ["STEADY_SINCE"]), tz=datetime.timezone.utc),
    # An instant that nobody was there for is made up for: none may be missing in the end.
    catchup=True,
    max_active_runs=8,
    default_args=AGAIN,
):
    BashOperator(task_id="work", bash_command=TRACED + "1")

with DAG("long", schedule=None, start_date=datetime.datetime(2026, 1, 1), default_args=AGAIN):
    BashOperator(task_id="work", bash_command=TRACED + "30")
