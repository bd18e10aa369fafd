"""A real Postfix with SASL and TLS on loopback, delivering into a Maildir the test can read."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Self

from tests.relays.permissions import others_may_read
from tests.relays.ports import free_port, wait_for

USER, PASSWORD = "novantra", "postfix relay pass"

MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
myhostname = localhost
mydestination =
mynetworks =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtputf8_enable = yes
message_size_limit = {size_limit}
mailbox_size_limit = 0
virtual_mailbox_domains = acme.test, partner.test
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = {tls_level}
smtpd_tls_auth_only = {auth_only}
smtpd_sasl_auth_enable = {sasl}
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = localhost
cyrus_sasl_config_path = {root}/conf/sasl
smtpd_peername_lookup = no
smtpd_delay_reject = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sender_restrictions = {sender_restrictions}
smtpd_recipient_restrictions = {recipient_restrictions}
smtpd_helo_restrictions = {helo_restrictions}
smtpd_sender_login_maps = inline:{{ {{ novantra@acme.test = novantra@localhost }} }}
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
in_flow_delay = 0
"""

MASTER = """\
127.0.0.1:{submission} inet n - n - - smtpd
127.0.0.1:{submissions} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 discard
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
{extra}
"""

SASL = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN
sasldb_path: {root}/conf/sasl/sasldb2
"""

MISSING = [p for p in ("postfix", "postmap", "saslpasswd2") if not shutil.which(p)]


class Postfix:
    """``with Postfix(folder, certificate) as relay``: ``relay.port`` speaks STARTTLS, ``.tls_port``
    TLS from the first byte. Options replace values of ``main.cf``; see :data:`MAIN`."""

    @others_may_read()
    def __init__(self, root: Path, certificate: Path, *, master: str = "", **options: str):
        """``certificate`` holds certificate and key."""
        self.root = root
        self.port, self.tls_port = free_port(), free_port()
        owner = pwd.getpwnam("postfix")
        mailboxes = ", ".join(
            f"{{ {name}@acme.test = {name}/ }}" for name in ("alice", "dana", "sam", "bob")
        )
        values = {
            "root": root, "cert": root / "server.pem", "key": root / "server.pem",
            "uid": owner.pw_uid, "gid": owner.pw_gid,
            "tls_level": "may", "auth_only": "yes", "sasl": "yes", "size_limit": "10240000",
            "sender_restrictions": "", "recipient_restrictions": "", "helo_restrictions": "",
            "mailboxes": mailboxes, **options,
        }  # fmt: skip
        for name in ("queue", "data", "mail", "conf/sasl"):
            (root / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(certificate, root / "server.pem")
        for folder in [root, *root.parents]:
            # pytest makes its folders private; Postfix drops privileges and must reach its own.
            if folder.stat().st_uid == os.getuid() and folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o011)
        os.chown(root / "data", owner.pw_uid, owner.pw_gid)
        os.chown(root / "mail", owner.pw_uid, owner.pw_gid)
        (root / "conf/main.cf").write_text(MAIN.format(**values))
        (root / "conf/master.cf").write_text(
            MASTER.format(submission=self.port, submissions=self.tls_port, extra=master)
        )
        (root / "conf/sasl/smtpd.conf").write_text(SASL.format(root=root))
        database = root / "conf/sasl/sasldb2"
        subprocess.run(
            ["saslpasswd2", "-p", "-c", "-f", str(database), "-u", "localhost", USER],
            input=PASSWORD.encode(),
            check=True,
        )
        os.chown(database, owner.pw_uid, owner.pw_gid)

    @others_may_read()
    def _postfix(self, command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["postfix", "-c", str(self.root / "conf"), command],
            capture_output=True,
            check=False,
            timeout=30,
        )

    def __enter__(self) -> Self:
        started = self._postfix("start")
        try:
            wait_for(self.port)
        except TimeoutError:
            raise RuntimeError(f"Postfix did not start: {started.stderr!r} {self.log()}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._postfix("abort")

    def log(self) -> str:
        """Postfix's own log, for assertions about what it saw."""
        file = self.root / "mail.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def inbox(self, name: str, *, count: int = 1, seconds: float = 15) -> list[EmailMessage]:
        """The mails that arrived for ``name@acme.test``, oldest first; waits for ``count``."""
        folder = self.root / "mail" / name / "new"
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            files = sorted(folder.glob("*"), key=lambda f: f.stat().st_mtime_ns)
            if len(files) >= count:
                parser = BytesParser(policy=default)
                return [parser.parsebytes(f.read_bytes()) for f in files]  # type: ignore[misc]
            time.sleep(0.05)
        raise AssertionError(
            f"no {count} mails for {name} in {seconds} s; log: {self.log()[-3000:]}"
        )
