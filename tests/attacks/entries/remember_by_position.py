# Computes its answers once and gives them ever after by the place of the sample: orders of their own make them those of
# other samples.
# expect: valid
# build: python3 entry.py build
# most_accuracy: 30
import json
import os
import sys
import jb

PART = 360  # samples of the test part


def rows(path):
    """Of a .npy file: each sample's bytes."""
    with open(path, "rb") as file:
        content = file.read()
    start = 10 + content[8] + 256 * content[9]
    shape = eval(content[10:start])["shape"]
    size = (len(content) - start) // shape[0]
    return [content[at:at + size] for at in range(start, len(content), size)]


def nearest(means, sample):
    return min(range(10), key=lambda c: sum((x - m) ** 2 for x, m in zip(sample, means[c])))


if sys.argv[1:] == ["build"]:
    samples, labels = rows("/jb/public/inputs.npy"), rows("/jb/public/labels.npy")
    means = [[sum(column) / len(column) for column in zip(*(s for s, l in zip(samples, labels) if l[0] == c))]
             for c in range(10)]
    with open("means.json", "w") as file:
        json.dump(means, file)
    sys.exit(0)

means = json.load(open("means.json"))
kept = {}
jb.ready()
for request in jb.requests():
    # Of the public inputs, which come first, and of the hidden ones.
    part = "hidden" if "window" in request["inputs"] else "public"
    if part not in kept or len(kept[part]) < min(PART, request["count"]):
        kept[part] = [nearest(means, sample) for sample in rows(request["inputs"])[:PART]]
    answers = [kept[part][i % PART] for i in range(request["count"])]
    body = b"".join(answer.to_bytes(4, "little") for answer in answers)
    jb.write(request["predictions"], jb.npy(request["count"], body=body))
    jb.done(request)
