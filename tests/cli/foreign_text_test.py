#!/usr/bin/env python3
"""Feeds each field of each format with text that a terminal or a page may take for its own, and looks at the bytes that come out.

  foreign_text_test.py JOULEBENCH SOURCE

Foreign are: manifests, competition, dataset and environment files, teams, exports with records, sessions of a cluster, published folders, names of
uploads, options, paths, what a program prints, who holds the machine's lock. Out come: both streams of the program, pages, receipts.
JOULEBENCH_FOREIGN=all takes every field alone (some 220 calls); without it each fourth of those that are refused."""
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

JOULEBENCH, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
# Sets a title, clears the screen (7 and 8 bits), changes the colour, turns text around, hides text, ends a string.
ATTACK = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.\u2066\u200b\u2028\x00\x7f\ufeff\U000e0041<script>x"
SHORT = "\x1b[2J\x9b1m\u202e\u200b\x7f<script>x"  # where a schema bounds the length
LONG = "L" * 1_000_000
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")
MOST_OUTPUT = 100_000  # bytes, whatever comes in
problems = []
calls = 0


def look(what, data, most=MOST_OUTPUT):
    """Bytes that reach a person."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        problems.append("%s: not UTF-8: %s" % (what, error))
        return
    found = FORBIDDEN.search(text)
    if found:
        problems.append("%s: %r in %r" % (what, found.group(), text[max(0, found.start() - 60):found.end() + 60]))
    if len(data) > most:
        problems.append("%s: %d bytes, which begin with %r" % (what, len(data), text[:200]))


def some(items):
    """All, or each fourth."""
    return list(items)[::1 if os.environ.get("JOULEBENCH_FOREIGN") == "all" else 4]


def run(what, *words, most=MOST_OUTPUT):
    global calls
    calls += 1
    environment = dict(os.environ, JOULEBENCH_LABEL_SEARCH="off", JOULEBENCH_LOCK_FILE=os.path.join(WORLD, "lock"), TERM="xterm-256color")
    words = [word if isinstance(word, bytes) else os.fsencode(word) for word in words]
    end = subprocess.run([os.fsencode(JOULEBENCH)] + words, capture_output=True, timeout=300, cwd=WORLD, env=environment, check=False)
    look("%s: stdout" % what, end.stdout, most)
    look("%s: stderr" % what, end.stderr, most)
    for stream in (end.stdout, end.stderr):
        if b"bug:" in stream:
            problems.append("%s: %s" % (what, stream.decode(errors="replace")[-300:]))
    if end.returncode not in (0, 1, 2):
        problems.append("%s: exit status %d" % (what, end.returncode))
    return end


def write(name, content):
    path = os.path.join(WORLD, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path


def dumped(document):
    return json.dumps(document)


def variants(document, path=()):
    """Every text of a document made hostile, one at a time, and a hostile key in every object."""
    place = document
    for key in path:
        place = place[key]
    if isinstance(place, dict):
        yield path + (ATTACK,), put(document, path, dict(place, **{ATTACK: 1}))
        for key in place:
            yield from variants(document, path + (key,))
    elif isinstance(place, list):
        for index in range(min(len(place), 1)):
            yield from variants(document, path + (index,))
    else:
        yield path, put(document, path, ATTACK)


def put(document, path, value):
    copy = json.loads(dumped(document))
    if not path:
        return value
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


PROGRAM = """import json, sys
sys.stderr.write(%r * 50 + "\\n"); sys.stderr.flush()
sys.stdout.write(%r + "\\n")
print('{"event":"ready"}', flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "exit": sys.exit(%d)
    open(request["predictions"], "w").write("0\\n" * request["count"])
    print(json.dumps({"event": "done", "request": request["request"]}), flush=True)
"""
VISIBLE = ATTACK.replace("\x00", "")


def entry(name, manifest, status=0):
    write(name + "/submission.json", dumped(manifest))
    write(name + "/program.py", PROGRAM % (VISIBLE, VISIBLE, status))
    return os.path.join(WORLD, name)


COMPETITION = {"format": "joulebench-competition/2", "id": "small", "title": "Small", "description": "of text", "time_zone": "UTC",
               "dates": {"opens": "2020-01-01T00:00:00Z"}, "environments": ["host"], "teams": "teams", "versions": "newest",
               "carbon": {"country": "DE"}, "intake": {"unsigned": True}, "quotas": {"per_day": 100},
               "tracks": [{"id": "digits", "title": "Digits", "dataset": "digits", "scenario": "offline", "metric": "accuracy",
                           "ranking": {"rule": "floors", "floors": [0.01]}, "energy": {"domains": ["cpu-package"], "class": "modelled"},
                           "protocol": {"blocks": 2, "min_block_s": 0.02, "idle_s": 0, "tail_s": 0.02}, "baselines": [],
                           "limits": {"load_s": 20, "request_s": 20, "wall_s": 60, "memory_mb": 200, "processes": 16}}]}
MANIFEST = {"format": "joulebench-submission/1", "name": "plain", "team": "red", "version": "1", "tracks": ["digits"],
            "command": ["python3", "program.py"], "build": [["true"]], "runs_in": "host", "environment": {"A": "b"},
            "description": "d", "licence": "MIT", "url": "https://example.org"}
SAYS = {"name", "team", "version", "description", "licence", "url"}  # what a manifest may say freely
DATASET = json.load(open(os.path.join(SOURCE, "datasets/digits/dataset.json"), encoding="utf-8"))
ENVIRONMENT = json.load(open(os.path.join(SOURCE, "environments/python/environment.json"), encoding="utf-8"))


def files():
    """Formats that are refused, or shown by a command that runs nothing."""
    for path, document in some(variants(MANIFEST)):
        if path[0] in SAYS:
            continue  # on the board, below
        folder = entry("entry", MANIFEST)
        write("entry/submission.json", dumped(document))
        run("submission.json %s" % (path,), "submission", "pack", folder, "--output", os.path.join(WORLD, "packed.tar.gz"))
    for name, key in (("competition.json", "id"), ("competition.json", "title")):
        write("long/" + name, dumped(dict(COMPETITION, **{key: LONG + ATTACK})))
        run("%s, a long %s" % (name, key), "competition", "show", os.path.join(WORLD, "long", name))
    for path, document in some(variants(COMPETITION)):
        run("competition.json %s" % (path,), "competition", "show", write("c/competition.json", dumped(document)))
    for path, document in some(variants(DATASET)):
        write("datasets/digits/dataset.json", dumped(document))
        run("dataset.json %s" % (path,), "dataset", "list", "--datasets", os.path.join(WORLD, "datasets"))
    for path, document in some(variants(ENVIRONMENT)):
        if path[0] in ("packages", "mirror", "suite"):
            continue  # nothing is fetched here
        write("environment/environment.json", dumped(document))
        run("environment.json %s" % (path,), "environment", "build", os.path.join(WORLD, "environment/environment.json"),
            "--environments", os.path.join(WORLD, "environments"))
    for content in (ATTACK, LONG, "[" * 100_000, '{"a": "' + ATTACK + '"', '{"a":1,"a' + "\\u001b" + '":2}'):
        for kind, words in (("submission", ("submission", "check")), ("competition", ("competition", "show"))):
            where = write("raw/%s.json" % kind, content)
            run("raw %s" % kind, *words, os.path.dirname(where) if kind == "submission" else where)


def options():
    hostile = ATTACK.replace("\x00", "")
    invalid = b"/tmp/\xff\xfe\x1b[31m"
    for word in (hostile, LONG[:100_000], invalid):
        for words in some(((word,), (word, "x"), ("run", word), ("show", word),
                      ("score", "--db", word), ("board", "show", "--db", word), ("board", "verify", "--db", word, "--site", word),
                      ("board", word), ("evaluate", word, "--db", "x.db"), ("submission", "check", word), ("dataset", "verify", word),
                      ("worker", word), ("intake", word, "--db", "x.db", word), ("measure", "--meters", word, "--", "true"),
                      ("competition", "check", word), ("environment", "show", word), ("board", "ingest", word, "--db", "x.db"))):
            run("words %r" % (words[:2],), *words)
    run("a hostile option", "board", "show", "--" + hostile, "x")
    write("lock", hostile * 20 + LONG)


def board():
    """What entries may say freely, on terminal and pages."""
    write("teams", "")
    said = dict(MANIFEST, **{key: SHORT + key for key in SAYS - {"url"}}, url="https://example.org/" + SHORT, build=[])
    good, bad = entry("said", dict(said, name="good" + SHORT)), entry("said2", dict(said, name="bad" + SHORT), status=3)
    write("competition.json", dumped(dict(COMPETITION, title="T" + SHORT, description=VISIBLE)))
    competition, db = os.path.join(WORLD, "competition.json"), os.path.join(WORLD, "board.db")
    for folder in (good, bad):
        run("submission check", "submission", "check", folder, "--competition", competition)
    run("run", "run", good, "--competition", competition, "--meters", "model")
    run("evaluate", "evaluate", competition, good, bad, "--db", db, "--meters", "model")
    look_at(db, "board")
    return db


def look_at(db, what):
    run(what + " show", "board", "show", "--db", db)
    run(what + " show json", "board", "show", "--db", db, "--format", "json")
    run(what + " history", "board", "history", "--db", db)
    run(what + " history json", "board", "history", "--db", db, "--format", "json")
    run(what + " verify", "board", "verify", "--scores", "--db", db)
    run(what + " score", "score", "--db", db)
    site = os.path.join(WORLD, what + "-site")
    run(what + " site", "board", "site", site, "--db", db)
    for folder, _, names in os.walk(site):
        for name in names:
            if name.endswith((".html", ".xml", ".csv", ".svg", ".txt")):
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read()
                look("%s of %s" % (name, what), data, most=3_000_000)
                if b"<script>x" in data and not name.endswith((".csv", ".txt")):
                    problems.append("%s of %s: markup of an entry" % (name, what))
    return site


def texts_of(record, path=()):
    """Paths to all texts of a record that are not digests, times or names of kinds."""
    place = record
    for key in path:
        place = place[key]
    if isinstance(place, dict):
        for key in place:
            yield from texts_of(record, path + (key,))
    elif isinstance(place, list):
        for index in range(min(len(place), 1)):
            yield from texts_of(record, path + (index,))
    elif isinstance(place, str):
        yield path


def exports(db):
    """All texts of a record at once, in an export that is hashed anew; and in each that is refused alone."""
    out = os.path.join(WORLD, "out")
    run("export", "board", "export", out, "--db", db)
    record_file = os.path.join(out, "run-1/run.json")
    with open(record_file, "rb") as file:
        before = file.read()
    record = json.loads(before)
    kept = ("format", "competition_id", "outcome")
    wanted = [path for path in texts_of(record) if path[-1] not in kept]
    for index, path in some(enumerate(wanted)):
        text = ATTACK if index % 2 else VISIBLE
        again = reseal(out, "made-up", before, put(record, path, text))
        run("export %s" % (path,), "board", "ingest", again, "--db", os.path.join(WORLD, "made-up.db"))
        if os.path.exists(os.path.join(WORLD, "made-up.db")):
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(os.path.join(WORLD, "made-up.db" + suffix)):
                    os.remove(os.path.join(WORLD, "made-up.db" + suffix))
    for name in ("export.json", "run-1/run.json"):
        copy = os.path.join(WORLD, "raw-export")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(out, copy)
        with open(os.path.join(copy, name), "w", encoding="utf-8") as file:
            file.write('{"format": "' + VISIBLE.replace("\x1b", "\\u001b") + LONG)
        run("raw " + name, "board", "ingest", copy, "--db", os.path.join(WORLD, "raw.db"))
        run("raw show " + name, "show", os.path.join(copy, "run-1"))


def digest(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def reseal(out, name, before, record):
    """An export with another record, its log hashed anew."""
    copy = os.path.join(WORLD, name)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(out, copy)
    after = (json.dumps(record, indent=1, sort_keys=False, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
    with open(os.path.join(copy, "run-1/run.json"), "wb") as file:
        file.write(after)
    with open(os.path.join(copy, "export.json"), encoding="utf-8") as file:
        document = json.load(file)
    previous = ""
    for event in document["log"]:
        event["detail"] = event["detail"].replace(digest(before), digest(after))
        event["previous_sha256"] = previous
        previous = digest("\n".join([previous, str(event["number"]), event["at_utc"], event["kind"], event["detail"]]))
        event["sha256"] = previous
    document.pop("sha256")
    document["sha256"] = digest(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    with open(os.path.join(copy, "export.json"), "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False)
    return copy


def uploads():
    inbox = os.path.join(WORLD, "inbox")
    os.makedirs(inbox, exist_ok=True)
    name = VISIBLE.replace("/", "")[:60]
    for suffix in (".tar.gz", ".json", "", ".withdraw.json"):
        with open(os.fsencode(inbox) + b"/" + os.fsencode(name + suffix), "wb") as file:
            file.write(VISIBLE.encode())
    with open(os.fsencode(inbox) + b"/\xff\x1b[2J.tar.gz", "wb") as file:
        file.write(b"\x1f\x8b" + b"\x00" * 100)
    folder = entry("packed", dict(MANIFEST, name="n" + VISIBLE, team=VISIBLE, build=[], command=["python3", "none" + VISIBLE]))
    subprocess.run(["tar", "-czf", os.path.join(inbox, "entry.tar.gz"), "-C", folder, "."], check=True)
    write("bad-names/" + name, "x")
    subprocess.run(["tar", "-czf", os.path.join(inbox, "names.tar.gz"), "-C", os.path.join(WORLD, "bad-names"), "."], check=True)
    write("c2/competition.json", dumped(dict(COMPETITION, environments=["host"])))
    write("c2/teams", "# none\n")
    words = ("intake", os.path.join(WORLD, "c2/competition.json"), "--db", os.path.join(WORLD, "intake.db"), inbox, "--settle-s", "0")
    end = run("intake", *words)
    if b"unrecognized" in end.stderr or b"not expected" in end.stderr or b"no option" in end.stderr:
        run("intake", *words[:-2])
    run("intake json", *words[:5], "--format", "json")
    for one in os.listdir(os.fsencode(inbox)):
        if one.endswith((b".receipt.txt", b".receipt.json")):
            with open(os.path.join(os.fsencode(inbox), one), "rb") as file:
                look("receipt", file.read())
    write("c2/teams", "team namespaces=\"joulebench\" " + VISIBLE + " " + base64.b64encode(b"x").decode() + "\n" + LONG + VISIBLE + "\n")
    run("a teams file", *words[:5])


def published(db):
    site = os.path.join(WORLD, "published")
    run("site", "board", "site", site, "--db", db)
    for name in ("heads.jsonl", "log.jsonl", "SHA256SUMS", "site.json"):
        path = os.path.join(site, name)
        before = open(path, "rb").read() if os.path.exists(path) else None
        for content in (VISIBLE + "\n", json.dumps({"number": 1, "sha256": VISIBLE, "pages_sha256": VISIBLE, "at_utc": VISIBLE,
                                                    "signature": VISIBLE, "kind": VISIBLE, "detail": VISIBLE, "previous_sha256": "",
                                                    "language": VISIBLE, "base_url": VISIBLE}) + "\n", LONG + "  " + VISIBLE + "\n"):
            with open(path, "wb") as file:
                file.write(content.encode())
            run("published " + name, "board", "verify", "--db", db, "--site", site)
        if before is None:
            os.remove(path)
        else:
            open(path, "wb").write(before)
    with open(os.fsencode(site) + b"/" + os.fsencode(VISIBLE.replace("/", "")[:50] + ".html"), "wb") as file:
        file.write(b"x")
    run("a page of another name", "board", "verify", "--db", db, "--site", site)


def sessions():
    for document in ({"format": "joulebench-session/1", "competition": VISIBLE, "track": VISIBLE, "entries": []},
                     {"format": VISIBLE}, {"format": "joulebench-session/1", VISIBLE: 1}):
        write("jobs/t-1/session-1/session.json", dumped(document))
        run("session.json", "worker", os.path.join(WORLD, "jobs/t-1/session-1"))


def main():
    database = board()
    exports(database)
    published(database)
    files()
    uploads()
    sessions()
    options()
    if problems:
        print("\n".join(problems[:40]))
        sys.exit("%d problems in %d calls" % (len(problems), calls))
    print("%d calls of joulebench: nothing but text" % calls)


with tempfile.TemporaryDirectory(prefix="joulebench-foreign-") as WORLD:
    main()
