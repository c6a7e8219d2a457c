"""nbclient's test notebooks and plots give the outputs that papermill's own engine gives, and the
kernel answers as jupyter_kernel_test wants it.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

import jupyter_kernel_test
import nbformat
import papermill
import pytest
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError

from helpers.runner.engine.kernel_client import KernelLink
from helpers.runner.engine.redaction import Cleaner
from helpers.runner.engine_settings import WARMING
from helpers.runner.papermill_engine import CognitoResetEngine

OTHERWISE = {
    "Autokill": "ours says in the cell that the kernel died",
    "Interrupt": "ours says in the cell that it was stopped",
    "Parallel Execute A": "waits for the other one",
    "Parallel Execute B": "waits for the other one",
    "Sleep1s": "prints the time",
}
"""nbclient's notebooks whose outputs cannot be the same, and why."""
NBCLIENTS = [
    path
    for path in sorted(Path(os.environ["PEERS_NOTEBOOKS"]).glob("*.ipynb"))
    if path.stem not in OTHERWISE
]
PLOTS = {
    "inline": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);",
    "import": "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.bar([1, 2], [3, 4])",
    "agg": "%matplotlib agg\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]), plt.get_backend()",
    "pylab": "%pylab inline\nplot(arange(3) ** 2)",
    "retina": "%config InlineBackend.figure_formats = ['retina', 'svg']\nimport matplotlib\n"
    "matplotlib.rcParams['svg.hashsalt'] = 'x'\nimport matplotlib.pyplot as plt\nplt.plot([2, 1]);",
    "gui": "%gui asyncio\nimport asyncio\nawait asyncio.sleep(0.01)\n1",
}


def outputs(source, engine, folder):
    """Return what a notebook's cells put out, also of one that fails."""
    out = folder / f"{engine}.ipynb"
    with suppress(papermill.PapermillExecutionError):
        papermill.execute_notebook(
            source,
            str(out),
            engine_name=engine,
            kernel_name="python3",
            progress_bar=False,
            execution_timeout=60,
        )
    cells = [cell for cell in nbformat.read(out, 4).cells if cell.cell_type == "code"]
    found = [repr(cell.get("outputs", [])) for cell in cells]
    # Each process has its own addresses, files and models, and drawings are dated.
    own = r"0x[0-9a-f]{6,}|ipykernel_\d+/\d+|'model_id': '\w+'|<dc:date>.*?</dc:date>"
    return [re.sub(own, "X", each) for each in found]


def stock(source, folder):
    """Return what it puts out by papermill's own engine, which now and then misses that a cell of
    widgets is over, and would wait for ever.
    """
    with suppress(CellTimeoutError):
        return outputs(source, None, folder)
    return outputs(source, None, folder)


@pytest.mark.parametrize("path", NBCLIENTS, ids=lambda path: path.stem)
def test_nbclients_notebooks_give_the_same(path, tmp_path, monkeypatch):
    monkeypatch.chdir(path.parent)
    assert outputs(str(path), "cognito-reset", tmp_path) == stock(str(path), tmp_path)


@pytest.mark.parametrize("cell", PLOTS.values(), ids=PLOTS)
def test_plots_are_the_same(cell, tmp_path):
    source = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    mine = outputs(source, "cognito-reset", tmp_path)
    assert mine == stock(source, tmp_path)
    assert ("image/png" in mine[0]) == (not cell.startswith(("%gui", "%matplotlib agg")))
    assert "Error" not in mine[0]


class Client:
    """A forked kernel, as the suite wants to see one."""

    def __init__(self):
        cleaner = Cleaner(CognitoResetEngine.redactor({}), key="x", formats={})
        link = KernelLink(cleaner, WARMING, listen=CognitoResetEngine.listen, source="", timeout=60)
        link.start_kernel()
        self.link = link
        self.shell_channel, self.iopub_channel = link.shell_channel, link.iopub_channel
        self.get_shell_msg = run_sync(link.shell_channel.get_msg)
        self.execute, self.kernel_info = link.execute, link.kernel_info

    def ask(self, kind, **content):
        """Send a request; return its id."""
        return self.link.send(self.link.session.msg(f"{kind}_request", content))

    def complete(self, code):
        """Ask how this could go on."""
        return self.ask("complete", code=code, cursor_pos=len(code))

    def inspect(self, code):
        """Ask what this is."""
        return self.ask("inspect", code=code, cursor_pos=len(code), detail_level=0)

    def is_complete(self, code):
        """Ask whether this is all."""
        return self.ask("is_complete", code=code)


class TestMessages(jupyter_kernel_test.KernelTests):
    """All that the suite tests of a kernel, but the history of earlier sessions, which ours has
    not.
    """

    language_name, file_extension = "python", ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('there', file=sys.stderr)"
    completion_samples = ({"text": "memoryv", "matches": {"memoryview"}},)
    complete_code_samples = ("1", "for n in range(2):\n    n\n\n")
    incomplete_code_samples = ("(1,", "for n in range(2):\n    n")
    invalid_code_samples = ("1 = 2",)
    code_page_something = "len?"
    code_generate_error = "1/0"
    code_execute_result = ({"code": "6 * 7", "result": "42"},)
    code_display_data = (
        {
            "code": "from IPython.display import HTML, display; display(HTML('<i>x</i>'))",
            "mime": "text/html",
        },
    )
    code_inspect_sample = "len"
    code_clear_output = "from IPython.display import clear_output; clear_output()"

    @classmethod
    def setUpClass(cls):
        """Start a kernel for all of them."""
        cls.kc = Client()

    @classmethod
    def tearDownClass(cls):
        """End it."""
        cls.kc.link.shutdown_kernel()
        cls.kc.link.cleanup_resources()
