"""The listening side of the server: nobody's connections, and no stuck database, keep others out.

waitress reads every connection in one thread and works on whole requests in others. Added here:

* Lanes. ``/healthz`` and what else machines ask have threads of their own, so that pages waiting
  for the database do not keep them waiting. A request that stood in line too long is refused.
* Shares. A network address that holds more connections than its share, and at the limit whoever
  holds most, loses the oldest one that brought no whole request. A new connection is always taken.
* Descriptors. When the process has none left, accepting rests for a second and the log says so
  once, instead of asking the kernel again without end.
* Ends. A request that does not arrive whole, and an answer that nobody reads, are given up.
"""

from __future__ import annotations

import errno
import logging
import resource
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

from app.client import network_of
from app.web import liveness

THREADS = 8
"""For pages."""

PROBES = frozenset({"/readyz", "/metrics"})
PROBE_THREADS = 2
"""For what machines ask of the database; liveness has one for itself."""

CONNECTIONS, SHARE = 500, 100
"""Connections altogether, and from one network address that is not a trusted proxy."""

SPARE_DESCRIPTORS = 100
"""Left for the database, the relay and files when the process may open few."""

IDLE_SECONDS = 60
"""Without a byte in either direction, between requests or inside one."""

ARRIVAL_SECONDS = 180
"""For a request to arrive whole, however busily its client drips."""

QUEUE_SECONDS = 20
"""In line for a thread; then the request is refused unread."""

REST_SECONDS = 1.0
"""Until the next connection is taken after the process ran out of descriptors."""

LOOK_SECONDS = 5.0
"""Between looks at connections that are over their time."""

_OUT_OF = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

log = logging.getLogger("novantra.server")


class Overloaded(Error):
    """503 for a request that stood in line too long: by now its sender has probably gone."""

    code = 503
    reason = "Service Unavailable"

    def to_response(self, ident: str | None = None) -> tuple[str, Any, Any]:
        body = f"{self.reason}: {self.body}\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "5")]
        return f"{self.code} {self.reason}", headers, body


class Channel(HTTPChannel):
    """One connection. ``begun_at``: when the request that is arriving began, in Unix time."""

    begun_at: float | None = None
    queued_at: float | None = None
    network = ""

    @property
    def waits_for_client(self) -> bool:
        """Whether nothing is being worked on, and nothing still has to be sent."""
        return not self.requests and not self.total_outbufs_len

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.begun_at = time.time()
        taken = super().received(data)
        if self.request is None:
            self.begun_at = None
        return taken

    def service(self) -> None:
        queued_at, self.queued_at = self.queued_at, None
        if queued_at is not None and time.monotonic() - queued_at > QUEUE_SECONDS:
            cast(Any, self.requests[0]).error = Overloaded("too many requests are waiting here.")
        super().service()

    def del_channel(self, map: Any = None) -> None:
        cast(Listener, self.server).let_go(self)
        super().del_channel(map)


class Lanes(ThreadedTaskDispatcher):
    """Three groups of threads; a request's path chooses."""

    def __init__(self, threads: int = THREADS) -> None:
        super().__init__()
        self._liveness, self._probes, self._pages = (ThreadedTaskDispatcher() for _ in range(3))
        self._liveness.set_thread_count(1)
        self._probes.set_thread_count(PROBE_THREADS)
        self._pages.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        channel = cast(Channel, task)
        request = cast(Any, channel.requests[0])
        if request.error or request.path == liveness.PATH:
            self._liveness.add_task(task)
        elif request.path in PROBES:
            self._probes.add_task(task)
        else:
            channel.queued_at = time.monotonic()
            self._pages.add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 0) -> bool:
        ended = True
        for lane in (self._liveness, self._probes, self._pages):
            ended = lane.shutdown(cancel_pending, timeout) and ended
        return ended


