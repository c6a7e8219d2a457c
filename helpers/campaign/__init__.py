"""One runbook for many users."""

from helpers.display.person import NotInATab, in_a_tab

if in_a_tab():
    raise NotInATab("A campaign starts processes, and a browser tab has none: use make lab.")
