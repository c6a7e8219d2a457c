// What a form is drawn from: fields with their errors, the result, the practice panel. Read together with form.js.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function setValue(input, value) {
  input.value = value;
  input.dispatchEvent(new Event("input"));
}

function drawField(field, prefix, inputs) {
  const id = `${prefix}-${field.name}`;
  const choices = (field.choices ?? []).map((choice) => {
    const [value, words] = [choice].flat(); // a choice may have words of its own
    return element("option", { value, textContent: words ?? value });
  });
  const input = element(choices.length ? "select" : "input", { id, name: field.name, spellcheck: false }, ...choices);
  input.value = field.value ?? "";
  if (!choices.length) input.type = field.kind === "secret" && !field.shown ? "password" : "text";
  input.autocomplete = field.numeric ? "one-time-code" : field.kind === "secret" ? "new-password" : "off";
  if (field.numeric) input.inputMode = "numeric";
  if (field.required) input.setAttribute("aria-required", "true");
  const help = element("div", { id: `${id}-help`, className: "reset-help", textContent: field.help ?? "" });
  const error = element("div", { id: `${id}-error`, className: "reset-error" });
  input.setAttribute("aria-describedby", `${help.id} ${error.id}`);
  const row = element("div", { className: "reset-row" }, element("label", { htmlFor: id, textContent: field.label }), input);
  if (field.kind === "secret") {
    const toggle = showToggle(input, field.label, id);
    if (field.shown) input.addEventListener("reset-hidden", () => input.after(toggle));
    else row.append(toggle);
  }
  row.append(error, help);
  if (field.rules) row.append(drawRules(field.rules, input, id));
  inputs.set(field.name, { field, input, error });
  return row;
}

function showToggle(input, label, id) {
  const box = element("input", { type: "checkbox", id: `${id}-show` });
  box.addEventListener("change", () => { input.type = box.checked ? "text" : "password"; });
  input.addEventListener("reset-hidden", () => { box.checked = false; });
  const words = element("label", { htmlFor: box.id, textContent: `Show the ${label.toLowerCase()}` });
  return element("div", { className: "reset-show" }, box, words);
}

function drawRules(rules, input, id) {
  const list = element("ul", { id: `${id}-rules`, className: "reset-rules" });
  const items = rules.map((rule) => ({ rule, test: new RegExp(rule.pattern, "us"), item: element("li") }));
  list.append(...items.map(({ item }) => item));
  list.setAttribute("aria-label", "Password policy");
  const tick = () => {
    for (const { rule, test, item } of items) {
      const met = test.test(input.value);
      item.textContent = input.value ? `${met ? "✓ met:" : "✗ not yet:"} ${rule.words}` : `· ${rule.words}`;
      item.className = input.value ? (met ? "reset-met" : "reset-unmet") : "";
    }
  };
  input.addEventListener("input", tick);
  tick();
  return list;
}

// Say beside its field what the rules on the screen refuse, and return the field. Where the rules are only Cognito's
// defaults, the same password may be sent by another press: the pool's own may be laxer.
function drawWeak(inputs) {
  for (const place of inputs.values()) {
    const { field, input } = place;
    const unmet = (field.rules ?? []).filter((rule) => !new RegExp(rule.pattern, "us").test(input.value));
    if (!input.value || !unmet.length || place.warned === input.value) continue;
    const words = `needs ${unmet.map((rule) => rule.words).join(", ")}. Nothing was sent, so no try is spent.`;
    if (!field.rules_known) place.warned = input.value;
    drawErrors({ [field.name]: field.rules_known ? words : `${words} If this pool asks for less, press again.` }, inputs);
    return input;
  }
  return undefined;
}

function drawErrors(errors, inputs) {
  let first;
  for (const { input, error } of inputs.values()) {
    error.textContent = "";
    input.removeAttribute("aria-invalid");
  }
  for (const [name, words] of Object.entries(errors)) {
    const place = inputs.get(name);
    if (!place) continue; // not a field of this form: the result names it
    place.error.textContent = `Error: ${words}`;
    place.input.setAttribute("aria-invalid", "true");
  }
  for (const { input } of inputs.values()) {
    if (!first && input.getAttribute("aria-invalid")) first = input;
  }
  return first;
}

const SAY = "Tell the user";
const BRIEF = ["What to do next", "What happened", "Proof", "Note", "Please correct", "Not known"];
const AT_DESK = ["What to do next", "Note", "Please correct", "Not known"]; // at most sixty words before the next button
const COPIED = [SAY, "To agree", "Request id", "Recorded as"];

