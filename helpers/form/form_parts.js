// What a form is drawn from: fields with their errors, the result, the practice panel. Read together with form.js.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function drawField(field, prefix, inputs) {
  const id = `${prefix}-${field.name}`;
  const choices = (field.choices ?? []).map((value) => element("option", { value, textContent: value }));
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
    table.append(element("tr", { className: label === "Tell the user" ? "reset-say" : "" },
      element("th", { scope: "row", textContent: label }), element("td", { textContent: text })));
  }
  status.append(element("strong", { textContent: result.title }), table);
  if (!result.changes?.length) return;
  const changes = element("table", { className: "reset-changes" }, element("tr", {}, ...["What changes", "Now", "After"].map((words) =>
    element("th", { scope: "col", textContent: words }))));
  for (const [what, now, after] of result.changes) {
    changes.append(element("tr", {}, element("th", { scope: "row", textContent: what }), element("td", { textContent: now }),
      element("td", { textContent: after })));
  }
  status.append(changes);
}

function drawTraining(cases, prefix, choose) {
  const id = `${prefix}-training`;
  const input = element("select", { id }, element("option", { value: "", textContent: "none" }),
    ...cases.map(([name, says]) => element("option", { value: name, textContent: `${name}: “${says}”` })));
  const help = element("div", { id: `${id}-help`, className: "reset-help",
    textContent: "Practice: puts this user in trouble into the sandbox, as new, and fills in the fields below." });
  help.setAttribute("aria-live", "polite");
  input.setAttribute("aria-describedby", help.id);
  input.addEventListener("change", () => { if (input.value) choose(input.value); });
  return { row: element("div", { className: "reset-row" }, element("label", { htmlFor: id, textContent: "Training case" }), input, help), help };
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
      ? lines([["From", newest.sender], ["To", newest.destination], ["At", newest.sent_at], ["Subject", newest.subject]])
      : []));
    mail.append(element("p", { textContent: newest ? newest.body : "No message to this user." }));
    if (newest) mail.append(element("div", { textContent: newest.live ? "This code is good." : "This code is used up or too old." }));
    if (note) mail.append(element("div", { textContent: note }));
  };
  return { section, show };
}
