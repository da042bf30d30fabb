# SPDX-License-Identifier: Apache-2.0
"""What runners of tests have in common: a line for each check, the closing line, a port that is free."""
import socket

passed = failed = 0


def check(name, got, wanted):
    """Prints whether it is what is wanted, and counts."""
    global passed, failed
    if got == wanted:
        passed += 1
        print(f"ok     {name}", flush=True)
    else:
        failed += 1
        print(f"FAILED {name}\n  wanted {wanted!r}\n  got    {got!r}", flush=True)


def closing():
    """The last line of a run; gives its exit status. A run without a check has failed."""
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def free_port():
    """A TCP port of loopback that nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
