"""One file for everybody: shared clock and mailbox, one winner of a race, nothing half done when a
process is killed.
"""

import gc
import json
import multiprocessing
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time

import pytest

from helpers.sandbox import (
    DEFAULT_CLIENT_ID,
    DEFAULT_PASSWORD,
    DEFAULT_POOL_ID,
    DEFAULT_USERNAME,
    Sandbox,
    SandboxError,
    open_sandbox,
    wire,
)

TARGET = "AWSCognitoIdentityProviderService."


def call(box, operation, **request):
    """Make one call as a door does; return (status, body)."""
    answer = wire.answer(box.engine, TARGET + operation, json.dumps(request).encode())
    return answer.status, json.loads(answer.body)


def forgot(box):
    assert (
        call(box, "ForgotPassword", ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)[0] == 200
    )
    return box.mailbox()[-1]["code"]


def confirm(box, code, password):
    return call(
        box,
        "ConfirmForgotPassword",
        ClientId=DEFAULT_CLIENT_ID,
        Username=DEFAULT_USERNAME,
        ConfirmationCode=code,
        Password=password,
    )


def signs_in(box, password):
    given = {"USERNAME": DEFAULT_USERNAME, "PASSWORD": password}
    return (
        call(
            box,
            "InitiateAuth",
            ClientId=DEFAULT_CLIENT_ID,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters=given,
        )[0]
        == 200
    )


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "cognito.db")


@pytest.fixture
def shared(path):
    box = open_sandbox(path)
    yield box
    box.close()


def test_the_file_is_private(shared, path):
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    for extra in ("-wal", "-shm"):
        if os.path.exists(path + extra):
            assert stat.S_IMODE(os.stat(path + extra).st_mode) == 0o600


def test_a_file_that_others_could_read_is_made_private(path):
    open_sandbox(path).close()
    os.chmod(path, 0o644)
    open_sandbox(path).close()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_no_password_is_in_the_file(shared, path):
    secret = "Very-Recognisable-Secret-7"
    assert confirm(shared, forgot(shared), secret)[0] == 200
    assert confirm(shared, forgot(shared), secret + " ")[0] == 400
    shared.close()
    with open(path, "rb") as file:
        assert secret.encode() not in file.read()


def test_clock_settings_faults_and_mailbox_are_shared_between_processes(shared, path):
    script = """
import sys
from helpers.sandbox import open_sandbox
box = open_sandbox()
box.advance(3600); box.settings(reset_attempts=9); box.fault("ForgotPassword", "500-before-commit")
print(box.now().isoformat(), len(box.mailbox()))
"""
    forgot(shared)
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "COGNITO_SANDBOX": path},
        text=True,
        capture_output=True,
        check=True,
    ).stdout.split()
    assert said[1] == "1"
    assert (shared.now().timestamp() - time.time()) > 3500
    assert shared.settings()["reset_attempts"] == 9
    assert (
        call(shared, "ForgotPassword", ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)[0]
        == 500
    )
    forgot(shared)


def test_what_was_done_is_there_after_opening_again(path):
    box = open_sandbox(path)
    assert confirm(box, forgot(box), "Another-Pass-1")[0] == 200
    box.close()
    again = open_sandbox(path)
    assert again is not box
    assert signs_in(again, "Another-Pass-1")
    again.close()


def test_two_files_are_two_sandboxes(tmp_path):
    one, two = open_sandbox(str(tmp_path / "one.db")), open_sandbox(str(tmp_path / "two.db"))
    forgot(one)
    assert two.mailbox() == []
    assert open_sandbox(str(tmp_path / "one.db")) is one
    one.close()
    two.close()


def test_a_file_draws_random_codes(tmp_path):
    codes = set()
    for number in range(3):
        box = open_sandbox(str(tmp_path / f"{number}.db"))
        codes.add(forgot(box))
        box.close()
    assert len(codes) > 1


@pytest.mark.parametrize(
    "content",
    [b"not a database, but long enough to be taken for one" * 100, b"SQLite format 3\x00"],
)
def test_a_file_that_is_no_sandbox_is_refused_in_words(path, content):
    with open(path, "wb") as file:
        file.write(content)
    with pytest.raises(ValueError, match="is not a sandbox"):
        open_sandbox(path)