class Listener(TcpWSGIServer):
    """One listening socket. ``proxies``: how many the install trusts (0: none)."""

    channel_class = Channel

    def __init__(self, *arguments: Any, proxies: int, limit: int, **options: Any) -> None:
        self._trusts_proxies = proxies > 0
        self._limit = limit
        self._share = min(SHARE, max(1, limit // 4))
        self._held: Counter[str] = Counter()
        self._known_proxies: set[str] = set()
        self._rests_until = 0.0
        self._is_short = False
        self._looked_at = time.monotonic()
        super().__init__(*arguments, **options)

    @property
    def channels(self) -> list[Channel]:
        return list(cast(dict[int, Channel], self.active_channels).values())

    def readable(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self.maintenance(int(time.time()))
        return bool(self.accepting) and now >= self._rests_until

    def handle_accept(self) -> None:
        try:
            accepted = self.accept()
            if accepted is None:
                return
            connection, address = accepted
            self.set_socket_options(connection)
        except OSError as error:
            if error.errno in _OUT_OF:
                self._rest(error)
            return
        self._is_short = False
        channel = Channel(self, connection, address, self.adj, map=cast(Any, self)._map)
        channel.network = network_of(str(cast(Any, address)[0]))
        self._held[channel.network] += 1
        self._make_room(channel)

    def let_go(self, channel: Channel) -> None:
        """The connection ends."""
        if channel.network:
            self._held[channel.network] -= 1
            if self._held[channel.network] <= 0:
                del self._held[channel.network]
            channel.network = ""

    def add_task(self, task: Any) -> None:
        channel = cast(Channel, task)
        # Only a proxy forwards, and everybody behind a trusted one shares its address.
        headers = cast(Any, channel.requests[0]).headers if self._trusts_proxies else {}
        if "X_FORWARDED_FOR" in headers and channel.network:
            self._known_proxies.add(channel.network)
        super().add_task(task)

    def _make_room(self, newest: Channel) -> None:
        mine = newest.network
        if mine not in self._known_proxies and self._held[mine] > self._share:
            self._close_one(mine, newest)
        elif len(self.channels) > self._limit:
            most, _ = self._held.most_common(1)[0]
            self._close_one(most, newest)

    def _close_one(self, network: str, newest: Channel) -> None:
        """Of that network the one that has been quiet longest; the newest when all others work."""
        quiet = [
            channel
            for channel in self.channels
            if channel.network == network and channel is not newest and channel.waits_for_client
        ]
        # One that never brought a whole request goes before one that is kept open between two.
        victim = min(
            quiet, key=lambda c: (c.begun_at is None, c.begun_at or c.last_activity), default=newest
        )
        victim.handle_close()

    def _rest(self, error: OSError) -> None:
        self._rests_until = time.monotonic() + REST_SECONDS
        if not self._is_short:
            self._is_short = True
            log.error(
                "no new connection can be taken for now: %s. Raise the limit of open files"
                " (ulimit -n, LimitNOFILE=) if this happens again",
                error.strerror,
                extra={"connections": len(self.channels), "limit": file_limit()},
            )
        if self._held:
            most, _ = self._held.most_common(1)[0]
            quiet = [c for c in self.channels if c.network == most and c.waits_for_client]
            for channel in sorted(quiet, key=lambda c: c.last_activity)[: len(quiet) // 2]:
                channel.handle_close()

    def maintenance(self, now: int) -> None:
        for channel in self.channels:
            # A clock that was set back must not keep a connection open.
            channel.last_activity = min(channel.last_activity, now + 1)
            quiet = now - channel.last_activity > IDLE_SECONDS
            begun_at = channel.begun_at
            blocked = channel.total_outbufs_len > self.adj.outbuf_high_watermark
            if (quiet and not channel.requests) or (
                begun_at is not None and abs(now - begun_at) > ARRIVAL_SECONDS
            ):
                channel.will_close = True
            elif quiet and blocked:
                channel.handle_close()  # wakes the thread that waits to write more


def file_limit() -> int:
    """How many files this process may have open, after asking for as many as a limit needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * 2 + SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        reachable = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
        soft = reachable
    return 1_000_000 if soft == resource.RLIM_INFINITY else soft


class Listeners:
    """Every socket of one address to listen on, their lanes and the loop that serves them."""

    def __init__(self, application: Any, *, bind: str, proxies: int) -> None:
        """Raises ``OSError`` or ``ValueError`` when the address cannot be listened on."""
        adjustments = Adjustments(
            listen=bind,
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=False,  # ProxyFix decides, by NOVANTRA_TRUSTED_PROXIES
            max_request_body_size=1_000_000,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            asyncore_use_poll=True,
        )
        limit = max(8, min(CONNECTIONS, file_limit() - SPARE_DESCRIPTORS))
        self._map: dict[int, Any] = {}
        self._lanes = Lanes()
        self._stopping = False
        self._all: list[Listener] = []
        try:
            for address in cast(Iterable[Any], adjustments.listen):
                self._all.append(
                    Listener(
                        application,
                        self._map,
                        dispatcher=self._lanes,
                        adj=adjustments,
                        sockinfo=address,
                        proxies=proxies,
                        limit=limit,
                    )
                )
        except OSError:
            self.close()
            raise

    def ask_to_stop(self) -> None:
        """From a signal handler or anywhere: ``run`` returns soon."""
        self._stopping = True
        for listener in self._all:
            listener.pull_trigger()

    def run(self) -> None:
        """Serve until somebody asks to stop."""
        while not self._stopping:
            self._turn(1.0)

    def finish(self, seconds: float) -> None:
        """Take nothing new; let what is being worked on be answered, for so many seconds."""
        until = time.monotonic() + seconds
        # Whoever connected before the end is not turned away: closing the socket would reset the
        # connections that the kernel took and nobody accepted yet.
        known: set[Channel] | None = None
        while time.monotonic() < until and (channels := self._channels()) != known:
            known = channels
            self._turn(0)
        for listener in self._all:
            listener.accepting = False
            if listener.socket is not None:
                listener.del_channel()
                listener.socket.close()
        self._turn(0)  # what had arrived before, but was not read yet
        while time.monotonic() < until and any(
            channel.requests or channel.total_outbufs_len for channel in self._channels()
        ):
            self._turn(0.1)

    def close(self) -> None:
        self._lanes.shutdown(timeout=0)
        wasyncore.close_all(cast(Any, self._map), ignore_all=True)

    def _channels(self) -> set[Channel]:
        return {channel for listener in self._all for channel in listener.channels}

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=cast(Any, self._map), count=1)
