"""A real Dovecot submission server, which passes mail on to another relay. It takes tokens, asking
an introspection endpoint (RFC 7662) about each, or a password."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

from tests.relays.permissions import others_may_read
from tests.relays.ports import free_port, wait_for

BINARY = "/usr/sbin/dovecot"
USER, PASSWORD = "novantra", "dovecot relay pass"

CONFIG = """\
protocols = submission
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
info_log_path = {root}/dovecot.log
auth_verbose = yes
ssl = {ssl}
ssl_cert = <{root}/server.pem
ssl_key = <{root}/server.pem
disable_plaintext_auth = no
auth_mechanisms = plain {mechanisms}
auth_failure_delay = 0
first_valid_uid = 1
hostname = localhost
submission_relay_host = 127.0.0.1
submission_relay_port = {sink}
submission_max_mail_size = 10M
mail_location = maildir:{root}/mail/%u
service submission-login {{
  inet_listener submission {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
{who}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail
}}
"""

TOKENS = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf
}}
"""
BY_PASSWORD = """\
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {root}/users
}}
"""
CLIENTS = """\
ssl_ca = <{root}/clients.pem
ssl_require_crl = no
ssl_verify_client_cert = yes
auth_ssl_require_client_cert = yes
"""

OAUTH2 = """\
introspection_mode = post
introspection_url = {introspection}
username_attribute = email
active_attribute = active
active_value = true
scope = smtp.send
"""


class Dovecot:
    """``with Dovecot(folder, certificate, introspection=..., sink=...) as relay``: ``relay.port``.

    ``mechanisms`` are offered beside PLAIN, for which there are no passwords where it takes tokens;
    without ``introspection`` it takes :data:`PASSWORD`. ``sink`` is the port of the relay that mail
    is passed on to; ``certificate`` holds certificate and key, and without one there is no TLS.
    ``clients`` holds the authorities of clients, which then have to show a certificate.
    """

    host = "127.0.0.1"

    @others_may_read()
    def __init__(
        self,
        root: Path,
        certificate: Path | None,
        *,
        sink: int,
        introspection: str | None = None,
        mechanisms: str | None = None,
        clients: Path | None = None,
    ) -> None:
        self.root = root
        self.port = free_port()
        for name in ("run", "state", "mail"):
            (root / name).mkdir(parents=True, exist_ok=True)
        if certificate is not None:
            shutil.copy(certificate, root / "server.pem")
        for folder in [root, *root.parents]:
            # Dovecot drops privileges and must reach its own.
            if folder.stat().st_uid == os.getuid() and folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o011)
        shutil.chown(root / "mail", "mail", "mail")
        config = CONFIG.format(
            root=root,
            ssl="yes" if certificate is not None else "no",
            mechanisms=mechanisms or ("xoauth2 oauthbearer" if introspection else ""),
            who=(TOKENS if introspection else BY_PASSWORD).format(root=root),
            port=self.port,
            sink=sink,
            user="mail",
            group="mail",
        )
        if certificate is None:
            config = "".join(
                line
                for line in config.splitlines(True)
                if not line.startswith(("ssl_cert", "ssl_key"))
            )
        if clients is not None:
            shutil.copy(clients, root / "clients.pem")
            config += CLIENTS.format(root=root)
        (root / "dovecot.conf").write_text(config)
        if introspection:
            (root / "oauth2.conf").write_text(OAUTH2.format(introspection=introspection))
        else:
            (root / "users").write_text(f"{USER}:{PASSWORD}\n")
        self._process: subprocess.Popen[bytes] | None = None

    @others_may_read()
    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [BINARY, "-F", "-c", str(self.root / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            wait_for(self.port)
        except TimeoutError:
            self._process.terminate()
            _, said = self._process.communicate(timeout=10)
            raise RuntimeError(f"Dovecot did not start: {said!r} {self.log()}") from None
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.communicate(timeout=15)

    def log(self) -> str:
        """Dovecot's own log, for assertions about what it saw."""
        file = self.root / "dovecot.log"
        return file.read_text(errors="replace") if file.exists() else ""