def test_a_foreign_database_is_left_as_it_is(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE precious (x)")
    db.close()
    before = os.stat(path).st_mode
    with pytest.raises(ValueError, match="is not a sandbox"):
        open_sandbox(path)
    db = sqlite3.connect(path)
    assert [row[0] for row in db.execute("SELECT name FROM sqlite_master")] == ["precious"]
    db.close()
    assert os.stat(path).st_mode == before


def test_a_missing_folder_is_refused_in_words(tmp_path):
    with pytest.raises(ValueError, match="its folder must exist"):
        open_sandbox(str(tmp_path / "no" / "such" / "folder.db"))


def test_a_disk_that_refuses_undoes_the_call_and_is_told_as_a_server_error(shared, monkeypatch):
    before = shared.mailbox()
    with shared.engine.store.transaction() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")
    shared.settings(reset_attempts=20)
    statuses = []
    while not statuses or statuses[-1] == 200:
        statuses.append(
            call(
                shared,
                "AdminCreateUser",
                UserPoolId=DEFAULT_POOL_ID,
                Username=f"user{len(statuses)}",
            )[0]
        )
    assert statuses[-1] == 500
    db.execute("PRAGMA max_page_count = 100000")
    assert shared.mailbox() == before
    name = f"user{len(statuses) - 1}"
    assert call(shared, "AdminGetUser", UserPoolId=DEFAULT_POOL_ID, Username=name)[0] == 400, (
        "the refused one is not there"
    )
    assert call(shared, "AdminCreateUser", UserPoolId=DEFAULT_POOL_ID, Username=name)[0] == 200


@pytest.mark.parametrize("where", ["file", "memory"])
def test_a_sandbox_that_nobody_holds_is_closed(path, where):
    box = Sandbox(path if where == "file" else None, None)
    with box.engine.store.transaction() as db:
        pass
    del box
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        db.execute("SELECT 1")


@pytest.mark.parametrize("where", ["file", "memory"])
def test_a_process_that_ends_closes_what_it_has_open(path, where):
    script = """
import atexit, sqlite3
def look():
    try:
        db.execute("SELECT 1")
    except sqlite3.ProgrammingError as error:
        print(error)
atexit.register(look)  # what is registered first runs last
from helpers.sandbox import open_sandbox
with open_sandbox().engine.store.transaction() as db:
    pass
"""
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", script],
        env={**os.environ, "COGNITO_SANDBOX": path if where == "file" else ""},
        text=True,
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("Cannot operate on a closed database.\n", "")


@pytest.mark.parametrize("statement", ["PRAGMA journal_mode", "BEGIN IMMEDIATE", "CREATE TABLE"])
def test_a_sandbox_that_cannot_be_opened_is_closed(path, monkeypatch, statement):
    opened = []

    class Failing(sqlite3.Connection):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            opened.append(self)

        def execute(self, sql, *values):
            if sql.strip().startswith(statement):
                raise KeyboardInterrupt
            return super().execute(sql, *values)

    monkeypatch.setattr(sqlite3, "connect", Failing)
    with pytest.raises(KeyboardInterrupt):
        open_sandbox(path)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].cursor()


def truncate(path):
    os.truncate(path, 8192)


def overwrite(path):
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 20_000)


def replace(path):
    os.rename(path, path + ".old")
    open_sandbox(path).close()


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (os.unlink, "was deleted, moved or replaced"),
        (lambda path: os.rename(path, path + ".moved"), "was deleted, moved or replaced"),
        (replace, "was deleted, moved or replaced"),
        (truncate, "is damaged"),
        (overwrite, "is damaged"),
        (lambda path: os.truncate(path, 0), "is not a sandbox"),
    ],
    ids=["deleted", "moved", "replaced", "truncated", "overwritten", "emptied"],
)
def test_what_happens_to_the_file_is_said_in_a_sentence_and_by_a_call(path, happens, words):
    box = Sandbox(path, None)
    forgot(box)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    happens(path)
    status, body = call(box, "ForgotPassword", ClientId=DEFAULT_CLIENT_ID, Username="diego")
    assert (status, body["__type"]) == (500, "InternalErrorException")
    assert words in body["message"]
    with pytest.raises(SandboxError, match=words):
        box.mailbox()
    box.close()


