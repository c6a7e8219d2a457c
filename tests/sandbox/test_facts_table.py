from . import facts_table


def test_the_table_has_every_fact_once_and_says_how_sure_it_is():
    found = facts_table.rows()
    assert len(found) > 240
    assert len({words for words, _ in found}) == len(found)


def test_a_readme_with_the_block_is_up_to_date_and_an_old_one_is_not():
    readme = f"before\n{facts_table.BEGIN}\nold\n{facts_table.END}\nafter\n"
    assert not facts_table.check(readme)
    fresh = facts_table.updated(readme)
    assert facts_table.check(fresh)
    assert fresh.startswith("before\n")
    assert fresh.endswith("\nafter\n")
