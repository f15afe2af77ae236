"""A network with nothing but loopback, for as long as stdin is open, and a wire across the way out.

Started by tests/it/az in a network namespace of its own (`unshare -rn`), it brings `lo` up. Anywhere, it listens where the
clients' HTTPS_PROXY points: a client that wants to talk to another machine asks here first. Its first line on stdout is
`PORT`; each further line is what a client asked for, and fails the test.
"""

import fcntl
import socket
import struct
import sys
import threading

SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914  # linux/sockios.h
IFF_UP = 1  # linux/if.h


def bring_up_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        _, flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        if not flags & IFF_UP:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def report(connection):
    with connection:
        connection.settimeout(10)
        try:
            asked = connection.recv(4096).split(b"\r\n")[0].decode(errors="replace")
        except OSError as error:
            asked = f"nothing ({error})"
        print(asked, flush=True)


def watch(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=report, args=(connection,), daemon=True).start()


if sys.platform == "linux":
    bring_up_loopback()
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
threading.Thread(target=watch, args=(listener,), daemon=True).start()
sys.stdin.read()
