// Says how far it is, from JupyterLab's first file to the kernel's first idle moment.
const line = document.createElement("p");
const words = document.createElement("span");
const clock = document.createElement("span");
words.setAttribute("role", "status");
clock.setAttribute("aria-hidden", "true");
line.append(words, clock);
line.id = "cognito-reset-progress";
line.style = "position:fixed;z-index:1100;left:50%;bottom:2.4rem;transform:translateX(-50%);margin:0;padding:.5rem .9rem;"
  + "max-width:90vw;border-radius:.4rem;background:#1f2933;color:#fff;font:15px/1.4 system-ui,sans-serif";
document.body.append(line);

const began = performance.now();
const { megabytes } = document.querySelector("script[data-megabytes]").dataset;

function say(text) {
  if (words.textContent !== text) words.textContent = text;
}

const timer = setInterval(() => {
  const session = window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session;
  const status = session?.kernel?.status;
  clock.textContent = ` ${Math.round((performance.now() - began) / 1000)} s`;
  if (status === "idle" || status === "busy") {
    clearInterval(timer);
    clock.remove();
    say("Python is ready. Choose Run → Run All Cells.");
    setTimeout(() => line.remove(), 8000);
  } else if (session) {
    say(`Python is starting in this tab. The first time it fetches about ${megabytes} MB.`);
  } else {
    say("JupyterLab is loading.");
  }
}, 250);
