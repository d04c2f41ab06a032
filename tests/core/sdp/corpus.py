#!/usr/bin/env python3
"""Runs the SDP parser over a corpus of session descriptions.

    corpus.py VERDICT [CORPUS]

VERDICT is the sdp_verdict program; CORPUS (default: $PARLEY_CORPUS) a directory
with index.json, corpus/STACK/CONFIG.json[.gz] (one negotiation each: `sequence`
of steps with `sdp` and `candidates`) and malformed/ID.json[.gz] (one mutated
description each: `sdp`, `expected`, `confidence`, `rfcVerdict`).

Every description and candidate of the negotiations must parse and survive
printing. Of the malformed ones those that are to be rejected but parse are
listed: it is for the negotiation to refuse their content. Those that are to be
accepted with high confidence must parse. Exit status 1 if any of this fails.
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
    """One verdict (kind, detail) per record (kind, text)."""
    data = bytearray()
    for kind, text in records:
        body = text.encode("utf-8", "surrogatepass")
        data += b"%s %d\n" % (kind.encode(), len(body)) + body
    done = subprocess.run([program], input=bytes(data), check=True,
                          stdout=subprocess.PIPE)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if len(lines) != len(records):
        sys.exit(f"{len(records)} records, {len(lines)} verdicts")
    return [line.split(" ", 1) for line in lines]


def negotiations(root, program):
    records, names = [], []
    sequences = 0
    for path in sorted((root / "corpus").glob("*/*.json*")):
        sequences += 1
        for number, step in enumerate(load(path)["sequence"]):
            where = f"{path.relative_to(root)} step {number}"
            if step.get("sdp"):
                records.append(("D", step["sdp"]))
                names.append(where)
            for candidate in step.get("candidates") or []:
                line = candidate.get("candidate")
                if line:
                    records.append(("C", line))
                    names.append(f"{where}: {line}")
    verdicts = judge(program, records)
    counts = collections.Counter()
    for (kind, _), name, (verdict, detail) in zip(records, names, verdicts):
        counts[kind, verdict] += 1
        if verdict != "ok":
            print(f"{name}: {verdict} {detail}")
    print(f"{sequences} negotiations: {counts['D', 'ok']} descriptions and "
          f"{counts['C', 'ok']} candidates round-trip")
    return all(verdict == "ok" for _, verdict in counts)


def malformed(root, program):
    items = [load(path)
             for path in sorted((root / "malformed").glob("*.json*"))]
    verdicts = judge(program, [("D", item["sdp"]) for item in items])
    good = True
    left = []
    counts = collections.Counter()
    for item, (verdict, detail) in zip(items, verdicts):
        expected = item["expected"], item["confidence"]
        counts[expected, verdict] += 1
        label = (f"{item['id']} ({item['type']}, {item['expected']} "
                 f"{item['confidence']}, RFC {item['rfcVerdict']})")
        if verdict == "BUG":
            print(f"{label}: BUG {detail}")
            good = False
        elif item["expected"] == "accept" and verdict != "ok":
            print(f"refused though acceptable: {label}: {detail}")
            good = good and item["confidence"] == "low"
        elif item["expected"] == "reject" and verdict == "ok":
            left.append(f"{label}: {item['mutation']} [{item['why']}]")
        elif verdict != "ok":
            print(f"refused: {label}: {detail}")
    print("\nLeft to the negotiation:")
    for line in left:
        print("  " + line)
    for (expected, verdict), count in sorted(counts.items()):
        print(f"{' '.join(expected)}: {verdict} {count}")
    return good


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    root = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("PARLEY_CORPUS")
    if not root:
        sys.exit("no corpus: give its path or set PARLEY_CORPUS")
    root = pathlib.Path(root)
    results = [negotiations(root, program), malformed(root, program)]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
