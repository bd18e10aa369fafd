"""Texts of resolvers, sockets and mail libraries that never got as far as a reply."""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.phases import Phase

_MID_SESSION = (Phase.AUTH, Phase.MAIL_FROM, Phase.RCPT_TO, Phase.DATA)

NAMES = (
    Rule(
        Code.DNS_TEMPORARY,
        words=(
            stems(
                "eai again|eai fail|recoverable failure|recoverable error",
                "temporary failure in name",
                "name resolution temporar|server misbehaving|servfail|eservfail|dns timeout",
                "dns lookup timed|dns lookup timeout|wsatry again|11002",
                "non authoritative host|no name servers|no nameservers|dns server",
            ),
        ),
    ),
    Rule(
        Code.DNS_TEMPORARY,
        words=(
            stems(
                "lookup |querya|query a|queryaaaa|getaddrinfo|name resolution|resolving",
                "resolve|host not found",
            ),
            stems(
                "timeout|timed out|econnrefused|try again|etimeout|refused|erefused|ebadresp",
            ),
        ),
    ),
    # .NET on Linux gives a resolver that could not answer the system's words for "try again".
    Rule(Code.DNS_TEMPORARY, phases=(Phase.DNS,), words=(("temporarily",),)),
    Rule(Code.DNS_TEMPORARY, words=(("socket exception 00000001 11",),)),
    Rule(
        Code.DNS_NOT_FOUND,
        words=(
            stems(
                "enotfound|enodata|nxdomain|eai noname|eai nodata|name or service not",
                "no such host|nodename nor servname|servname not|host is known",
                "no address associated|unknown host|host not found|hostname not found",
                "host name not found|domain not found|domain name not found",
                "could not be resolved|could not resolve|couldn t resolve|cannot resolve",
                "can t resolve|unable to resolve|failed to resolve|not resolve",
                "name not resolved|getaddrinfo|gethostbyname|lookup address information",
                "no data of the|no data record|name does not exist|11001|11004|invalid host",
                "resolution fail|resolv fail",
            ),
        ),
        unless=("helo", "sender", "recipient"),
    ),
)

SOCKETS = (
    Rule(
        Code.NETWORK_UNREACHABLE,
        words=(
            stems(
                "enetunreach|ehostunreach|enetdown|ehostdown|eaddrnotavail|eafnosupport",
                "network is unreachable|network unreachable|unreachable network",
                "unreachable host|host is unreachable|host unreachable",
                "destination unreachable|no route to|network is down|assign requested address",
                "address family not|10051|10065|errno 101 |errno 113 ",
            ),
        ),
    ),
    Rule(
        Code.CONNECT_REFUSED,
        words=(
            stems(
                "econnrefused|connection refused|actively refused|connect refused",
                "refused the connection|connection was refused|connection is refused",
                "refused to talk|refused connection|10061|eacces|access permissions|10013",
                "connection rejected|errno 111 ",
            ),
        ),
    ),
)

SILENCE = (
    Rule(
        Code.CONNECTION_DROPPED,
        words=(
            stems(
                "econnreset|econnaborted|epipe|connection reset|reset by peer|forcibly closed",
                "broken pipe|unexpected eof|end of file|eof |unexpected end",
                "unexpectedly closed|unexpectedly disconnected|unexpectedly ended",
                "closed unexpectedly|disconnected unexpectedly|unexpected socket close",
                "socket clos|socket hang|connection closed|connection was closed",
                "connection has been closed|connection is closed|connection lost",
                "lost connection|connection abort|connection was abort",
                "software caused connection|closed by|closed the connection|closed connection",
                "terminated the connection|server disconnected|disconnected|not connected",
                "empty response|empty reply|empty code|premature|connect first|10054|10053",
                "transport is clos|stream not readable|with message empty|connection dropped",
                "closed network connection|read from socket|could not read from|unable to read",
            ),
        ),
    ),
    # Java's word for a server that hung up instead of answering.
    Rule(Code.CONNECTION_DROPPED, words=(("smtp host",), ("response 1 ",))),
    Rule(
        Code.CONNECTION_DROPPED,
        phases=_MID_SESSION,
        words=(("timed out", "timeout", "time out ", "etimedout"),),
    ),
    Rule(
        Code.CONNECT_TIMEOUT,
        words=(
            stems(
                "etimedout|esockettimedout|timed out|timeout|time out |open timeout",
                "execution expired|deadline|greeting never|no greeting|not properly respond",
                "failed to respond|not responding|not respond|no response|10060|errno 110 ",
            ),
        ),
    ),
    Rule(
        Code.CONNECT_TIMEOUT,
        words=(
            stems(
                "unable to connect|can not connect|error connecting|connecting to smtp",
                "could not connect|couldn t connect|cannot connect",
                "can t connect|failed to connect|connect failed|connection failed",
                "connection could not be|could not be established|not accepting smtp",
            ),
        ),
        phases=(Phase.CONNECT, Phase.GREETING, None),
    ),
)

NOT_SMTP = (
    Rule(
        Code.PROTOCOL_ERROR,
        words=(
            stems(
                "invalid greeting|bad greeting|unexpected greeting|bad response",
                "invalid response|unexpected response|malformed response|malformed reply",
                "invalid reply|unexpected reply|unexpected code|unknown response",
                "unrecognized response|not speak smtp|short response|line too long",
                "protocol error|out of sync|could not be parsed|incomplete response",
                "expected response code|not an smtp",
            ),
        ),
    ),
)

# What a library says without a reply because it looked at the server's offers itself.
LIBRARY_LOGIN = (
    Rule(
        Code.AUTH_REQUIRED,
        words=(("missing credentials", "credentials missing", "no password specified"),),
    ),
    Rule(
        Code.AUTH_NOT_OFFERED,
        words=(
            ("auth", "mechanism", "sasl"),
            stems(
                "extension not|not support|doesn t support|unsupported|no suitable",
                "no compatible|no supported|none of|no authentication|no auth",
                "unknown authentication|unknown auth|not offer|not available|not advertis",
                "not enabled",
            ),
        ),
        unless=("basic auth",),
    ),
    Rule(
        Code.OAUTH_REJECTED,
        words=(("invalid request", "invalid oauth"), ("oauth", "token", "grant")),
    ),
)

# What a library says without a reply because it could not read an address itself.
LIBRARY_ADDRESS = (
    Rule(
        Code.ADDRESS_INVALID,
        words=(
            stems(
                "invalid address|invalid email address|expected single address|illegal address",
                "missing final domain|not a valid address|malformed address|no angle addr",
                "form required for an|contains illegal character|missing phrase",
                "no recipients|at least one recipient|smtprecipients refused|address in mailbox",
            ),
        ),
    ),
)
