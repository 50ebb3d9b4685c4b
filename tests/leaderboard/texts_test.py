#!/usr/bin/env python3
"""Every text of the pages has its German: [[text]] in templates, style and script, say("text") in the code.

Usage: texts_test.py SOURCE_FOLDER [--list]. A text that is there and used nowhere is found too.
"""
import json
import pathlib
import re
import sys

LITERAL = r'"((?:[^"\\]|\\.)*)"'
SAY = re.compile(r"\bsay\(\s*((?:" + LITERAL + r"\s*)+)[,)]")


def texts_of(folder):
    """Each text with the file that it is used in."""
    texts = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".mustache", ".css", ".js"):
            for text in re.findall(r"\[\[(.*?)\]\]", path.read_text()):
                texts.setdefault(text, path.name)
        elif path.suffix == ".cpp":
            source = path.read_text()
            for match in SAY.finditer(source):
                text = "".join(re.findall(LITERAL, match[1]))
                texts.setdefault(text, path.name)
    return texts


def main():
    root = pathlib.Path(sys.argv[1])
    site = root / "leaderboard/site"
    texts = texts_of(site)
    if "--list" in sys.argv:
        print(json.dumps(list(texts), ensure_ascii=False, indent=0))
        return 0
    german = json.loads((site / "texts.de.json").read_text())
    code = "".join(path.read_text() for folder in ("leaderboard", "scoring", "core", "campaign")
                   for path in sorted((root / folder).rglob("*")) if path.suffix in (".cpp", ".h"))
    problems = [f"{file}: no German for \"{text}\"" for text, file in texts.items() if text not in german]
    for text, translated in german.items():
        if text.count("{}") != translated.count("{}"):
            problems.append(f"texts.de.json: \"{text}\": {{}} stands {translated.count('{}')} times in its German")
        # What is said of a name in the code, such as an outcome or a unit.
        if text not in texts and f'"{text}"' not in code and f'{text}"' not in code:
            problems.append(f"texts.de.json: \"{text}\" is used nowhere")
    print("\n".join(problems) or f"{len(texts)} texts have their German")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
