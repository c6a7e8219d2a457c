// A panel: what the kernel says about something that goes on elsewhere, and buttons. It asks about once a second. What
// it shows comes by message and is no part of the widget's state. Read together with form_parts.js.

const LOOKS_EVERY_MS = 1000;
const SILENT_MS = 8000; // after this a person is told that nothing answers

function render({ model, el }) {
  const id = `reset-panel-${Math.random().toString(36).slice(2)}`;
  const ours = { "data-lm-suppress-shortcuts": "true" };
  const set = (each, attributes) => Object.entries(attributes).forEach(([name, value]) => each.setAttribute(name, value));
  const shown = element("div", { className: "reset-panel-shown" });
  const bar = element("div", { className: "reset-progress", hidden: true });
  const filled = element("div", { className: "reset-progress-filled" });
  const words = element("div", { className: "reset-progress-words", id: `${id}-words` });
  const track = element("div", { className: "reset-progress-track" }, filled);
  track.setAttribute("role", "progressbar");
  bar.append(track, words);
  const controls = element("div", { className: "reset-panel-controls" });
  const status = element("div", { className: "reset-panel-said", tabIndex: -1 });
  set(status, { role: "status", "aria-live": "polite", ...ours });
  const silent = element("div", { className: "reset-panel-silent", hidden: true });
  silent.textContent = "The notebook's kernel does not answer: it is busy or was stopped. The campaign goes on without it. "
    + "To look again choose Run, then Run All Cells.";
  const panel = element("section", { className: "reset-page reset-panel" }, bar, controls, status, silent, shown);
  panel.setAttribute("aria-label", model.get("label"));
  el.append(panel);

  let drawnControls = "";
  let drawnHtml;
  let heardAt = Date.now();
  let waiting = false;
  let leave; // the place where a person has something to type, after Run All
  const send = (content) => {
    try {
      model.send(content);
    } catch {
      // The line to the kernel is cut; that no answer comes is told below.
    }
  };
  const asked = () => {
    waiting = true;
    heardAt = Date.now();
  };

  function press(control, input, button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    status.textContent = "Working…";
    asked();
    send({ kind: "press", name: control.name, number: input ? input.value : "" });
  }

  // What the number is about is shown above it.
  function stand() {
    controls.querySelector("input")?.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "center" });
  }

  function drawControls(all) {
    const focused = controls.contains(document.activeElement) ? document.activeElement.dataset.name : undefined;
    const typed = new Map([...controls.querySelectorAll("input")].map((input) => [input.dataset.name, input.value]));
    controls.replaceChildren(...all.map((control) => {
      const button = element("button", { type: "button", textContent: control.label, className: control.quiet ? "reset-quiet" : "" });
      button.dataset.name = control.name;
      set(button, ours);
      // Not `disabled`, which would lose the focus: the next key would be a command to the notebook.
      if (!control.ready) button.setAttribute("aria-disabled", "true");
      const row = element("div", { className: "reset-panel-control" });
      let input;
      if (control.asks) {
        input = element("input", { id: `${id}-${control.name}`, inputMode: "numeric", autocomplete: "off", value: typed.get(`${control.name}#`) ?? "" });
        input.dataset.name = `${control.name}#`;
        set(input, ours);
        row.append(element("label", { htmlFor: input.id, textContent: control.asks }), input);
        input.addEventListener("keydown", (event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          if (!event.repeat) press(control, input, button);
        });
      }
      button.addEventListener("click", () => press(control, input, button));
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        if (!event.repeat) press(control, input, button);
      });
      row.append(button);
      if (control.why) {
        const why = element("span", { id: `${id}-${control.name}-why`, className: "reset-help", textContent: control.why });
        button.setAttribute("aria-describedby", why.id);
        row.append(why);
      }
      return row;
    }));
    if (focused === undefined) return;
    const again = [...controls.querySelectorAll("button, input")].find((each) => each.dataset.name === focused);
    (again ?? status).focus();
  }

  function heard(content) {
    waiting = false;
    heardAt = Date.now();
    silent.hidden = true;
    if (content.kind !== "shown") return;
    const { html, progress, said } = content;
    if (html !== drawnHtml) {
      drawnHtml = html;
      const open = [...shown.querySelectorAll("details")].map((each) => each.open);
      shown.innerHTML = html;
      shown.querySelectorAll("details").forEach((each, number) => { each.open = open[number] ?? false; });
      shown.querySelectorAll("summary").forEach((each) => set(each, ours));
    }
    bar.hidden = !progress;
    if (progress) {
      const share = progress.all ? progress.done / progress.all : 0;
      filled.style.width = `${100 * share}%`;
      words.textContent = progress.words;
      set(track, { "aria-label": progress.label, "aria-valuemin": 0, "aria-valuemax": progress.all, "aria-valuenow": progress.done,
        "aria-valuetext": progress.words });
    }
    if (status.textContent !== said) status.textContent = said;
    const now = JSON.stringify(content.controls);
    const pressed = controls.querySelector("button[aria-disabled=true]");
    if (now !== drawnControls || pressed) {
      drawnControls = now;
      drawControls(content.controls);
      if (content.controls.some(({ asks, ready }) => asks && ready)) leave ??= standAfterRunAll(model, panel, stand);
    }
  }

  const ticking = setInterval(() => {
    if (waiting) {
      silent.hidden = Date.now() - heardAt < SILENT_MS;
      return;
    }
    if (document.hidden) return;
    asked();
    send({ kind: "tick" });
  }, LOOKS_EVERY_MS);
  // The kernel was restarted or the line was cut: ask again.
  const awake = () => { waiting = false; };
  model.on("msg:custom", heard);
  model.on("comm_live_update", awake);
  asked();
  send({ kind: "drawn" });
  return () => {
    leave?.();
    clearInterval(ticking);
    model.off("msg:custom", heard);
    model.off("comm_live_update", awake);
  };
}

export default { render };
