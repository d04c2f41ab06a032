#!/usr/bin/env python3
"""Runs the negotiation engine over a corpus of real session descriptions.

    corpus.py VERDICT [CORPUS]

VERDICT is the jsep_verdict program; CORPUS (default: $PARLEY_CORPUS) as for the
SDP parser's corpus.py. The engine answers, to one peer per negotiation and side,
all offers of that side in order; of the malformed offers it says whether they
can be applied.

Exit status 1 if a first offer of a completed negotiation is refused, or a
malformed one judged otherwise than expected with high or medium confidence.
"""

import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys


def load(path):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        return json.load(file)


def judge(program, records):
    """One verdict line per record (command, text)."""
    data = bytearray()
    for command, text in records:
        body = text.encode("utf-8", "surrogatepass")
        data += b"%s %d\n" % (command.encode(), len(body)) + body
    done = subprocess.run([program], input=bytes(data), check=True,
                          stdout=subprocess.PIPE)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if len(lines) != len(records):
        sys.exit(f"{len(records)} records, {len(lines)} verdicts")
    return lines


def negotiations(root, program):
    records, names = [], []
    for path in sorted((root / "corpus").glob("*/*.json*")):
        item = load(path)
        steps = item["sequence"]
        if any(step["type"] == "rollback" or step.get("delivered") is False
               for step in steps):
            steps = steps[:1]  # what follows builds on what did not happen
        sides = {step["side"] for step in steps if step["type"] == "offer"}
        for side in sorted(sides):
            records.append(("N", ""))
            names.append(None)
            first = True
            for number, step in enumerate(steps):
                if step["type"] != "offer" or step["side"] != side:
                    continue
                if step.get("remoteResult", "ok") != "ok":
                    continue
                alone = first and number == 0 and not item.get("error")
                records.append(("O", step["sdp"]))
                names.append((f"{path.relative_to(root)} step {number}",
                              alone))
                first = False
    counts = collections.Counter()
    for name, verdict in zip(names, judge(program, records)):
        if name is None:
            continue
        kind = "first offers" if name[1] else "later offers"
        counts[kind, verdict.split(" ")[0]] += 1
        if not verdict.startswith("ok"):
            print(f"{name[0]} ({kind}): {verdict}")
    for (kind, verdict), count in sorted(counts.items()):
        print(f"{kind}: {verdict} {count}")
    return counts["first offers", "error"] == 0


def malformed(root, program):
    records, items = [], []
    for path in sorted((root / "malformed").glob("*.json*")):
        item = load(path)
        if item["type"] != "offer":
            continue
        records.append(("N", ""))
        items.append(None)
        for before in item.get("context") or []:
            if before["type"] == "offer":
                records.append(("O", before["sdp"]))
                items.append(None)
        records.append(("P", item["sdp"]))
        items.append(item)
    good = True
    counts = collections.Counter()
    for item, verdict in zip(items, judge(program, records)):
        if item is None:
            continue
        got = "accept" if verdict.startswith("ok") else "reject"
        counts[item["expected"], item["confidence"], got] += 1
        if got == item["expected"]:
            continue
        print(f"{item['id']}: {item['expected']} {item['confidence']} "
              f"(RFC {item['rfcVerdict']}), got {verdict}: "
              f"{item['mutation']} [{item['why']}]")
        good = good and item["confidence"] == "low"
    for key, count in sorted(counts.items()):
        print(f"{key[0]} {key[1]}: {key[2]} {count}")
    return good


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    root = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("PARLEY_CORPUS")
    if not root:
        sys.exit("no corpus: give its path or set PARLEY_CORPUS")
    root = pathlib.Path(root)
    results = [check(root, sys.argv[1]) for check in (negotiations, malformed)]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
