"""Opens a TCP connection to the first address that answers, many dead ones notwithstanding."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time

from app.mail.connect_resolve import Target
from app.mail.session_deadline import Deadline

HEAD_START = 0.25
"""Seconds that an address gets before the next one is tried beside it (RFC 8305 section 5)."""

_TELLING = (ConnectionRefusedError, TimeoutError)
"""Of several different failures the first of these says most; "no route" is often just IPv6."""


def dial(targets: list[Target], deadline: Deadline) -> tuple[socket.socket, Target]:
    """Connects to one of ``targets``, which are tried in their order with overlapping starts.

    :raises OSError: none could be reached in time; the most telling error of all attempts.
    """
    if not targets:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    head_start = min(HEAD_START, deadline.left() / (2 * len(targets)))
    waiting = list(targets)
    errors: list[OSError] = []
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or selector.get_map():
                if waiting:
                    _begin(waiting.pop(0), selector, errors)
                if winner := _first_connected(selector, errors, deadline, head_start, waiting):
                    return winner
        except TimeoutError as error:
            errors.append(error)
        finally:
            for key in list(selector.get_map().values()):
                _close(key)
    raise _most_telling(errors)


def _begin(target: Target, selector: selectors.BaseSelector, errors: list[OSError]) -> None:
    try:
        connection = socket.socket(target.family, socket.SOCK_STREAM)
    except OSError as error:  # this system does not speak the family at all
        errors.append(error)
        return
    connection.setblocking(False)
    try:
        status = connection.connect_ex(target.address)
    except OSError as error:
        connection.close()
        errors.append(error)
        return
    if status not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
        connection.close()
        errors.append(OSError(status, os.strerror(status)))
        return
    selector.register(connection, selectors.EVENT_WRITE, target)


def _first_connected(
    selector: selectors.BaseSelector,
    errors: list[OSError],
    deadline: Deadline,
    head_start: float,
    waiting: list[Target],
) -> tuple[socket.socket, Target] | None:
    """Waits until an attempt succeeds, fails, or has had its head start."""
    give_up = time.monotonic() + head_start
    while selector.get_map():
        wait = deadline.left()
        if waiting:
            wait = min(wait, give_up - time.monotonic())
            if wait <= 0:
                return None
        failed = False
        for key, _ in selector.select(wait):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            selector.unregister(connection)
            status = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if status == 0:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection, key.data
            connection.close()
            errors.append(OSError(status, os.strerror(status)))
            failed = True
        if failed and waiting:
            return None
    return None


def _close(key: selectors.SelectorKey) -> None:
    assert isinstance(key.fileobj, socket.socket)
    key.fileobj.close()


def _most_telling(errors: list[OSError]) -> OSError:
    for kind in _TELLING:
        for error in errors:
            if isinstance(error, kind):
                return error
    return errors[0] if errors else TimeoutError()
