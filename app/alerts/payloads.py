"""An alert as each kind of target reads it: fixed forms, every value escaped for its markup."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime

from app.alerts.kinds import Kind
from app.alerts.news import GOOD, QUIET, WARNING, News
from app.alerts.signing import signature_headers
from app.crypto.secret import Secret

JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True)
class Request:
    """What goes over the wire."""

    method: str = "POST"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


PING = Request(method="GET")


def request_for(kind: Kind, news: News, *, secret: Secret | None, at: datetime) -> Request:
    """The request that tells ``news`` to a target.

    :param secret: signs it, for webhooks
    :param at: the moment of this try
    """
    match kind:
        case Kind.SLACK:
            return _json(slack(news))
        case Kind.TEAMS:
            return _json(teams(news))
        case Kind.PING:
            return PING
        case Kind.WEBHOOK:
            body = json.dumps(news.stored() | {"title": news.title}, ensure_ascii=False).encode()
            signed = (
                signature_headers(secret, message_id=news.id, at=at, body=body) if secret else {}
            )
            return Request(body=body, headers=JSON | signed)


def _json(payload: object) -> Request:
    return Request(body=json.dumps(payload, ensure_ascii=False).encode(), headers=dict(JSON))


_COLOURS = {"good": "#2e7d32", "quiet": "#546e7a", "warn": "#b26a00", "bad": "#c62828"}


def level_of(news: News) -> str:
    """``good``, ``quiet``, ``warn`` or ``bad``."""
    for level, types in (("good", GOOD), ("quiet", QUIET), ("warn", WARNING)):
        if news.kind in types:
            return level
    return "bad"


def slack(news: News) -> dict[str, object]:
    """An incoming webhook with an attachment, which Mattermost, Rocket.Chat and Discord (with
    ``/slack`` behind its address) read as well. https://docs.slack.dev/messaging/formatting-message-text
    names the three signs to escape."""
    title = _slack_text(news.title)
    where = _slack_text(news.installation)
    return {
        "text": f"{title} ({where})",
        "attachments": [
            {
                "color": _COLOURS[level_of(news)],
                "fallback": f"{title} ({where}): {_slack_text(news.summary)}",
                "title": title,
                "title_link": news.url,
                "text": _slack_text(news.summary),
                "fields": [
                    {"title": name, "value": _slack_text(value), "short": len(value) < 40}
                    for name, value in news.facts
                ],
            }
        ],
    }


def _slack_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(news: News) -> dict[str, object]:
    """An adaptive card in a message, for an address of the Workflows app.
    https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook"""
    colour = {"good": "good", "quiet": "default", "warn": "warning", "bad": "attention"}
    title = _card_text(news.title)
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.2",
                    "fallbackText": f"{title} ({_card_text(news.installation)})",
                    "body": [
                        {
                            "type": "TextBlock",
                            "text": title,
                            "size": "large",
                            "weight": "bolder",
                            "color": colour[level_of(news)],
                            "wrap": True,
                        },
                        {"type": "TextBlock", "text": _card_text(news.summary), "wrap": True},
                        {
                            "type": "FactSet",
                            "facts": [
                                {"title": name, "value": _card_text(value)}
                                for name, value in news.facts
                            ],
                        },
                    ],
                    "actions": [
                        {"type": "Action.OpenUrl", "title": "Open Novantra", "url": news.url}
                    ],
                },
            }
        ],
    }


_MARKDOWN = re.compile(r"([*_~`\[\]<>#|])")


def _card_text(text: str) -> str:
    """Cards read a part of Markdown and know no escape: a sign with a zero-width joiner before it
    begins nothing."""
    return _MARKDOWN.sub("\u200d\\1", text)
