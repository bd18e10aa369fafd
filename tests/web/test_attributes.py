"""Attributes of controls are as WTForms writes them."""

from __future__ import annotations

import pytest
from markupsafe import Markup
from wtforms.widgets.core import html_params

from app.web.attributes import attributes


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": "host", "id": "host", "value": "", "class_": "input", "maxlength": 255},
        {"checked": True, "disabled": False, "data_check_first": "yes", "aria_describedby": "a b"},
        {"value": "\" onfocus='x' <b>&amp; ünï", "placeholder": Markup('one&#10;two "three"')},
        {"value": None, "for_": "x", "data-longest": 30},
    ],
)
def test_they_are_those_of_the_library(values: dict[str, object]):
    assert attributes(**values) == html_params(**values)