def test_a_file_that_goes_during_a_call_takes_nothing_with_it(shared, path):
    def a_call():
        with shared.engine.store.transaction() as db:
            db.execute("DELETE FROM users")
            os.rename(path, path + ".away")

    with pytest.raises(SandboxError, match="was deleted, moved or replaced"):
        a_call()
    os.rename(path + ".away", path)
    assert signs_in(shared, DEFAULT_PASSWORD)


def test_a_damaged_file_is_refused_in_a_sentence(path):
    open_sandbox(path).close()
    truncate(path)
    with pytest.raises(SandboxError, match="is damaged; remove it"):
        open_sandbox(path)


def test_a_file_of_another_version_is_refused_and_left_as_it_is(path):
    open_sandbox(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 1000")
    db.close()
    with open(path, "rb") as file:
        before = file.read()
    with pytest.raises(SandboxError, match="another version of the sandbox"):
        open_sandbox(path)
    with open(path, "rb") as file:
        assert file.read() == before


def test_a_locked_file_is_said_within_a_few_seconds(shared, path, monkeypatch):
    assert shared.engine.store.transaction.__wrapped__.__defaults__ == (5.0,)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(SandboxError, match="is locked by another program"),
        shared.engine.store.transaction(patience=0.05),
    ):
        pass
    db.close()
    assert forgot(shared)


