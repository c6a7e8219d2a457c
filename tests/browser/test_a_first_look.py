"""What a person sees first. It comes first here too: all later walks stay on its page, laid out as
`make lab` does.
"""

from tests.browser.lab import command, keep, open_notebook


def test_the_start_notebook_opens_with_the_table_of_contents_and_runs_to_its_proof(page, lab):
    lab.lay_out()
    open_notebook(page, lab, "00-start-here.ipynb", layout="")
    page.locator(".jp-TableOfContents").get_by_text("All the notebooks").wait_for()
    assert not page.get_by_text("Would you like to").count()
    command(page, "notebook:run-all-cells")
    page.locator(".jp-Cell", has_text="newest[").last.locator(".jp-OutputArea-output").wait_for()
    lab.plant(lab.box.mailbox()[-1]["code"])
    keep(page, "7-start")
