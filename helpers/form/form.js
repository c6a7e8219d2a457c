// The form of a runbook. What is typed into a secret field stays in the page until the button is pressed, goes to the
// kernel in one message, and is emptied at once; it is never part of the widget's state. Neither are errors and results:
// the kernel sends them.

const TAKEN_UP_MS = 6000; // how long a kernel may take to say that it has begun
const PATIENCE_MS = 5000; // after this a person may stop waiting
const PULSE_MS = 3000; // how long a kernel whose line was cut may take to say that it is there

function render({ model, el }) {
  // Every form on a page is drawn by a module of its own, so a count would give two of them the same ids.
  const prefix = `reset-form-${Math.random().toString(36).slice(2)}`;
  const inputs = new Map();
  const arriving = model.get("arrive");
  const atDesk = model.get("at_desk");
  let said = { errors: {}, result: {}, keep: [] };
  let held = new Map(); // secrets of the press under way: what is still good goes back into its field
  const fieldset = element("fieldset");
  fieldset.append(element("legend", { textContent: model.get("title") }));
  if (model.get("where")) fieldset.append(element("p", { className: "reset-where", textContent: model.get("where") }));
  fieldset.classList.toggle("reset-production", model.get("production"));
  const training = drawTraining(model.get("training"), prefix, (name) => send({ kind: "train", turn: model.get("turn"), case: name }));
  if (model.get("training").length) fieldset.append(training.row);
  // At the desk the case knows whom and which pool it is about: one line to open.
  const known = element("details", { className: "reset-known" }, element("summary", { textContent: "User and pool, as the case has them" }));
  for (const field of model.get("fields")) {
    const row = drawField(field, prefix, inputs);
    (atDesk && KNOWN.includes(field.name) ? known : fieldset).append(row);
  }
  if (known.children.length > 1) fieldset.append(known);
  const button = element("button", { type: "submit", textContent: model.get("button") });
  const again = element("button", { type: "button", className: "reset-quiet", textContent: "Do another one", hidden: true });
  const next = element("button", { type: "button", hidden: true });
  const stop = element("button", { type: "button", textContent: "Stop waiting", hidden: true });
  const status = element("div", { className: "reset-status", tabIndex: -1 });
  status.setAttribute("role", "status");
  status.setAttribute("aria-live", "polite");
  const plan = element("button", { type: "button", className: "reset-quiet", textContent: "Show the plan" });
  fieldset.append(element("div", { className: "reset-actions" }, button, " ", plan));
  // method: should this script fail, the browser must not send what was typed as part of an address.
  const form = element("form", { className: "reset-form", method: "dialog", noValidate: true, autocomplete: "off" },
    fieldset, status, next, again, stop);
  // What the form before has handed on comes by message; until then this one is not to be seen.
  const page = element("div", { className: "reset-page", hidden: arriving }, form);
  el.append(page);

  const send = (content) => {
    try {
      model.send(content);
    } catch {
      // The line to the kernel is cut; that no answer comes is told below.
    }
  };
  const ask = (kind) => send({ kind, username: inputs.get("username")?.input.value ?? "" });
  const practice = model.get("practice") ? drawPractice(ask, model.get("requests_codes")) : undefined;
  if (practice) {
    page.append(practice.section);
    inputs.get("username").input.addEventListener("change", () => ask("here"));
  }
  // JupyterLab takes single letters for its commands, such as b for a new cell and d d to delete one, unless the very
  // element that has the focus says that its keys are its own.
  page.querySelectorAll("input, select, button, [tabindex]").forEach((each) => {
    each.setAttribute("data-lm-suppress-shortcuts", "true");
  });

  let ticking, pulse;
  let takenUp = false;
  let startsAgain = false;
  const emptySecrets = () => {
    for (const { field, input } of inputs.values()) {
      if (field.kind === "secret") setValue(input, "");
    }
  };
  // What Cognito has not used up need not be asked for again. It comes back hidden, whatever its field showed.
  const giveBack = (names) => {
    for (const name of names) {
      if (!held.get(name)) continue;
      const { input } = inputs.get(name);
      setValue(input, held.get(name));
      input.type = "password";
      input.dispatchEvent(new Event("reset-hidden"));
    }
    held = new Map();
  };

  // What had the focus while it was one line is not scrolled to by having it again.
  function bringIntoView() {
    if (document.activeElement === status) status.scrollIntoView({ block: "nearest" });
  }

  function rest() {
    clearInterval(ticking);
    ticking = undefined;
    stop.hidden = true;
  }

  function busy() {
    if (ticking) return;
    fieldset.disabled = true;
    next.hidden = true;
    const started = Date.now();
    const words = element("span", { textContent: "Working: asking Cognito…" });
    const seconds = element("span"); // not announced: a screen reader would count along aloud
    seconds.setAttribute("aria-hidden", "true");
    const giveUp = element("div");
    drawResult({}, status);
    status.append(words, seconds, giveUp);
    ticking = setInterval(() => {
      const waited = Date.now() - started;
      if (!takenUp && waited > TAKEN_UP_MS) {
        rest();
        drawResult(NOT_TAKEN_UP, status);
        return bringIntoView();
      }
      if (waited < 3000) return;
      if (seconds.textContent === "") words.textContent = "Working: still waiting for an answer";
      seconds.textContent = ` (${Math.round(waited / 1000)} s)…`;
      if (!stop.hidden || !takenUp || waited < PATIENCE_MS) return;
      stop.hidden = false;
      // The kernel works for a form beside its cells, where no interrupt gets in.
      giveUp.textContent = "To give up, press Stop waiting: interrupting the kernel may not reach this call.";
      if (document.activeElement === status) stop.scrollIntoView({ block: "nearest" });
    }, 1000);
  }

  // A notebook page cancels the line break that Enter would be, and with it what browsers do for it.
  page.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key !== "Enter" || target.type === "checkbox" || !["INPUT", "BUTTON"].includes(target.tagName)) return;
    event.preventDefault();
    if (event.repeat) return;
    if (target.tagName === "INPUT") form.requestSubmit();
    else target.click();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (fieldset.disabled) return;
    const weak = drawWeak(inputs);
    if (weak) return weak.focus();
    const values = Object.fromEntries([...inputs].map(([name, { input }]) => [name, input.value]));
    held = new Map([...inputs].filter(([, { field }]) => field.kind === "secret").map(([name, { input }]) => [name, input.value]));
    emptySecrets();
    takenUp = false;
    busy();
    // What is disabled loses the focus, and the next key would be a command to the notebook.
    status.focus();
    send({ kind: "submit", turn: model.get("turn"), values });
  });
  // What is typed into a secret field stays here: a plan does without.
  const openValues = () => {
    const open = [...inputs].filter(([, { field }]) => field.kind !== "secret");
    return Object.fromEntries(open.map(([name, { input }]) => [name, input.value]));
  };
  plan.addEventListener("click", () => {
    takenUp = false;
    busy();
    status.focus();
    send({ kind: "plan", turn: model.get("turn"), values: openValues() });
  });
  // The kernel puts a form for that pool in the place of this one.
  if (!atDesk) inputs.get("pool")?.input.addEventListener("change", () => {
    emptySecrets();
    send({ kind: "pool", turn: model.get("turn"), values: openValues() });
  });
  next.addEventListener("click", () => send({ kind: "next", turn: model.get("turn") }));
  again.addEventListener("click", () => {
    startsAgain = true;
    send({ kind: "again", turn: model.get("turn") });
  });
  stop.addEventListener("click", () => {
    rest();
    drawResult(givenUp(model.get("verify_hint")), status);
    status.focus();
  });

  // One place draws what the kernel says; `turn` is the last thing that it sets after a press.
  function draw(finished) {
    const state = model.get("state");
    takenUp = true;
    clearTimeout(pulse);
    if (state === "busy") return busy();
    rest();
    // Who has gone elsewhere meanwhile, or looks at another tab, is not called back.
    const attending = finished && (page.contains(document.activeElement) || document.activeElement === document.body);
    fieldset.disabled = state === "done";
    again.hidden = state !== "done" || atDesk;
    fieldset.hidden = state === "done" && atDesk;
    if (state === "done") emptySecrets(); // what another tab may have sent was typed here too
    if (finished) giveBack(said.keep);
    drawResult(said.result, status, atDesk ? AT_DESK : BRIEF);
    status.querySelectorAll("summary").forEach((each) => each.setAttribute("data-lm-suppress-shortcuts", "true"));
    const goesOn = said.result.next;
    next.textContent = atDesk ? `Go on: ${said.result.next_title}` : `Go on with ${goesOn}, here`;
    next.hidden = !goesOn;
    if (state === "done") drawQuestions(said.result.questions ?? [], status, prefix, (key) => {
      takenUp = false;
      busy();
      status.focus();
      send({ kind: "answer", turn: model.get("turn"), key });
    });
    if (atDesk) document.title = `${state === "done" ? "Result" : "Step"}: ${model.get("title")} · Desk`;
    const first = drawErrors(said.errors, inputs);
    known.open ||= [...known.querySelectorAll("[aria-invalid]")].length > 0;
    if (attending) (first ?? status).focus();
    if (attending && atDesk) standAt(page, inputs, status);
    if (startsAgain && state === "ready") {
      startsAgain = false;
      standAt(page, inputs, status);
    }
    bringIntoView();
    if (finished && practice) ask("here");
    if (finished && said.result.title) saveNotebook(el);
  }
  const finished = () => draw(true);
  const changed = () => draw(false);

  // The line to the kernel was cut, or made again: ask whether it is still the one that this form belongs to.
  function doubt() {
    clearTimeout(pulse);
    pulse = setTimeout(() => {
      const atWork = model.get("state") === "busy";
      const attending = page.contains(document.activeElement);
      rest();
      emptySecrets();
      held = new Map();
      fieldset.disabled = true;
      again.hidden = next.hidden = true;
      if (practice) practice.section.hidden = true;
      const { title } = said.result;
      const last = title ? [["Its last result", title]] : [];
      drawResult(atWork ? stoppedAtWork(model.get("verify_hint")) : { ...NOT_ALIVE, rows: [...last, ...NOT_ALIVE.rows] }, status);
      if (attending) status.focus();
      bringIntoView();
    }, PULSE_MS);
    ask("here");
  }
  function fillIn(values) {
    for (const [name, value] of Object.entries(values)) if (inputs.has(name)) setValue(inputs.get(name).input, value);
  }
  function drawn(values) {
    // A page that is loaded again shows what belongs to the result below, not what the notebook begins with. What a
    // person has typed before the kernel could answer stays.
    const untouched = ([name]) => inputs.get(name)?.input.value === (inputs.get(name)?.field.value ?? "");
    fillIn(Object.fromEntries(Object.entries(values).filter(untouched)));
    if (page.hidden) {
      page.hidden = false;
      known.open = [...known.querySelectorAll("input")].some((input) => !input.value && input.name !== "client_id");
      draw(false);
      standAt(page, inputs, status);
      if (practice) ask("here");
    }
    if (!ticking) draw(false); // who has pressed the button meanwhile waits for that
  }
  function heard(content) {
    if (content.kind === "trained") {
      fillIn(content.values);
      training.help.textContent = content.failed || `${content.values.username} is in the sandbox now, and the fields are filled in.`;
      if (practice) ask("here");
    }
    if (content.kind === "shown") {
      said = content;
      if (content.page === prefix) drawn(content.values);
    }
    if (content.kind === "emptied") {
      fillIn(content.values);
      page.querySelectorAll(".reset-show input:checked").forEach((box) => box.click());
      training.empty();
      if (practice) practice.show({});
    }
    if (content.kind !== "here") return;
    if (practice) practice.section.hidden = false;
    if (practice) practice.show(content);
    if (pulse) draw(false);
    pulse = undefined;
  }

  model.on("change:turn", finished);
  model.on("change:state", changed);
  model.on("msg:custom", heard);
  model.on("comm_live_update", doubt);
  draw(false);
  send({ kind: "drawn", page: prefix });
  if (practice && !arriving) ask("here");
  const leave = arriving ? () => {} : standAfterRunAll(model, page, () => standAt(page, inputs, status));
  return () => {
    leave();
    rest();
    clearTimeout(pulse);
    model.off("change:turn", finished);
    model.off("change:state", changed);
    model.off("msg:custom", heard);
    model.off("comm_live_update", doubt);
  };
}

