// Pieces of a lesson: a password to try, a clock to move, a story to step through. What is typed or moved here stays in
// this page: nothing is sent to the kernel and nothing enters the widget's state, so a piece outlives its kernel too.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function render({ model, el }) {
  const facts = model.get("facts");
  const page = element("div", { className: "piece" });
  // A notebook page cancels the line break that Enter would be, and with it what browsers do for it.
  page.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.repeat || !["BUTTON", "SUMMARY"].includes(event.target.tagName)) return;
    event.preventDefault();
    event.target.click();
  });
  // Each piece is a module of its own to the page, so that none could count the others.
  page.append(...DRAW[model.get("kind")](facts, `piece-${Math.random().toString(36).slice(2)}`));
  // JupyterLab takes arrows and letters for its commands, unless the very element that has the focus says that its keys
  // are its own.
  page.querySelectorAll("input, button, summary, [tabindex]").forEach((each) => {
    each.setAttribute("data-lm-suppress-shortcuts", "true");
  });
  el.append(page);
}

// What has changed, for whoever listens; said once the hand has come to rest.
function drawStatus() {
  const status = element("div", { className: "piece-status" });
  status.setAttribute("role", "status");
  let waiting;
  const say = (text) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (status.textContent !== text) status.textContent = text; }, 400);
  };
  return { status, say };
}

// The table is the same as where nothing can be tried; the row that is meant just now is marked.
function drawTable({ title, headings, rows }, folded) {
  const head = element("tr", {}, ...headings.map((text) => element("th", { scope: "col", textContent: text })));
  const lines = rows.map((cells) => element("tr", {}, ...cells.map((text) => element("td", { textContent: text }))));
  const table = element("table", {}, element("caption", { textContent: title }), element("thead", {}, head),
    element("tbody", {}, ...lines));
  const wide = element("div", { className: "piece-wide", tabIndex: 0 }, table);
  wide.setAttribute("role", "region");
  wide.setAttribute("aria-label", title);
  const mark = (numbers) => lines.forEach((line, number) => {
    const here = numbers.includes(number);
    if (here) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
    line.firstChild.textContent = `${here ? "▶ " : ""}${rows[number][0]}`;
  });
  const summary = element("summary", { textContent: "All of it as a table" });
  return { drawn: folded ? element("details", {}, summary, wide) : wide, mark };
}

function drawPolicy({ rules, table }, id) {
  const input = element("input", { id, type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: false });
  input.setAttribute("aria-describedby", `${id}-note`);
  const note = element("div", { id: `${id}-note`, textContent: "None that you use. It stays in this page." });
  const list = element("ul", { className: "piece-rules" });
  list.setAttribute("aria-label", "Rules");
  const items = rules.map(({ words, pattern }) => ({ words, test: new RegExp(pattern, "us"), item: element("li") }));
  list.append(...items.map(({ item }) => item));
  const { status, say } = drawStatus();
  const tick = () => {
    const typed = input.value;
    const missing = items.filter(({ test }) => !test.test(typed));
    for (const each of items) {
      const met = !missing.includes(each);
      each.item.textContent = typed ? `${met ? "✓ met:" : "✗ not yet:"} ${each.words}` : `· ${each.words}`;
      each.item.className = typed && met ? "piece-met" : "";
    }
    const left = missing.map(({ words }) => words).join("; ");
    say(!typed ? "" : left ? `${missing.length} of ${items.length} still missing: ${left}.` : "All rules are met.");
  };
  input.addEventListener("input", tick);
  tick();
  return [element("label", { htmlFor: id, textContent: "A password to try" }), input, note, list, status, drawTable(table).drawn];
}

function drawClock({ stories, last, table }, id) {
  const { drawn, mark } = drawTable(table);
  const { status, say } = drawStatus();
  const asks = element("fieldset", {}, element("legend", { textContent: "Diego asks for a code" }));
  const radios = stories.map(({ name }, number) => {
    const radio = element("input", { type: "radio", name: id, id: `${id}-${number}`, checked: number === 0 });
    asks.append(radio, element("label", { htmlFor: radio.id, textContent: name }));
    return radio;
  });
  const slider = element("input", { id, type: "range", min: 0, max: last, step: 1, value: 0 });
  const reading = element("strong");
  const codes = element("ul", { className: "piece-codes" });
  const move = () => {
    const minute = Number(slider.value);
    const chosen = radios.findIndex((radio) => radio.checked);
    reading.textContent = `minute ${minute}`;
    slider.setAttribute("aria-valuetext", `minute ${minute}`);
    let row = 0;
    const here = [];
    const told = [];
    stories.forEach((story, number) => story.codes.forEach((code) => {
      if (number === chosen && minute < code.asked) told.push([`Code ${code.number}: not asked for yet.`, ""]);
      for (const { first, end, said, words } of code.spans) {
        if (number === chosen && first <= minute && minute <= end) {
          here.push(row);
          told.push([`Code ${code.number} ${words}.`, ` Cognito says ${said}, from minute ${first} to ${end}.`]);
        }
        row += 1;
      }
    }));
    codes.replaceChildren(...told.map(([words, more]) => element("li", {}, element("strong", { textContent: words }), more)));
    say(told.map(([words]) => words).join(" "));
    mark(here);
  };
  [slider, ...radios].forEach((each) => each.addEventListener("input", move));
  move();
  status.classList.add("piece-unseen"); // the list above says the same to whoever sees it
  const label = element("label", { htmlFor: id, textContent: "Minutes since the first request" });
  return [asks, label, element("div", { className: "piece-slider" }, slider, reading), codes, status, drawn];
}

function drawSteps({ steps, table }) {
  const { drawn, mark } = drawTable(table, true);
  const { status, say } = drawStatus();
  const back = element("button", { type: "button", textContent: "Previous" });
  const forth = element("button", { type: "button", textContent: "Next" });
  const title = element("strong");
  const shown = element("dl");
  const pair = (label, ...content) => [element("dt", { textContent: label }), element("dd", {}, ...content)];
  let at = 0;
  const show = () => {
    const { at: time, who, asks, sent, answer, truths, changed } = steps[at];
    title.textContent = `Step ${at + 1} of ${steps.length}, ${time}`;
    const change = changed.join("; ") || "as before";
    const asked = who ? `${who} to Cognito: ${asks}` : asks;
    shown.replaceChildren(
      ...(who ? pair(`${who} to Cognito`, asks) : pair("Time goes by", asks)),
      ...(sent ? pair("What is sent", element("pre", { textContent: sent })) : []),
      ...(answer ? pair("Cognito answers", answer) : []),
      ...pair("Status, codes, password", change),
      ...pair("True from then on", truths.map(([name, now]) => `${name}: ${now}`).join(" · ")));
    say(`${title.textContent}. ${asked}. ${answer ? `Cognito answers: ${answer}. ` : ""}Status, codes and password: ${change}.`);
    // Not `disabled`: a button that is loses the focus, and the next key would be a command to the notebook.
    back.setAttribute("aria-disabled", String(at === 0));
    forth.setAttribute("aria-disabled", String(at === steps.length - 1));
    mark([at]);
  };
  const go = (by) => () => {
    at = Math.min(Math.max(at + by, 0), steps.length - 1);
    show();
  };
  back.addEventListener("click", go(-1));
  forth.addEventListener("click", go(1));
  status.classList.add("piece-unseen");
  show();
  return [element("div", { className: "piece-actions" }, back, forth, title), shown, status, drawn];
}

const DRAW = { policy: drawPolicy, clock: drawClock, steps: drawSteps };

export default { render };
