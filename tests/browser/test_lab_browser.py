"""The model lab, read off the page as a visitor would."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

import emotion
from emotion.analytics.scores import find_record, load_evaluation
from tests.browser.test_app import assert_fits_a_phone, go_to

pytestmark = pytest.mark.browser


def test_the_lab_shows_what_was_measured(visit: Page):
    name = emotion.list_models()[0]
    evaluation = load_evaluation(name)
    go_to(visit, "Model lab")
    for family, title in (("ferplus", "FER+ majority"), ("fer2013", "FER2013 original")):
        record = find_record(evaluation, family, "Test")
        if record is not None:
            visit.get_by_role("radio", name=title).or_(visit.get_by_role("button", name=title)).first.click()
            # The table is drawn; what it holds stands beside the drawing, for screen readers.
            cells = visit.get_by_test_id("stDataFrame").first.locator("td")
            expect(cells.filter(has_text=str(100 * record["accuracy"])[:5]).first).to_be_attached()

    visit.get_by_role("tab", name="Compare").click()
    expect(visit.get_by_role("heading", name="Reliability")).to_be_visible()
    expect(visit.get_by_text(f"ECE {record['ece']['before']:.1%} before").first).to_be_visible()
    assert_fits_a_phone(visit)