def test_a_sandbox_that_another_thread_holds_is_busy(shared):
    asked = threading.Event()
    said = []

    def ask():
        try:
            shared.now(patience=0.01)
        except SandboxError as error:
            said.append(str(error))
        asked.set()

    with shared.engine.store.transaction():
        threading.Thread(target=ask).start()
        assert asked.wait(30)
    assert "is busy with another call" in said[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_makes_no_other_file_where_its_own_was_deleted(shared, path):
    os.unlink(path)
    child = os.fork()
    if child == 0:
        try:
            shared.mailbox()
        except SandboxError:
            os._exit(0)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not os.path.exists(path)


def test_a_file_that_cannot_be_written_is_said_in_a_sentence(shared):
    with shared.engine.store.transaction() as db:
        pass
    db.execute("PRAGMA query_only = 1")
    with pytest.raises(SandboxError, match="can no longer be written"):
        shared.advance(1)
    db.execute("PRAGMA query_only = 0")
    assert forgot(shared)


def test_a_closed_sandbox_says_so(path):
    box = open_sandbox(path)
    box.close()
    box.close()
    with pytest.raises(ValueError, match="is closed"):
        box.mailbox()


@pytest.mark.parametrize("where", ["file", "memory"])
def test_of_many_threads_with_one_code_one_wins(path, where):
    box = open_sandbox(path) if where == "file" else Sandbox.in_memory()
    box.settings(reset_attempts=20)
    for round_ in range(3):
        code = forgot(box)
        results, barrier = [], threading.Barrier(6)

        def run(
            number,
            code=code,
            results=results,
            barrier=barrier,
            round_=round_,
        ):
            barrier.wait()
            password = f"Thread-Pass-{round_}{number}"
            results.append((confirm(box, code, password)[0], password))

        threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (winner,) = [password for status, password in results if status == 200]
        assert signs_in(box, winner)
        box.advance(3600)
    box.close()


def race(path, code, number, start, results):
    box = open_sandbox(path)
    start.wait()
    results.put((confirm(box, code, f"Process-Pass-{number}")[0], number))
    box.close()


def test_of_many_processes_with_one_code_one_wins(shared, path):
    context = multiprocessing.get_context("spawn")
    shared.settings(reset_attempts=20)
    code, start, results = forgot(shared), context.Barrier(4), context.Queue()
    processes = [
        context.Process(target=race, args=(path, code, number, start, results))
        for number in range(4)
    ]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    (winner,) = [number for status, number in found if status == 200]
    assert signs_in(shared, f"Process-Pass-{winner}")


def test_processes_that_make_the_file_together_make_one_sandbox(path):
    script = (
        "from helpers.sandbox import open_sandbox; b = open_sandbox();"
        " print(len(b.counts()['calls']), b.settings()['reset_attempts'])"
    )
    environment = {**os.environ, "COGNITO_SANDBOX": path}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in running:
        out, problems = process.communicate(timeout=60)
        assert (out, problems) == ("0 5\n", "")
    box = open_sandbox(path)
    assert signs_in(box, DEFAULT_PASSWORD)
    box.close()


def resets_until(moment, path, password, pipe):
    """Reset the password once, saying so on the pipe, but be killed before the statement of this
    number.
    """
    box = open_sandbox(path)
    left = moment

    def count(statement):
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    with box.engine.store.transaction() as db:
        db.set_trace_callback(count)
    status, _ = confirm(box, forgot(box), password)
    os.write(pipe, str(status).encode())
    db.set_trace_callback(None)
    box.close()


def killed_at_each_statement(path):
    """Reset a password again and again, in a process that is killed before its first statement, its
    second, and so on; look at what each leaves.
    """
    now, moment, survived = DEFAULT_PASSWORD, 0, False
    while not survived:
        moment += 1
        new = f"Killed-Pass-{moment}"
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            resets_until(moment, path, new, theirs)
            os._exit(0)
        os.close(theirs)
        with open(ours) as pipe:
            answered = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        survived = code == 0
        assert survived or code == -signal.SIGKILL
        box = open_sandbox(path)
        with box.engine.store.transaction() as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            user = json.loads(db.execute("SELECT doc FROM users").fetchone()[0])
        changed = signs_in(box, new)
        assert signs_in(box, now) != changed
        assert answered in ("", "200")
        assert changed or not answered
        # A code and its password go together.
        assert user["codes"] == [] or not changed
        now = new if changed else now
        box.advance(3600)
        box.close()
    assert answered == "200"
    assert moment > 20, "a reset has more statements"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_killed_process_leaves_no_half_done_call(path):
    # In a process without threads, which may fork.
    process = multiprocessing.get_context("spawn").Process(
        target=killed_at_each_statement, args=(path,)
    )
    process.start()
    process.join()
    assert process.exitcode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_shares_a_file_and_copies_a_memory(path):
    shared, private = open_sandbox(path), Sandbox.in_memory()
    forgot(shared)
    child = os.fork()
    if child == 0:
        try:
            forgot(shared)
            forgot(private)
            os._exit(0 if len(private.mailbox()) == 1 else 3)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(shared.mailbox()) == 2
    assert private.mailbox() == []
    shared.close()
    private.close()


def test_a_call_costs_the_same_with_ten_thousand_users(box):
    def seconds():
        times = []
        for _ in range(30):
            start = time.perf_counter()
            call(box, "AdminGetUser", UserPoolId=DEFAULT_POOL_ID, Username=DEFAULT_USERNAME)
            times.append(time.perf_counter() - start)
        return sorted(times)[5]

    before = seconds()
    with box.engine.store.transaction() as db:
        doc = db.execute("SELECT doc FROM users").fetchone()[0]
        many = [(DEFAULT_POOL_ID, f"user{number}", doc) for number in range(10_000)]
        db.executemany("INSERT INTO users (pool_id, username, doc) VALUES (?, ?, ?)", many)
        db.executemany(
            "INSERT INTO names VALUES (?, ?, 'username', ?)", [(a, b, b) for a, b, _ in many]
        )
        plans = [
            row[3]
            for query in (
                (
                    "SELECT u.doc FROM names n JOIN users u USING (pool_id, username) WHERE"
                    " n.pool_id = '' AND n.name = ''"
                ),
                "DELETE FROM names WHERE pool_id = '' AND username = ''",
                "SELECT doc FROM tallies WHERE pool_id = '' AND username = ''",
                "SELECT doc FROM messages WHERE username = '' OR entered = ''",
            )
            for row in db.execute("EXPLAIN QUERY PLAN " + query)
        ]
    assert not any(plan.startswith("SCAN") for plan in plans), plans
    assert seconds() < before * 10
