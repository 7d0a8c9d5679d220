"""A flow of Prefect 1.x that does not know about pfx: `pfx run --prefect -- python examples/flow.py`."""

from prefect import Flow, task
from prefect.client import Secret
from prefect.tasks.secrets import PrefectSecret


@task
def report(password):
    database = Secret("prod-db").get()
    print(f"{len(password)} characters for {database['user']} at {database['host']}")


with Flow("report") as flow:
    report(PrefectSecret("DB_PASSWORD"))

if __name__ == "__main__":
    raise SystemExit(not flow.run().is_successful())
