"""An entry's program for tests in Python: answers every sample with class 0."""
PROGRAM = '''import json, sys
def say(event):
    print(json.dumps(event), flush=True)
say({"event": "ready"})
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "exit":
        break
    with open(request["predictions"], "w") as file:
        file.write("0\\n" * request["count"])
    say({"event": "done", "request": request["request"]})
'''
