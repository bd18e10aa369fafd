"""A real Exim with a login and STARTTLS on loopback.

Debian's Exim and Postfix packages exclude each other, so the binary may stand unpacked
anywhere: ``NOVANTRA_TEST_EXIM`` names it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Self

from tests.relays.permissions import others_may_read
from tests.relays.ports import free_port, wait_for

USER, PASSWORD = "novantra", "exim relay pass"
BINARY = os.environ.get("NOVANTRA_TEST_EXIM") or shutil.which("exim4")

CONFIG = """\
exim_path = {binary}
exim_user = mail
exim_group = mail
never_users =
primary_hostname = localhost
spool_directory = {root}/spool
log_file_path = {root}/log/%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts = *
tls_certificate = {cert}
tls_privatekey = {key}
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
domainlist local_domains = acme.test
message_size_limit = {size_limit}
smtp_accept_max_per_connection = {per_connection}
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_data = data
host_lookup =
rfc1413_query_timeout = 0s
begin acl
mail:
  deny senders = refused@acme.test
       message = Sender verify failed
  accept
rcpt:
  deny !authenticated = *
       message = relay not permitted, authentication required
  defer local_parts = grey
       message = Greylisted, please try again in 5 minutes
  deny local_parts = nobody
       message = Unrouteable address
  accept
data:
  accept
begin routers
file:
  driver = accept
  transport = mbox
begin transports
mbox:
  driver = appendfile
  directory = {root}/mail/inbox
  maildir_format
  user = mail
begin retry
* * F,1h,1m
begin authenticators
{authenticators}
"""


PLAIN = """\
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = {condition}
  server_set_id = $auth2
"""

CRAM_MD5 = f"""\
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq{{$auth1}}{{{USER}}}{{{PASSWORD}}}fail}}
  server_set_id = $auth1
"""

CONDITION = f"${{if and{{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}"


class Exim:
    """``with Exim(folder, certificate) as relay``: ``relay.port`` offers STARTTLS, AUTH PLAIN.

    ``authenticators``: :data:`PLAIN`, or :data:`CRAM_MD5` instead.
    """

    @others_may_read()
    def __init__(
        self, root: Path, certificate: Path, *, authenticators: str = PLAIN, **options: str
    ) -> None:
        """``certificate`` holds certificate and key. Options replace values of ``CONFIG``."""
        self.root, self.port = root, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("spool", "log", "mail"):
            (root / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(certificate, root / "server.pem")
        (root / "server.pem").chmod(0o644)
        values = {
            "binary": BINARY,
            "root": root,
            "port": self.port,
            "cert": root / "server.pem",
            "key": root / "server.pem",
            "size_limit": "1M",
            "per_connection": "1000",
            **options,
        }
        condition = values.pop("condition", CONDITION)
        values["authenticators"] = authenticators.replace("{condition}", condition)
        (root / "exim.conf").write_text(CONFIG.format(**values))

    @others_may_read()
    def __enter__(self) -> Self:
        assert BINARY
        shutil.chown(self.root / "spool", "mail", "mail")
        shutil.chown(self.root / "log", "mail", "mail")
        shutil.chown(self.root / "mail", "mail", "mail")
        for folder in [self.root, *self.root.parents]:
            if folder != Path("/") and folder.stat().st_uid == os.getuid():
                folder.chmod(folder.stat().st_mode | 0o011)
        with (self.root / "stderr").open("wb") as errors:
            self._process = subprocess.Popen(
                [BINARY, "-C", str(self.root / "exim.conf"), "-bdf", "-q5s"],
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        try:
            wait_for(self.port)
        except TimeoutError:
            self.__exit__()
            raise RuntimeError((self.root / "stderr").read_text()) from None
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it with what it started: a delivery would still log, in a folder that is gone."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(10)
            for _ in range(200):
                os.killpg(self._process.pid, 0)
                time.sleep(0.02)
            os.killpg(self._process.pid, signal.SIGKILL)

    def log(self) -> str:
        """Exim's main log."""
        file = self.root / "log/mainlog"
        return file.read_text(errors="replace") if file.exists() else ""

    def inbox(self, *, count: int = 1, seconds: float = 15) -> list[EmailMessage]:
        """The mails that arrived, oldest first; waits for ``count``."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            files = sorted(
                (self.root / "mail/inbox/new").glob("*"), key=lambda f: f.stat().st_mtime_ns
            )
            if len(files) >= count:
                parser = BytesParser(policy=default)
                return [parser.parsebytes(f.read_bytes()) for f in files]  # type: ignore[misc]
            time.sleep(0.05)
        raise AssertionError(f"no {count} mails in {seconds} s; log: {self.log()[-3000:]}")