function drawRows(rows) {
  const table = element("table");
  for (const [label, text] of rows) {
    const cell = element("td", { textContent: text });
    if (COPIED.includes(label)) cell.append(" ", copyButton(label, text));
    table.append(element("tr", { className: label === SAY ? "reset-say" : "" },
      element("th", { scope: "row", textContent: label }), cell));
  }
  return table;
}

// Where the page may not use the clipboard, such as over plain HTTP, the words are selected to be copied by hand.
function copyButton(label, text) {
  const button = element("button", { type: "button", className: "reset-quiet reset-copy", textContent: "Copy" });
  button.setAttribute("aria-label", `Copy: ${label}`);
  button.setAttribute("data-lm-suppress-shortcuts", "true");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.parentElement.firstChild);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      button.textContent = document.execCommand("copy") ? "Copied" : "Selected: press Ctrl+C";
    }
  });
  return button;
}

function drawResult(result, status, brief = BRIEF) {
  status.replaceChildren();
  status.dataset.outcome = result.outcome ?? "";
  status.dataset.tone = result.tone ?? "";
  if (!result.title) return;
  const said = result.rows.filter(([label]) => label === SAY);
  const others = result.rows.filter(([label]) => label !== SAY);
  const folds = result.outcome === "confirmed";
  const rest = folds ? others.filter(([label]) => !brief.includes(label)) : [];
  status.append(element("strong", { textContent: result.title }),
    drawRows([...said, ...others.filter((row) => !rest.includes(row))]));
  if (rest.length) status.append(element("details", {}, element("summary", { textContent: "Why, and all that is known" }), drawRows(rest)));
  if (!result.changes?.length) return;
  const changes = element("table", { className: "reset-changes" }, element("tr", {}, ...["What changes", "Now", "After"].map((words) =>
    element("th", { scope: "col", textContent: words }))));
  for (const [what, now, after] of result.changes) {
    changes.append(element("tr", {}, element("th", { scope: "row", textContent: what }), element("td", { textContent: now }),
      element("td", { textContent: after })));
  }
  status.append(changes);
}

const TRAINING = "Creates a practice user with this problem and fills in the form.";

function drawTraining(cases, prefix, choose) {
  const id = `${prefix}-training`;
  const input = element("select", { id }, element("option", { value: "", textContent: "none" }),
    ...cases.map(([name, says]) => element("option", { value: name, textContent: `${name}: “${says}”` })));
  const help = element("div", { id: `${id}-help`, className: "reset-help", textContent: TRAINING });
  help.setAttribute("aria-live", "polite");
  input.setAttribute("aria-describedby", help.id);
  input.addEventListener("change", () => { if (input.value) choose(input.value); });
  const row = element("div", { className: "reset-row" }, element("label", { htmlFor: id, textContent: "Training case" }), input, help);
  const empty = () => {
    input.value = "";
    help.textContent = TRAINING;
  };
  return { row, help, empty };
}

// Have a person stand at the form: its head in view, and the focus in the first field that can be typed into.
function standAt(page, inputs, status) {
  const first = [...inputs.values()].map(({ input }) => input).find((input) => !input.matches(":disabled") && input.checkVisibility());
  (first ?? status).focus({ preventScroll: true });
  (page.closest(".reset-desk") ?? page).scrollIntoView({ block: "start" });
  const shown = first ?? status.parentElement.querySelector(":scope > button:not([hidden])") ?? status;
  shown.scrollIntoView({ block: "nearest" });
}

// What to ask the caller where words leave several causes; the answer makes the verdict.
function drawQuestions(questions, status, prefix, answer) {
  for (const [number, [words, choices]] of questions.entries()) {
    const box = element("div", { className: "reset-question", id: `${prefix}-question-${number}` });
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", words);
    box.append(element("strong", { textContent: `Ask: ${words}` }));
    for (const [key, text] of choices) {
      const button = element("button", { type: "button", className: "reset-quiet", textContent: text });
      button.setAttribute("data-lm-suppress-shortcuts", "true");
      button.addEventListener("click", () => answer(key));
      box.append(button, " ");
    }
    status.append(box);
  }
}

// JupyterLab goes on scrolling to the last cell of a Run All for three seconds after a cell has changed its size.
const RESTS_MS = 3500;

