"""A service that uses all that systemd offers a main process: notification, watchdog, sockets. Its argument says how
it ends: `exit N`, or `serve`, which answers one connection with $ANSWER and stays."""
import os
import socket
import sys
import time


def notify(text):
    address = os.environ["NOTIFY_SOCKET"]
    address = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), address)


own = str(os.getpid())
if sys.argv[1] == "serve":
    assert os.environ["LISTEN_PID"] == own, (os.environ["LISTEN_PID"], own)
    listener = socket.socket(fileno=3)
    notify("READY=1")
    connection, _ = listener.accept()
    connection.sendall(os.environ["ANSWER"].encode())
    connection.close()
    sys.exit(0)
if "WATCHDOG_USEC" in os.environ:
    assert os.environ["WATCHDOG_PID"] == own
    notify("READY=1")
    for _ in range(8):
        time.sleep(int(os.environ["WATCHDOG_USEC"]) / 4e6)
        notify("WATCHDOG=1")
else:
    notify("READY=1")
print(f"pid {own} {os.environ.get('ANSWER')}", flush=True)
sys.exit(int(sys.argv[2]))
