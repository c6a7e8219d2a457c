// The head of the desk: which pool, which case, who is calling and what they say; the accounts to choose from; then one
// line for each step that is behind. The step itself is a form below it (form.js). All that is shown comes by message.

const TITLES = { who: "Who is calling?", which: "Which account is it?", agree: "Do you agree to a colleague's change?", step: "" };
const TAKEN_UP_MS = 6000;

function render({ model, el }) {
  const prefix = `desk-${Math.random().toString(36).slice(2)}`;
  const page = element("section", { className: "reset-page reset-head" });
  page.setAttribute("aria-label", "The desk");
  el.append(page);
  let shown = { at: "", values: {}, errors: {}, matches: [], lines: [], before: [] };
  let waiting;
  let stands = false; // whether a person has asked for what comes next, so that it takes the focus
  const send = (content) => {
    try {
      model.send({ turn: model.get("turn"), ...content });
    } catch {
      // The line to the kernel is cut; that no answer comes is told below.
    }
  };
  const ask = (content, words) => {
    stands = true;
    page.querySelectorAll("fieldset").forEach((each) => { each.disabled = true; });
    status.textContent = words;
    status.hidden = false;
    status.focus();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      status.textContent = "No answer from the kernel yet. What you pressed is queued: it may still be done. "
        + "If nothing comes within a minute, reload the page or choose Run, then Run All Cells.";
    }, TAKEN_UP_MS);
    send(content);
  };

  const where = element("p", { className: "reset-where" });
  const lines = element("ol", { className: "reset-lines" });
  lines.setAttribute("aria-label", "Steps of this case");
  const body = element("div", { className: "reset-body" });
  const status = element("div", { className: "reset-busy", hidden: true, tabIndex: -1 });
  status.setAttribute("role", "status");
  const before = element("div", { className: "reset-before" });
  const stop = element("details", { className: "reset-stop" });
  const caller = element("button", { type: "button", className: "reset-quiet", textContent: "Next caller" });
  caller.addEventListener("click", () => ask({ kind: "next-caller" }, "Emptying the desk…"));
  const second = element("button", { type: "button", className: "reset-quiet reset-second", textContent: "Agree to a colleague's change" });
  second.addEventListener("click", () => ask({ kind: "waiting" }, "Looking for what waits…"));
  const bar = element("div", { className: "reset-bar" }, where, stop, second, caller);
  page.append(bar, lines, body, status, before);

  const pool = (name) => model.get("pools").find((each) => each.name === name) ?? model.get("pools")[0];

  function drawPool(named) {
    const { label, production, practice, hand_over: whom } = named;
    where.textContent = practice ? "Practice: nothing here touches a real account" : [`Pool ${label}`, shown.signer].filter(Boolean).join(" · ");
    bar.classList.toggle("reset-production", production);
    stop.replaceChildren(element("summary", { textContent: "When to stop" }),
      element("div", { className: "reset-signs" },
        element("p", { textContent: "If the caller" }),
        element("ul", {}, ...model.get("stop").map(([sign, why]) => element("li", { textContent: `${sign}: ${why}.` }))),
        element("p", { textContent: `Then do nothing more, and hand over to ${whom}.` })));
  }

  function drawWho() {
    const inputs = new Map();
    const pools = model.get("pools");
    const choice = { name: "pool", label: "Pool", kind: "choice", choices: pools.map(({ name, label }) => [name, label]), value: pool(shown.values.pool).name };
    const fieldset = element("fieldset", {}, element("legend", { textContent: TITLES.who }));
    const training = drawTraining(model.get("training"), prefix, (name) => ask({ kind: "train", case: name }, "Preparing the case…"));
    if (model.get("training").length && pool(choice.value).practice) fieldset.append(training.row);
    const row = element("div", { className: "reset-two" },
      drawField(choice, prefix, inputs),
      drawField({ name: "case_number", label: "Case number", value: shown.values.case_number, required: pool(choice.value).case_number,
        help: "It is kept with each step." }, prefix, inputs));
    fieldset.append(row,
      drawField({ name: "whom", label: "Who is calling?", value: shown.values.whom,
        help: "Username, e-mail, phone or sub, or how it begins. Leave empty to go by what they say alone." }, prefix, inputs),
      drawField({ name: "said", label: "What do they say?", value: shown.values.said,
        help: "The words on their screen, or their own. No codes, no passwords." }, prefix, inputs),
      element("div", { className: "reset-actions" }, element("button", { type: "submit", textContent: "Find out" })));
    inputs.get("pool").input.addEventListener("change", ({ target }) => {
      drawPool(pool(target.value));
      training.row.hidden = !pool(target.value).practice;
    });
    const form = element("form", { className: "reset-form", method: "dialog", noValidate: true, autocomplete: "off" }, fieldset);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (fieldset.disabled) return;
      const values = Object.fromEntries([...inputs].map(([name, { input }]) => [name, input.value]));
      ask({ kind: "open", values }, "Working: asking Cognito…");
    });
    body.replaceChildren(form);
    const first = drawErrors(shown.errors, inputs);
    return first ?? inputs.get("whom").input;
  }

  function drawWhich() {
    const fieldset = element("fieldset", {}, element("legend", { textContent: TITLES.which }),
      element("p", { textContent: "Several accounts fit. Ask the caller for the whole address or number; do not read out what is here." }));
    const list = element("ul", { className: "reset-matches" });
    for (const [number, [username, how, words]] of shown.matches.entries()) {
      const button = element("button", { type: "button", className: "reset-quiet", textContent: username });
      button.addEventListener("click", () => ask({ kind: "pick", number }, "Working: asking Cognito…"));
      list.append(element("li", {}, button, element("div", { className: "reset-help", textContent: `${how}: ${words}` })));
    }
    fieldset.append(list);
    if (shown.more) fieldset.append(element("p", { textContent: "There may be more: ask for more of the name." }));
    body.replaceChildren(element("div", { className: "reset-form" }, fieldset));
    return list.querySelector("button");
  }

  // A second person, under an account of their own, sees what a colleague asks for and agrees to it.
  function drawAgree() {
    const { waiting, plan, banner, signed, errors, said } = shown.agree;
    const inputs = new Map();
    const quiet = (words, content, then) => {
      const button = element("button", { type: "button", className: "reset-quiet", textContent: words });
      button.addEventListener("click", () => ask(content, then));
      return button;
    };
    const look = quiet("Look again", { kind: "waiting" }, "Looking for what waits…");
    const back = quiet("Back to the desk", { kind: "next-caller" }, "Emptying the desk…");
    const fieldset = element("fieldset", {}, element("legend", { textContent: TITLES.agree }));
    fieldset.classList.toggle("reset-production", Boolean(banner));
    if (said) fieldset.append(element("p", { className: "reset-said", textContent: said }));
    if (banner) fieldset.append(element("p", { className: "reset-where", textContent: banner }));
    if (!plan.length) {
      const list = element("ul", { className: "reset-matches" }, ...waiting.map(([title, words], number) => element("li", {},
        quiet(title, { kind: "plan", number }, "Reading the plan…"), element("div", { className: "reset-help", textContent: words }))));
      fieldset.append(waiting.length ? list : element("p", { textContent: "Nothing waits for you. A change waits for an hour, under another account than yours." }),
        element("div", { className: "reset-actions" }, look, " ", back));
      body.replaceChildren(element("div", { className: "reset-form" }, fieldset));
      return body.querySelector("button");
    }
    fieldset.append(element("div", { className: "reset-status" }, drawRows(plan)),
      drawField({ name: "username", label: "Whom is it about?", required: true, help: "The username, as your colleague told you. It is compared, and not kept." }, prefix, inputs));
    if (signed) fieldset.append(drawField({ name: "profile", label: "Your AWS profile", help: "Leave empty to sign as shown above." }, prefix, inputs));
    fieldset.append(element("div", { className: "reset-actions" }, element("button", { type: "submit", textContent: "Agree to this change" }), " ", back));
    const form = element("form", { className: "reset-form", method: "dialog", noValidate: true, autocomplete: "off" }, fieldset);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (fieldset.disabled) return;
      const values = Object.fromEntries([...inputs].map(([name, { input }]) => [name, input.value]));
      ask({ kind: "agree", values }, "Agreeing…");
    });
    body.replaceChildren(form);
    return drawErrors(errors, inputs) ?? inputs.get("username").input;
  }

  function drawCase() {
    const { values, whom } = shown;
    const about = [values.case_number && `Case ${values.case_number}`, whom || values.whom, values.said && `“${values.said}”`].filter(Boolean);
    lines.replaceChildren(...[["Caller", about.join(" · ")], ...shown.lines].map(([step, ended]) =>
      element("li", { title: ended }, element("strong", { textContent: `${step}: ` }), ended)));
    lines.hidden = shown.at !== "step";
    before.replaceChildren();
    if (shown.at !== "step" || !shown.called) return;
    const [newest, ...older] = shown.before;
    before.append(element("strong", { textContent: "Done before for this user: " }), newest ? `${newest}. ` : "nothing in this journal. ");
    if (!older.length) return;
    before.append(element("details", {}, element("summary", { textContent: `${older.length} more, for ${shown.called}` }),
      element("ul", {}, ...older.map((each) => element("li", { textContent: each })))));
  }

  function draw() {
    clearTimeout(waiting);
    status.hidden = true;
    page.querySelectorAll("fieldset").forEach((each) => { each.disabled = false; });
    drawPool(pool(shown.values.pool));
    drawCase();
    page.dataset.at = shown.at;
    const first = { who: drawWho, which: drawWhich, agree: drawAgree, step: () => body.replaceChildren() }[shown.at]();
    caller.hidden = shown.at === "agree" || (shown.at === "who" && !shown.values.whom);
    second.hidden = !model.get("agrees") || shown.at !== "who";
    status.textContent = shown.failed;
    status.hidden = !shown.failed;
    page.querySelectorAll("input, select, button, summary, [tabindex]").forEach((each) => {
      each.setAttribute("data-lm-suppress-shortcuts", "true");
    });
    if (shown.at === "agree") {
      where.textContent = "The second person";
      bar.classList.toggle("reset-production", Boolean(shown.agree.banner));
    }
    if (TITLES[shown.at]) document.title = `${TITLES[shown.at]} · Desk`;
    // A step takes the focus itself.
    if (!stands || shown.at === "step") return;
    stands = false;
    stand(first);
  }
  function stand(first) {
    first?.focus({ preventScroll: true });
    page.scrollIntoView({ block: "start" });
    first?.scrollIntoView({ block: "nearest" });
  }

  page.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key !== "Enter" || !["INPUT", "BUTTON"].includes(target.tagName)) return;
    event.preventDefault();
    if (event.repeat) return;
    if (target.tagName === "INPUT") target.form.requestSubmit();
    else target.click();
  });
  function heard(content) {
    if (content.kind !== "shown") return;
    shown = content;
    draw();
  }
  model.on("msg:custom", heard);
  send({ kind: "drawn" });
  const leave = standAfterRunAll(model, page, () => {
    if (shown.at === "who") stand(body.querySelector("[name=whom]"));
  });
  return () => {
    leave();
    clearTimeout(waiting);
    model.off("msg:custom", heard);
  };
}

export default { render };
