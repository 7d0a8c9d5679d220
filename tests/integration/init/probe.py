"""Prints `ready PID`, then the number of each signal that it receives, in order. A signal whose number is an argument has
its default effect."""
import os
import signal
import sys

plain = {int(word) for word in sys.argv[1:]}
watched = signal.valid_signals() - plain - {signal.SIGKILL, signal.SIGSTOP}
if signal.SIGINT in plain:
    # Python's own handler only records the signal, and may do so just before the wait.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_BLOCK, watched)
os.write(1, f"ready {os.getpid()}\n".encode())
while True:
    os.write(1, f"{int(signal.sigwaitinfo(watched).si_signo)}\n".encode())
