// The form of a runbook. What is typed into a secret field stays in the page until the button is pressed, goes to the
// kernel in one message, and is emptied at once; it is never part of the widget's state.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

let forms = 0;

function render({ model, el }) {
  const prefix = `reset-form-${++forms}`;
  const inputs = new Map();
  const fieldset = element("fieldset");
  fieldset.append(element("legend", { textContent: model.get("title") }));
  for (const field of model.get("fields")) {
    fieldset.append(drawField(field, prefix, inputs));
  }
  const button = element("button", { type: "submit", textContent: model.get("button") });
  const again = element("button", { type: "button", textContent: "Do another one", hidden: true });
  const status = element("div", { className: "reset-status", tabIndex: -1 });
  status.setAttribute("role", "status");
  status.setAttribute("aria-live", "polite");
  fieldset.append(element("div", { className: "reset-actions" }, button));
  const form = element("form", { className: "reset-form", noValidate: true, autocomplete: "off" }, fieldset, again, status);
  // JupyterLab takes single letters for its commands unless an element says that its keys are its own.
  form.setAttribute("data-lm-suppress-shortcuts", "true");
  el.append(form);

  let ticking;
  function busy() {
    fieldset.disabled = true;
    const started = Date.now();
    const tell = () => {
      const seconds = Math.round((Date.now() - started) / 1000);
      status.textContent = seconds < 3 ? "Working: asking Cognito…" : `Working: still waiting for an answer (${seconds} s)…`;
    };
    clearInterval(ticking);
    ticking = setInterval(tell, 1000);
    tell();
  }

  // A notebook page cancels the line break that Enter would be, and with it the browser's own submitting.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || event.target.type === "checkbox") return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (fieldset.disabled) return;
    const values = {};
    for (const [name, { field, input }] of inputs) {
      values[name] = input.value;
      if (field.kind === "secret") {
        input.value = "";
        input.dispatchEvent(new Event("input"));
      }
    }
    busy();
    model.send({ kind: "submit", turn: model.get("turn"), values });
  });
  again.addEventListener("click", () => model.send({ kind: "again", turn: model.get("turn") }));

  // One place draws what the kernel says; `turn` is the last thing that it sets after a press.
  function draw(moveFocus) {
    const state = model.get("state");
    if (state === "busy") return busy();
    clearInterval(ticking);
    fieldset.disabled = state === "done";
    again.hidden = state !== "done";
    drawResult(model.get("result"), status);
    const first = drawErrors(model.get("errors"), inputs);
    if (moveFocus) (first ?? status).focus();
  }
  const finished = () => draw(true);
  const changed = () => draw(false);
  model.on("change:turn", finished);
  model.on("change:state", changed);
  draw(false);
  return () => {
    clearInterval(ticking);
    model.off("change:turn", finished);
    model.off("change:state", changed);
  };
}

function drawField(field, prefix, inputs) {
  const id = `${prefix}-${field.name}`;
  const input = element("input", { id, name: field.name, value: field.value ?? "", spellcheck: false });
  input.type = field.kind === "secret" && !field.shown ? "password" : "text";
  input.autocomplete = field.numeric ? "one-time-code" : field.kind === "secret" ? "new-password" : "off";
  if (field.numeric) input.inputMode = "numeric";
  if (field.required) input.setAttribute("aria-required", "true");
  const help = element("div", { id: `${id}-help`, className: "reset-help", textContent: field.help ?? "" });
  const error = element("div", { id: `${id}-error`, className: "reset-error" });
  input.setAttribute("aria-describedby", `${help.id} ${error.id}`);
  const row = element("div", { className: "reset-row" }, element("label", { htmlFor: id, textContent: field.label }), input);
  if (field.kind === "secret" && !field.shown) row.append(showToggle(input, field.label, id));
  row.append(error, help);
  if (field.rules) row.append(drawRules(field.rules, input, id));
  inputs.set(field.name, { field, input, error });
  return row;
}

function showToggle(input, label, id) {
  const box = element("input", { type: "checkbox", id: `${id}-show` });
  box.addEventListener("change", () => { input.type = box.checked ? "text" : "password"; });
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

function drawResult(result, status) {
  status.replaceChildren();
  status.dataset.outcome = result.outcome ?? "";
  if (!result.title) return;
  const table = element("table");
  for (const [label, text] of result.rows) {
    table.append(element("tr", {}, element("th", { scope: "row", textContent: label }), element("td", { textContent: text })));
  }
  status.append(element("strong", { textContent: result.title }), table);
}

export default { render };
