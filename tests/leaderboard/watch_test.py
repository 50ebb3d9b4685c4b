#!/usr/bin/env python3
"""`board site --watch`: writes the pages, writes them again after a change, goes on after a problem, ends with 130.

Usage: watch_test.py JOULEBENCH MAKE_BOARD
"""
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 60


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE_S} s: {what}")
        time.sleep(0.05)


def main():
    joulebench, make_board = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="joulebench-watch-") as name:
        folder = pathlib.Path(name)
        subprocess.run([make_board, folder, "9", "2"], check=True, stdout=subprocess.DEVNULL)
        database, site = folder / "board.db", folder / "site"
        refused = subprocess.run([joulebench, "board", "site", site, "--db", database, "--watch", "--at",
                                  "2026-12-01T00:00:00Z"], capture_output=True, text=True)
        assert refused.returncode == 2 and "leave out --at" in refused.stderr, refused.stderr
        alone = subprocess.run([joulebench, "board", "site", site, "--db", database, "--period-s", "1"],
                               capture_output=True, text=True)
        assert alone.returncode == 2 and "--watch" in alone.stderr, alone.stderr
        with open(folder / "errors", "w+") as errors:
            watch = subprocess.Popen([joulebench, "board", "site", site, "--db", database, "--watch", "--period-s", "0.1"],
                                     stdout=subprocess.DEVNULL, stderr=errors)
            try:
                wait_for("the first pages", (site / "SHA256SUMS").exists)
                before = (site / "index.html").stat().st_mtime_ns
                time.sleep(0.4)  # some looks at a board that did not change
                assert (site / "index.html").stat().st_mtime_ns == before, "written again without a change"
                # A folder that cannot be written to: a file where pages of entries belong.
                (site / "categories").rename(folder / "aside")
                (site / "categories").write_text("in the way")
                subprocess.run([joulebench, "board", "disqualify", "forest-1", "--reason", "seen by the test", "--db",
                                database], check=True, stdout=subprocess.DEVNULL)
                wait_for("a word about the problem", lambda: "cannot" in (folder / "errors").read_text())
                assert watch.poll() is None, "it ended at a problem"
                (site / "categories").unlink()
                wait_for("the change on the pages", lambda: any("seen by the test" in page.read_text()
                                                                for page in site.glob("*.html")))
                assert (folder / "errors").read_text().count("cannot") == 1, "told more than once"
            finally:
                watch.send_signal(signal.SIGINT)
                status = watch.wait(PATIENCE_S)
        assert status == 130, status
    return 0


if __name__ == "__main__":
    sys.exit(main())