// After Run All a notebook takes the focus and goes to its last cell. Stand at the form, and go back to it as often as the
// notebook leaves it, until all cells have run and the notebook rests; or until the person does anything.
function standAfterRunAll(model, page, stand) {
  let ours, resting, coming, standing;
  let ran = false; // whether all cells have run
  const stands = () => page.contains(document.activeElement) && document.activeElement.getBoundingClientRect().bottom > 0
    && document.activeElement.getBoundingClientRect().top < innerHeight;
  const goBack = () => {
    coming = undefined;
    standing = true;
    if (!stands()) stand();
    standing = false;
    ours = page.contains(document.activeElement) ? document.activeElement : undefined;
    clearTimeout(resting);
    if (ran) resting = setTimeout(leave, RESTS_MS);
  };
  const moved = () => { coming ??= requestAnimationFrame(goBack); };
  const focused = ({ target }) => {
    if (standing) return;
    if (ours?.isConnected && target !== ours && page.contains(target)) leave();
    else moved();
  };
  const begun = ["pointerdown", "keydown", "wheel", "touchstart"];
  const leave = () => {
    clearTimeout(resting);
    cancelAnimationFrame(coming);
    sizes.disconnect();
    begun.forEach((kind) => document.removeEventListener(kind, leave, true));
    document.removeEventListener("focusin", focused, true);
    document.removeEventListener("scroll", moved, true);
  };
  const begin = () => {
    document.addEventListener("focusin", focused, true);
    document.addEventListener("scroll", moved, true);
    begun.forEach((kind) => document.addEventListener(kind, leave, true));
    moved();
    // The kernel answers in turn: after all the cells that were sent to it before.
    const answered = model.widget_manager?.kernel?.requestKernelInfo() ?? Promise.resolve();
    answered.catch(() => {}).then(() => {
      ran = true;
      moved();
    });
  };
  // Other cells grow beside it. What is far from the window has no size of its own to observe.
  const sizes = new ResizeObserver(moved);
  // It is drawn before it is put into the notebook.
  const there = new MutationObserver(() => arrive());
  function arrive() {
    if (!page.isConnected) return;
    there.disconnect();
    const notebook = page.closest(".jp-Notebook");
    if (!notebook) return;
    notebook.querySelectorAll(".jp-Cell").forEach((cell) => sizes.observe(cell));
    begin();
  }
  there.observe(document.body, { childList: true, subtree: true });
  arrive();
  return () => {
    there.disconnect();
    leave();
  };
}

// A result is in the notebook's file as soon as it is there, where the page lets itself be told to save; elsewhere the
// notebook saves itself after a while.
function saveNotebook(el) {
  const app = window.jupyterapp;
  setTimeout(() => {
    const shown = app?.shell.currentWidget;
    if (shown?.node.contains(el) && shown.context?.model.dirty) app.commands.execute("docmanager:save");
  }, 500); // what is kept comes a moment after what is shown
}

// What an agent cannot see of a real user, to practise with: how the user stands, the mailbox, the clock.
function drawPractice(ask, requestsCodes) {
  const section = element("section", { className: "reset-practice" });
  section.setAttribute("aria-label", "Practice");
  const standing = element("div");
  const mail = element("div");
  mail.setAttribute("aria-live", "polite");
  const buttons = element("div", { className: "reset-actions" });
  const press = (kind, words) => {
    const button = element("button", { type: "button", className: "reset-quiet", textContent: words });
    button.addEventListener("click", () => ask(kind));
    buttons.append(button, " ");
  };
  press("here", "Look again");
  if (requestsCodes) press("request", "Request a code, as the user");
  press("hour", "An hour later");
  section.append(element("strong", { textContent: "Practice: the user's side" }), standing,
    element("strong", { textContent: "The newest message" }), mail, buttons);
  const lines = (pairs) => pairs.map(([label, text]) => element("div", { textContent: `${label}: ${text}` }));
  const show = ({ mail: newest, note, user, clock }) => {
    const known = user
      ? [["Status", `${user.status}${user.enabled ? "" : ", disabled"}`],
        ["Tries left in this hour", `${user.tries_left} of ${user.tries_allowed}`]]
      : [["Status", "the sandbox knows no such user"]];
    standing.replaceChildren(...(clock ? lines([...known, ["Clock", clock]]) : []));
    mail.replaceChildren(...(newest
      ? lines([[newest.subject ? "From" : "Text message from", newest.sender], ["To", newest.destination], ["At", newest.sent_at],
        ["Subject", newest.subject]].filter(([, text]) => text))
      : []));
    mail.append(element("p", { textContent: newest ? newest.body : "No message to this user." }));
    if (newest) mail.append(element("div", { textContent: newest.live ? "This code is good." : "This code is used up or too old." }));
    if (note) mail.append(element("div", { textContent: note }));
  };
  return { section, show };
}
