from . import facts_table


def test_the_table_has_every_fact_once_and_says_how_sure_it_is():
    found = facts_table.rows()
    assert len(found) > 240
    assert len({words for words, _ in found}) == len(found)
