"""The environment is read once; what is wrong is named without its secret part."""

from __future__ import annotations

import pytest

from app.config import Config, ConfigError


def test_an_empty_environment_gives_the_documented_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = Config.from_env({})
    assert config.data_dir == tmp_path / "instance"
    assert config.database_url == f"sqlite:///{tmp_path / 'instance' / 'novantra.db'}"
    assert (config.edition, config.key_provider, config.worker) == ("sovereign", "file", "embedded")
    assert (config.bind, config.ratelimit_storage) == ("127.0.0.1:8000", "memory://")
    assert config.ratelimit_enabled
    assert config.trusted_proxies == 0
    assert config.invitations_per_day == 2_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOVANTRA_EDITION", "enterprise"),
        ("NOVANTRA_KEY_PROVIDER", "vault"),
        ("NOVANTRA_RATELIMIT", "maybe"),
        ("NOVANTRA_WORKER", "none"),
        ("NOVANTRA_BIND", "8000"),
        ("NOVANTRA_BIND", "127.0.0.1:99999"),
        ("NOVANTRA_TRUSTED_PROXIES", "-1"),
        ("NOVANTRA_TRUSTED_PROXIES", "one"),
        ("NOVANTRA_DATABASE_URL", "mysql://root:canary@db/novantra"),
        ("NOVANTRA_LOG_FORMAT", "xml"),
        ("NOVANTRA_INVITATIONS_PER_DAY", "0"),
        ("NOVANTRA_INVITATIONS_PER_DAY", "1000001"),
        ("NOVANTRA_INVITATIONS_PER_DAY", "2,000"),
        ("NOVANTRA_INVITATIONS_PER_DAY", "²"),
        ("NOVANTRA_RELAY_CONNECTIONS", "1001"),
        ("NOVANTRA_RELAY_PER_MINUTE", "-1"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(name, value):
    with pytest.raises(ConfigError, match=name) as caught:
        Config.from_env({name: value})
    assert "canary" not in str(caught.value)


def test_a_plain_postgresql_url_uses_the_installed_driver():
    config = Config.from_env({"NOVANTRA_DATABASE_URL": "postgresql://u@h/d"})
    assert config.database_url == "postgresql+psycopg://u@h/d"


def test_secrets_of_the_environment_do_not_show_in_the_configuration():
    env = {"NOVANTRA_KEYS": "a:canary", "NOVANTRA_MANAGED_MAIL_URL": "smtp://u:canary@relay"}
    assert "canary" not in repr(Config.from_env(env))


@pytest.mark.parametrize("name", ["NOVANTRA_OAUTH_MICROSOFT", "NOVANTRA_OAUTH_GOOGLE"])
class TestSignInServices:
    """Client secrets go there."""

    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            (None, None),
            ("", None),
            ("https://gate.acme.test", "https://gate.acme.test"),
            ("https://gate.acme.test:8443/oauth/", "https://gate.acme.test:8443/oauth"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://[::1]:9000/", "http://[::1]:9000"),
            ("http://localhost:9000", "http://localhost:9000"),
        ],
    )
    def test_an_address_takes_the_place_of_the_vendor_s(
        self, name: str, value: str | None, kept: str | None
    ) -> None:
        config = Config.from_env({} if value is None else {name: value})
        assert getattr(config, name.removeprefix("NOVANTRA_").lower()) == kept

    @pytest.mark.parametrize(
        "value",
        [
            "http://gate.acme.test",
            "http://127.0.0.1.evil.test",
            "http://localhost.evil.test",
            "http://10.0.0.1",
            "ftp://gate.acme.test",
            "gate.acme.test",
            "https://",
            "https://user:canary@gate.acme.test",
            "https://gate.acme.test?x=1",
            "https://gate.acme.test#x",
            "https://gate.acme.test:99999",
            "https://[::1",
            "https://gäte.acme.test",
            "https://gate.acme.test/\nx",
            "https://gate .acme.test",
        ],
    )
    def test_one_that_could_give_a_secret_away_stops_the_start(self, name: str, value: str) -> None:
        with pytest.raises(ConfigError, match=name) as caught:
            Config.from_env({name: value})
        assert "canary" not in str(caught.value)
