"""Leaves twenty orphans to the parent, by forking twice, and waits until the parent has reaped them all."""
import os
import sys
import time

held, released = os.pipe()
for _ in range(20):
    if os.fork() == 0:
        if os.fork() == 0:
            os.close(released)
            os.read(held, 1)
        os._exit(0)
for _ in range(20):
    os.wait()


def children_of(parent):
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat") as stat:
                state, ppid = stat.read().rsplit(")", 1)[1].split()[:2]
        except (OSError, IndexError):
            continue
        if name.isdigit() and int(ppid) == parent:
            found.append((int(name), state))
    return found


parent = os.getppid()
adopted = len(children_of(parent)) - 1
os.close(released)
deadline = time.monotonic() + 20
while len(children_of(parent)) > 1 and time.monotonic() < deadline:
    time.sleep(0.005)
left = [state for process, state in children_of(parent) if process != os.getpid()]
print(f"adopted {adopted}, left {left}")
sys.exit(7)
