"""The Amazon regions whose SES has an SMTP endpoint that somebody has seen.

SES has an API in more regions than it has SMTP in (Jakarta and Zurich, for two, have none), so
this list follows sightings of endpoints, not the list of API regions. For a region that is
missing here its host can be typed.
"""

from __future__ import annotations

import re

REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "ca-central-1": "Canada (Central)",
    "sa-east-1": "South America (São Paulo)",
    "eu-central-1": "Europe (Frankfurt)",
    "eu-west-1": "Europe (Ireland)",
    "eu-west-2": "Europe (London)",
    "eu-west-3": "Europe (Paris)",
    "eu-north-1": "Europe (Stockholm)",
    "eu-south-1": "Europe (Milan)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-northeast-2": "Asia Pacific (Seoul)",
    "ap-northeast-3": "Asia Pacific (Osaka)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "us-gov-west-1": "AWS GovCloud (US-West)",
    "us-gov-east-1": "AWS GovCloud (US-East)",
}

WITHOUT_SMTP = {"ap-southeast-3": "Jakarta", "eu-central-2": "Zurich"}
"""Regions that have SES and whose SMTP host does not exist."""

OTHER = "other"
"""Stands for a region that is not listed; its host is typed."""

SHAPE = re.compile(r"[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}")
_IN_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)*email-smtp(?:-fips)?\.([a-z0-9-]+)\."
    r"(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)"
)


def host_of(region: str) -> str:
    """The host that a region's SMTP endpoint has."""
    return f"email-smtp.{region}.amazonaws.com"


def region_in(host: str) -> str | None:
    """The region that an SES host name speaks of, VPC and FIPS endpoints included."""
    found = _IN_HOST.fullmatch(host)
    return found[1] if found else None
