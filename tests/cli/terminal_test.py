#!/usr/bin/python3
"""What the program does on a terminal and in a pipe: colours, and a reader that has enough.

  terminal_test.py JOULEBENCH
"""
import os
import pty
import subprocess
import sys
import unittest

JOULEBENCH = os.path.abspath(sys.argv.pop(1))


def on_terminal(words, **environment):
    """All that the program prints where stdin, stdout and stderr are a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([JOULEBENCH, *words], stdin=theirs, stdout=theirs, stderr=theirs,
                               env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, "TERM": "xterm", **environment})
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        text += part
    process.wait()
    os.close(ours)
    return text.decode()


class Terminal(unittest.TestCase):
    def test_errors_are_in_colour_on_a_terminal_only(self):
        self.assertIn("\x1b[1;31mjoulebench:\x1b[0m there is no command 'rnu'", on_terminal(["rnu"]))
        for off in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertIn("joulebench: there is no command 'rnu'", on_terminal(["rnu"], **off))
            self.assertNotIn("\x1b", on_terminal(["rnu"], **off))
        piped = subprocess.run([JOULEBENCH, "rnu"], capture_output=True, text=True, env={**os.environ, "TERM": "xterm"}, check=False)
        self.assertEqual(piped.returncode, 2)
        self.assertNotIn("\x1b", piped.stderr)

    def test_a_report_has_colours_on_a_terminal_and_none_in_a_pipe(self):
        self.assertRegex(on_terminal(["doctor"]), "\x1b\\[(32|1;31|33)m(ok|no|\\?\\?)  \x1b\\[0m")
        piped = subprocess.run([JOULEBENCH, "doctor"], capture_output=True, text=True, env={**os.environ, "TERM": "xterm"}, check=False)
        self.assertNotIn("\x1b", piped.stdout)

    def test_a_reader_that_has_enough_ends_it_silently(self):
        for words in ("man", "board --help", "doctor"):
            done = subprocess.run(["bash", "-c", f"'{JOULEBENCH}' {words} | true"], capture_output=True, text=True, check=False)
            self.assertEqual((done.stdout, done.stderr), ("", ""), words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
