"""The desk as a page: one case at a time, each step in the same place.

Who calls, what they say and what was found travels in messages and is no part of a widget's state.
"""

import logging
from typing import Any

import anywidget
import ipywidgets
import traitlets

from helpers.form import widgets
from helpers.form.agreeing import Agreeing, may_agree
from helpers.form.desk import DIAGNOSIS, desk_pools, next_caller
from helpers.form.fields import UNSEEN
from helpers.form.interactive import InteractiveRun
from helpers.form.widgets import HERE
from helpers.run.record import NextRunbook
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.stop_words import STOP_WORDS
from helpers.secrets.redaction import redact

_GONE = """<p>The desk was here while its kernel ran.
For a new one choose Run, then Run All Cells.</p>"""
_OWN = ("user_pool_id", "client_id")
"""What a training case has of its own pool."""


def _files(*names: str) -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


class Head(anywidget.AnyWidget):
    """What stands above the step: pool, case, caller, the accounts to choose from, what was done.

    pools: those to choose from. training: the cases to practise on, each with what the user says.
    stop: the words at which to hand the case over. agrees: whether a colleague's change can be
    agreed to here. turn counts finished presses, as in a form.
    """

    _esm = _files("form_parts.js", "desk.js")
    _css = _files("form.css", "desk.css")
    pools: Any = traitlets.List().tag(sync=True)
    training: Any = traitlets.List().tag(sync=True)
    stop: Any = traitlets.List().tag(sync=True)
    agrees = traitlets.Bool(False).tag(sync=True)
    turn = traitlets.Int(0).tag(sync=True)


class DeskPage:
    """The desk: its head, and below it the step that the case is at."""

    def __init__(self) -> None:
        self._case = next_caller()
        self._step: InteractiveRun | None = None
        self._errors: dict[str, str] = {}
        self._failed = ""
        self._typed: dict[str, str] = {}
        self._agreeing: Agreeing | None = None
        practice = RUNBOOKS[DIAGNOSIS].runs(interactive="yes")
        self.head = Head(
            pools=desk_pools(),
            training=[list(case) for case in practice.training().items()],
            stop=[[one.sign, one.why] for one in STOP_WORDS],
            agrees=may_agree(),
        )
        self._trains = practice
        self.head.on_msg(self._on_message)
        self.step = ipywidgets.VBox()
        self._page = ipywidgets.VBox([self.head, self.step])
        self._page.add_class("reset-desk")

    @property
    def proof(self) -> None:
        """Nothing: a desk proves each step where it is done."""

    def _ipython_display_(self) -> None:
        widgets.display_data(widgets.while_alive(self._page))
        widgets.display_data(widgets.kept_copy(_GONE))

    def _on_message(self, _: Any, content: dict[str, Any], __: Any) -> None:
        kind = content.get("kind")
        if kind == "drawn":
            self._tell()
            return
        if content.get("turn") != self.head.turn:
            return
        self._failed = ""
        try:
            if kind == "open":
                self._open(dict(content.get("values", {})))
            elif kind == "pick" and 0 <= int(content.get("number", -1)) < len(self._case.matches):
                self._case.pick(int(content["number"]))
                self._diagnose()
            elif kind == "train" and content.get("case") in self._trains.training():
                trained = self._trains.train(content["case"])
                called = {"whom": trained["username"], "said": trained["symptom"]}
                self._typed = trained | called | {"pool": "practice", "case_number": ""}
            elif kind == "next-caller":
                self._next_caller()
            elif kind in ("waiting", "plan", "agree") and self.head.agrees:
                self._agree(content)
        except Exception as exc:
            # A callback's exception would vanish.
            logging.getLogger(__name__).exception("the desk failed")
            self._failed = redact(f"This did not work: {exc}")
        finally:
            content.clear()
            self.head.turn += 1
            self._tell()

    def _agree(self, content: dict[str, Any]) -> None:
        """Be the second person: look what waits, choose a plan, agree to it."""
        kind, second = content["kind"], self._agreeing
        if kind == "waiting":
            self._next_caller()
            self._agreeing = Agreeing()
        elif second is not None and kind == "plan":
            second.pick(int(content.get("number", -1)))
        elif second is not None:
            values = dict(content.get("values", {}))
            second.agree(
                values.get("username", "").strip(UNSEEN), values.get("profile", "").strip()
            )

    def _open(self, values: dict[str, str]) -> None:
        trained = self._typed if self._typed.get("whom") == values.get("whom") else {}
        self._typed = values | {name: trained[name] for name in _OWN if name in trained}
        self._errors = self._case.open(self._typed)
        if not self._errors and not self._case.matches:
            self._diagnose()

    def _diagnose(self) -> None:
        self._put(self._case.diagnosis(), at_once=True)

    def go_on(self, following: NextRunbook) -> None:
        """Put the form of the runbook that goes on in this step's place."""
        if following.name == DIAGNOSIS and not following.parameters.get("username"):
            self._leave_step()  # the name is asked for again
            self._tell()
            return
        run = self._case.next_run(following)
        self._put(run, at_once=following.name == DIAGNOSIS)
        self._tell()

    def ended(self, shown: InteractiveRun, typed: dict[str, str], headline: str) -> None:
        """Keep what a step was told, and how it ended, as a line of the case."""
        self._case.learn(typed)
        self._case.lines.append((shown.name, headline))

    def _put(self, run: Any, *, at_once: bool) -> None:
        self._leave_step()
        self._step = InteractiveRun(run, arrive=True, desk=self)
        if at_once:
            self._step.press()
        self.step.children = (self._step._page,)

    def _leave_step(self) -> None:
        self.step.children = ()
        if self._step is not None:
            self._step.close()
        self._step = None

    def _next_caller(self) -> None:
        """Leave nothing of this caller behind."""
        self._leave_step()
        self._case, self._errors, self._agreeing = next_caller(), {}, None
        self._typed = {"pool": self._typed.get("pool", "")}

    def _tell(self) -> None:
        case = self._case
        called, before = case.seen_before() if self._step else ("", ())
        # The step at hand shows its own result; the lines are those of the steps before it.
        lines = case.lines[:-1] if self._step and self._step.form.state == "done" else case.lines
        self.head.send(
            {
                "kind": "shown",
                "at": self._at(),
                "values": {
                    name: self._typed.get(name, "")
                    for name in ("pool", "case_number", "whom", "said")
                },
                "errors": self._errors,
                "failed": self._failed,
                "matches": [[one.username, one.how, one.words] for one in case.matches],
                "more": case.more,
                "signer": case.signer,
                "whom": case.given.get("username", ""),
                "lines": [list(line) for line in lines],
                "called": called,
                "before": list(before),
                "agree": self._agreeing.shown() if self._agreeing else {},
            }
        )

    def _at(self) -> str:
        if self._step:
            return "step"
        if self._agreeing:
            return "agree"
        return "which" if self._case.matches else "who"