const KNOWN = ["username", "pool", "target", "region", "profile", "user_pool_id", "client_id", "case_number"];
const NEW_FORM = "choose Run, then Run All Cells (on a page without that menu, reload it): a new form takes this one's place.";
const NOT_TAKEN_UP = {
  title: "No answer from the notebook's kernel.",
  outcome: "unknown",
  rows: [
    ["What happened", `For ${TAKEN_UP_MS / 1000} seconds it has not taken this up: it is busy, the line to it is cut, or it was stopped.`],
    ["What it means", "Nothing was sent so far. Your press is queued: it may still be carried out when the kernel or the line is back."],
    ["What to do next", `Wait a minute; the answer then shows here. If none comes: where the server was stopped, start it again; then ${NEW_FORM}`],
  ],
};
const NOT_ALIVE = {
  title: "This form is no longer alive.",
  outcome: "unknown",
  rows: [
    ["What happened", "The notebook's kernel, which this form belongs to, was restarted or stopped."],
    ["What it means", "Nothing more can be sent with it. What was typed is gone."],
    ["What to do next", `To go on, ${NEW_FORM}`],
  ],
};
const stoppedAtWork = (checkFirst) => ({
  title: "Unknown: the notebook's kernel stopped while it was working.",
  outcome: "unknown",
  rows: [
    ["What happened", "It was restarted or stopped after the button was pressed, and can no longer tell what Cognito said."],
    ["What it means", "The call may have been sent, and may have been carried out."],
    ["What to do next", `${checkFirst} To go on, ${NEW_FORM}`],
  ],
});
const givenUp = (checkFirst) => ({
  title: "You have stopped waiting; the call is still under way.",
  outcome: "unknown",
  rows: [
    ["What it means", "A call that was sent cannot be taken back: it may be carried out already, or in a moment."],
    ["What to do next", checkFirst],
    ["Note", "If the answer still comes, it is shown here, and the form can be used again."],
  ],
});

export default { render };
