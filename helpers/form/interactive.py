"""A run with a person: a form, and views below it.

Neither what is typed nor what came of it is part of a widget's state, which JupyterLab may save
into the notebook: both travel in messages. What the notebook keeps is masked
(`helpers.run.masking`).
"""

import html
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import ipywidgets

from helpers.display.card import Card
from helpers.form import widgets
from helpers.form.fields import (
    OF_A_POOL,
    UNSEEN,
    broken_off,
    emptied_of_practice,
    errors_of,
    fields_of,
    in_words,
    label_of,
    labelled,
    pool_field,
    where_line,
)
from helpers.form.widgets import HIDES_LOST, Form, View
from helpers.run.base import Runbook
from helpers.run.entry import RUNBOOKS
from helpers.run.masking import mask_html, mask_record
from helpers.run.named_pool import pool_choices
from helpers.run.practice import users_side
from helpers.run.record import MIME, NextRunbook, Outcome
from helpers.run.recording import JournalUnavailable, recorded
from helpers.run.result import NotDone
from helpers.secrets.redaction import redact
from helpers.secrets.secret import Secret

_WAITING = "<p>Nothing has been sent yet. This fills in when the form above has done its work.</p>"
_WORKING = "<p>Working: the form above is asking Cognito.</p>"
_GONE = """<p>The form was here while its kernel ran. What came of it is below.
For a new form choose Run, then Run All Cells:
before its button is pressed, nothing changes for a real user.</p>
"""


class Desk(Protocol):
    """What a run is a step of: it is told how the step ended, and goes on from it."""

    def ended(self, shown: "InteractiveRun", typed: dict[str, str], headline: str) -> None:
        """Hear how a step ended. typed: what it was told, without secrets."""

    def go_on(self, following: NextRunbook) -> None:
        """Go on with another runbook."""


