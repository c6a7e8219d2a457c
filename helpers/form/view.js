// What a run shows below its form. It comes by message and is no part of the widget's state, which JupyterLab may save.

function render({ model, el }) {
  const heard = (content) => {
    if (content.kind === "shown") el.innerHTML = content.html;
  };
  model.on("msg:custom", heard);
  try {
    model.send({ kind: "drawn" });
  } catch {
    // The line to the kernel is cut; the copy beside this has what was kept.
  }
  return () => model.off("msg:custom", heard);
}

export default { render };
