// What JupyterLite keeps in this browser is in databases of one name, which the build gives it.
const NAME = "Cognito Reset Runbooks";

function forgotten(name) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.deleteDatabase(name);
    asked.onsuccess = () => resolve();
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
}

const button = document.getElementById("forget");
button.parentElement.hidden = false; // without JavaScript there is nothing to forget
button.addEventListener("click", async () => {
  const said = document.getElementById("forgotten");
  try {
    const databases = await indexedDB.databases();
    await Promise.all(databases.map(({ name }) => name).filter((name) => name.startsWith(NAME)).map(forgotten));
    said.textContent = "Forgotten: every notebook is as it was.";
  } catch {
    said.textContent = "Not yet: close the tabs in which the notebooks are open, and try again.";
  }
});