class InteractiveRun:
    """A run with a person: a form, and views below it that fill in after each press."""

    def __init__(
        self,
        run: Runbook[Any],
        *,
        arrive: bool = False,
        client_id: str = "",
        desk: Desk | None = None,
    ) -> None:
        """desk: where the run is a step of a case, what is told how it ended, and goes on."""
        self._run = run
        self._desk = desk
        self._client_id = client_id
        self._goes_on: NextRunbook | None = None
        self._answers = ""
        self._prepared = "" if arrive else in_words(run.practice())
        # At the desk, and where another form has gone on to this one, the pool is known.
        self._pools = () if arrive or desk is not None else tuple(pool_choices())
        self.form = self._make_form(arrive=arrive)
        self._typed = {field["name"]: field["value"] for field in self.form.fields}
        self.result, self.record, self.proof = (View(_WAITING) for _ in range(3))
        self._views: list[tuple[View, Callable[[], Any]]] = []
        self._following: InteractiveRun | None = None
        self.next = ipywidgets.VBox()
        self._page = ipywidgets.VBox([self.form, self.next])

    def _make_form(self, *, arrive: bool) -> Form:
        """Return a form for what the run is about. arrive: see Form."""
        run = self._run
        sandbox = run.parameters is not None and run.parameters.to_target().may_be_sandbox
        choice = [pool_field(run, self._pools)] if len(self._pools) > 1 else []
        form = Form(
            title=run.title,
            where=where_line(run, at_desk=self._desk is not None),
            production=run.parameters is not None and run.parameters.named_pool.production,
            button=run.button,
            verify_hint=run.verify_hint,
            fields=[*choice, *fields_of(run)],
            errors=errors_of(run.problems),
            practice=sandbox and "username" in run.form_fields,
            requests_codes=run.requests_codes,
            arrive=arrive,
            at_desk=self._desk is not None,
            training=[list(case) for case in run.training().items()],
        )
        form.on_msg(self._on_message)
        return form

    def _choose_pool(self, values: Mapping[str, str]) -> None:
        """Be about another pool: its form takes this one's place, with what was typed of the user.
        Nothing of an earlier press stays.
        """
        left = self.form
        self._leave_next()
        self._empty_views(_WAITING)
        self._run.result = self._run.record = self._goes_on = None
        self._run.choose_pool(values.get("pool", ""))
        self.form = self._make_form(arrive=True)
        of_user = {one: text for one, text in values.items() if one not in OF_A_POOL}
        fields = {field["name"]: field["value"] for field in self.form.fields}
        typed = {one: text.strip(UNSEEN) for one, text in of_user.items() if one in fields}
        self._typed = emptied_of_practice(self._run, fields | typed)
        self._page.children = (self.form, self.next)
        left.on_msg(self._on_message, remove=True)
        left.empty()
        left.close()

    @property
    def name(self) -> str:
        """The runbook's name."""
        return self._run.name

    def press(self) -> None:
        """Press the button with the fields as they are; for a step that only reads."""
        if self.form.state == "ready":
            self._do(dict(self._typed))

    def view(self, draw: Callable[[], Any]) -> View:
        """Return a view of what `draw` returns (card, table, picture), drawn after each press."""
        view = View(_WAITING)
        self._views.append((view, draw))
        return view

    def _ipython_display_(self) -> None:
        widgets.display_data(widgets.while_alive(self._page))
        widgets.display_data(widgets.kept_copy(_GONE + HIDES_LOST))

    def _on_message(self, _: Any, content: dict[str, Any], __: Any) -> None:
        if content.get("kind") == "drawn":
            self.form.answer_drawn(content, self._typed)
            return
        if content.get("kind") in ("here", "request", "hour"):
            # Any answer also shows a page whose line was cut that this form is alive.
            side = users_side(self._run, **self._asked(content)) if self.form.practice else {}
            if side and not side["note"]:
                side["note"] = self._prepared
            self._prepared = ""
            self.form.send({"kind": "here", **side})
            return
        kind = content.get("kind")
        if kind == "next" and self.form.state != "busy":
            # Sends nothing, so it need not wait for its turn.
            if self._desk is None:
                self._go_on()
            elif self._goes_on is not None:
                self._desk.go_on(self._goes_on)
            return
        if kind == "answer" and self.form.state == "done" and content.get("turn") == self.form.turn:
            # A question of the result: the same run again, with what the caller has answered.
            given = [self._answers, str(content.get("key", ""))]
            self._answers = " ".join(filter(None, given))
            self._do(dict(self._typed))
            return
        if kind == "again" and self.form.state == "done":
            self._forget()
            return
        if content.get("turn") != self.form.turn or self.form.state != "ready":
            return
        if kind == "pool":
            self._choose_pool(dict(content.get("values", {})))
        elif kind == "plan":
            self._rehearse(dict(content.get("values", {})))
        elif kind == "train" and content.get("case") in self._run.training():
            self._train(content["case"])
        elif kind == "submit":
            values = dict(content.get("values", {}))
            content.clear()  # nothing that was typed outlives the press
            self._do(values)

    def _do(self, values: dict[str, str]) -> None:
        """Do the run: busy until it is done, and nothing of an earlier press is seen beside it."""
        self.form.state, after = "busy", "ready"
        self._leave_next()
        self._empty_views(_WORKING)
        try:
            after = self._submit(values)
        finally:
            self.form.finish(after)

    def _train(self, case: str) -> None:
        try:
            values, failed = self._run.train(case), ""
        except Exception as exc:
            # A callback's exception would vanish.
            logging.getLogger(__name__).exception("the training case failed")
            values, failed = {}, redact(f"This did not work: {exc}")
        self._typed |= values
        self.form.send({"kind": "trained", "values": values, "failed": failed})

    def _submit(self, values: dict[str, str]) -> str:
        """Do the run and show what came of it; return the state that the form is in afterwards."""
        run = self._run
        typed = {
            name: Secret(values[name], label_of(run, name).lower())
            for name in run.parameters_model.SECRETS
            if values.get(name)
        }
        plain = {
            name: text.strip(UNSEEN)
            for name, text in values.items()
            if name not in run.parameters_model.SECRETS
        }
        values.clear()
        self._typed |= plain
        if self._answers:
            plain["answer"] = self._answers
        self.form.keep = ()
        try:
            with recorded(
                RUNBOOKS[run.name], {**run.values, **plain, **dict.fromkeys(typed, "prompt:")}
            ) as note:
                result = run.submit(plain, typed)
                name = note(run.record) if run.record else ""
        except JournalUnavailable as exc:
            headline = "Not sent: the run could not be written to the journal."
            why = (("What happened", str(exc)), ("What to do next", exc.next))
            self.form.keep = tuple(typed)
            self._empty_views(_WAITING)
            self._show(Card(headline, why), "not_sent")
            return "ready"
        except (Exception, KeyboardInterrupt) as exc:
            # A callback's exception would vanish. It may have struck after the call was sent: an
            # unknown outcome.
            logging.getLogger(__name__).exception("the runbook failed")
            card = broken_off(run.verify_hint, exc)
            self._show(card, "unknown")
            none = "<p>No record: the run did not come to its end.</p>"
            self.record.fill(none, none)
            for view in (self.result, self.proof):
                self._fill(view, card.to_html())
            return "ready"
        self.form.keep = tuple(one for one in typed if result.leaves(one))
        self.form.errors = errors_of(result.problems)
        card = run.in_production(replace(result, problems=labelled(run, result.problems)).card())
        beside = [str(one) for one in labelled(run, result.problems, beside_fields=True)]
        rows = tuple(row for row in card.rows if row[1] not in beside)
        recorded_as = replace(card, rows=(*rows, ("Recorded as", name)))
        self._show(recorded_as, result.outcome.value, result.next_runbook)
        self._ask(getattr(getattr(result, "verdict", None), "questions", ()))
        if self._desk is not None and not result.problems:
            self._desk.ended(self, plain, result.headline)
        self._fill(self.result, card.to_html())
        if run.record:
            record = run.record.to_json()
            masked = mask_record(record, run.output_masker())
            self.record.fill(_record_html(record), _record_html(masked), {MIME: masked})
        for view, draw in self._views:
            self._fill(view, draw().to_html())
        try:
            proof = run.prove()
        except NotDone as exc:
            proof = Card(
                "Not proved.", (("What happened", str(exc)), ("What to do next", exc.next))
            )
        self._fill(self.proof, proof.to_html())
        return "done" if result.outcome is Outcome.CONFIRMED else "ready"

    def _forget(self) -> None:
        """Empty the form and all below it, for somebody else: who it was about is nowhere."""
        self._leave_next()
        self._run.result = self._run.record = None
        self._goes_on = None
        self.form.keep = ()
        self._empty_views(_WAITING)
        initial = {field["name"]: field["value"] for field in self.form.fields}
        self._typed = {name: value if name in OF_A_POOL else "" for name, value in initial.items()}
        for field in self.form.fields:
            if field["kind"] == "choice":
                self._typed[field["name"]] = initial[field["name"]]
        self.form.errors = {}
        self.form.set_trait("result", {})
        self.form.send({"kind": "emptied", "values": self._typed})
        self.form.state = "ready"

    def _leave_next(self) -> None:
        """Take away the form that went on from here, with all that is in it."""
        self.next.children = ()
        if self._following is not None:
            self._following.close()
        self._following = None

    def close(self) -> None:
        """Take the form away, and all that goes on from it."""
        self._leave_next()
        views = (view for view, _ in self._views)
        for widget in (self.form, self.result, self.record, self.proof, *views, self._page):
            widget.close()
        self.form.on_msg(self._on_message, remove=True)
        self.form.empty()

    def _empty_views(self, markup: str) -> None:
        for view in (self.result, self.record, self.proof, *(view for view, _ in self._views)):
            view.empty(markup)

    def _fill(self, view: View, markup: str) -> None:
        view.fill(markup, mask_html(markup, self._run.output_masker()))

    def _asked(self, content: Mapping[str, Any]) -> dict[str, str]:
        username = str(content.get("username") or "").strip(UNSEEN)
        return {"kind": str(content["kind"]), "username": username}

    def _ask(self, questions: Iterable[Any]) -> None:
        """Show the questions of a result, each with the choices that the caller's answer is."""
        asked = [
            [one.words, [[choice.key, choice.words] for choice in one.choices]] for one in questions
        ]
        if asked:
            self.form.result = {**self.form.result, "questions": asked}

    def _show(self, card: Card, outcome: str, goes_on: NextRunbook | None = None) -> None:
        self._goes_on = goes_on
        rows = [[label, redact(text)] for label, text in card.rows if text]
        changes = [[redact(text) for text in change] for change in card.changes]
        effect = RUNBOOKS[self._run.name].effect
        self.form.result = {
            "title": redact(card.title),
            "rows": rows,
            "outcome": outcome,
            "changes": changes,
            "next": goes_on.name if goes_on else "",
            "next_title": RUNBOOKS[goes_on.name].title if goes_on else "",
            "tone": card.tone or ("neutral" if effect == "changes nothing" else ""),
        }

    def _rehearse(self, values: dict[str, str]) -> None:
        """Show the plan for what the form holds now; nothing is changed."""
        self.form.state = "busy"
        self._leave_next()
        plain = {name: text.strip(UNSEEN) for name, text in values.items()}
        self._typed |= plain
        try:
            plan = self._run.rehearse(plain)
            self.form.errors = errors_of(plan) if isinstance(plan, list) else {}
            if isinstance(plan, Card):
                self._show(plan, "plan")
            else:
                elsewhere = [one for one in plan if one.field not in self._typed]
                rows = [("Please correct", str(one)) for one in labelled(self._run, elsewhere)]
                self._show(Card("There is no plan for this.", tuple(rows)), "not_sent")
        finally:
            self.form.finish("ready")

    def _go_on(self) -> None:
        """Put the form of the runbook that goes on from here below this one, filled in."""
        goes_on = self._goes_on
        if goes_on is not None:
            # An administrator's runbook names no app client, so the one that the user came from is
            # handed on past it.
            client_id, given = (
                getattr(self._run.parameters, "client_id", "") or self._client_id,
                dict(goes_on.parameters),
            )
            if client_id and "client_id" in RUNBOOKS[goes_on.name].parameters.model_fields:
                given["client_id"] = given.get("client_id") or client_id
            run = RUNBOOKS[goes_on.name].runs(**given, interactive="yes")
            self._leave_next()
            self._following = InteractiveRun(run, arrive=True, client_id=client_id)
            self.next.children = (self._following._page,)


def _record_html(record: dict[str, Any]) -> str:
    """Return a record as a person reads it."""
    return f"<pre>{html.escape(json.dumps(record, indent=2, ensure_ascii=False))}</pre>"
