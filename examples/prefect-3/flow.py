"""A flow that needs a password and does not use Prefect's blocks: it reads its environment."""

import os

from prefect import flow


@flow(log_prints=True)
def report() -> int:
    password = os.environ["DB_PASSWORD"]
    print(f"connecting with a password of {len(password)} characters")
    return len(password)


if __name__ == "__main__":
    report()
