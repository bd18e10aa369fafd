"""After signing in people land on this site, whatever ``next`` says."""

from __future__ import annotations

import pytest

from app.web.redirects import inside


@pytest.mark.parametrize(
    "target",
    [
        "//evil.test",
        "/\\evil.test",
        "\\/evil.test",
        "\\\\evil.test",
        "https://evil.test/",
        "javascript:alert(1)",
        "/\t/evil.test",
        "/\n/evil.test",
        " //evil.test",
        "///evil.test",
        "evil.test",
        "",
        None,
        "/" + "a" * 2000,
    ],
)
def test_next_never_leaves_the_site(target):
    assert inside(target, "/home") == "/home"


@pytest.mark.parametrize("target", ["/", "/admin/system/mailer?provider=ses", "/a#b", "/a//b"])
def test_a_path_on_this_site_is_kept(target):
    assert inside(target) == target
