"""The generated tables: each document has them as they would be generated now."""

import pytest

from tests import ROOT
from tests.generated_tables import DOCUMENTS, SCHEMAS, schema_text, updated


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_has_the_tables_that_would_be_generated_now(name):
    text = ROOT.joinpath(name).read_text(encoding="utf-8")
    assert updated(text, DOCUMENTS[name]) == text, "run python -m tests.generated_tables"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_of_pools_is_that_of_the_model(name):
    text = ROOT.joinpath(name).read_text(encoding="utf-8")
    assert text == schema_text(), "run python -m tests.generated_tables"


def test_what_is_between_the_marks_is_replaced_and_the_rest_is_left_alone():
    text = (
        "before\n<!-- a:begin -->\nold\n<!-- a:end -->\nbetween\n<!-- b:begin --><!-- b:end -->\n"
    )
    fresh = updated(text, {"a": lambda: "one", "b": lambda: "two"})
    assert fresh == (
        "before\n<!-- a:begin -->\none\n<!-- a:end -->\n"
        "between\n<!-- b:begin -->\ntwo\n<!-- b:end -->\n"
    )
    assert updated(fresh, {"a": lambda: "one", "b": lambda: "two"}) == fresh


@pytest.mark.parametrize("text", ["", "<!-- a:begin -->", "<!-- a:end -->"])
def test_a_document_without_the_marks_is_an_error(text):
    with pytest.raises(ValueError, match="needs the lines <!-- a:begin -->"):
        updated(text, {"a": lambda: "one"})
