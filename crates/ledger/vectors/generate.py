#!/usr/bin/env python3
"""Known-answer vectors for kzte-ledger, from an implementation that shares nothing with it.

Standard library only. Trees are hashed by the recursive definition of RFC 9162 (2.1.1, 2.1.3.1), not level by
level as the crate does.

    python3 generate.py            writes the JSON files beside this script
    python3 generate.py --check    fails if a file differs from what would be written

64-bit numbers are decimal strings, so that readers in any language keep every digit; bytes are hexadecimal.
"""

import hashlib
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent


def sha256(data):
    return hashlib.sha256(data).digest()


def label(text):
    """A 32-byte value that stands for an address or a keyed hash."""
    return sha256(b"kzte vector: " + text.encode())


# Entries.


def encode_entry(kind, index, amount, reference_hash, party):
    encoding = struct.pack("<BIQ", kind, index, amount) + reference_hash + party
    assert len(encoding) == 77
    return encoding


def entry(kind, index, amount, reference_hash, party):
    encoding = encode_entry(kind, index, amount, reference_hash, party)
    return {
        "kind": ["credit", "debit"][kind],
        "index": index,
        "amount": str(amount),
        "reference_hash": reference_hash.hex(),
        "party": party.hex(),
        "actionable": any(party),
        "encoding": encoding.hex(),
        "leaf_hash": sha256(b"\x00" + encoding).hex(),
    }


def statement_entry(index):
    """Entry `index` of the example statement: every third a debit, every fifth without a party."""
    kind = 1 if index % 3 == 2 else 0
    amount = 100 * (index + 1) ** 3 + index
    party = bytes(32) if index % 5 == 4 else label(f"party {index}")
    return entry(kind, index, amount, label(f"reference {index}"), party)


# Trees. A node is named by the range of leaves below it.


def split(size):
    """The largest power of two below `size`."""
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def path(index, leaves):
    """PATH(m, D[n]) of RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return path(index, leaves[:k]) + [root(leaves[k:])]
    return path(index - k, leaves[k:]) + [root(leaves[:k])]


def run_siblings(start, end, leaves):
    """The roots that a verifier of leaves[start:end] lacks, as (size of the split, side, root).

    A sibling is hashed where its parent splits, and the split's size grows by level; so sorting gives the order
    level by level, left before right.
    """
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    left, right = leaves[:k], leaves[k:]
    if end <= k:
        return run_siblings(start, end, left) + [(k, 1, root(right))]
    if start >= k:
        return run_siblings(start - k, end - k, right) + [(k, 0, root(left))]
    return run_siblings(start, k, left) + run_siblings(0, end - k, right)


def run_proof(start, length, leaves):
    siblings = run_siblings(start, start + length, leaves)
    return [node for _, _, node in sorted(siblings, key=lambda s: s[:2])]


def tree(leaves, runs):
    return {
        "size": len(leaves),
        "root": root(leaves).hex(),
        "inclusion": [[node.hex() for node in path(i, leaves)] for i in range(len(leaves))],
        "runs": [
            {"start": s, "len": n, "proof": [node.hex() for node in run_proof(s, n, leaves)]}
            for s, n in runs
        ],
    }


# Statements.


def attestation(name, ids, version, totals, entries_root, source_hash):
    message = b"KZTE:statement:v1" + ids["program"] + ids["config"] + ids["issuer"]
    message += struct.pack(
        "<IQQQQQqII",
        version,
        totals["number"],
        totals["opening"],
        totals["credit_total"],
        totals["debit_total"],
        totals["closing"],
        totals["as_of"],
        totals["entry_count"],
        totals["actionable_count"],
    )
    message += entries_root + source_hash
    assert len(message) == 237
    wide = ("number", "opening", "credit_total", "debit_total", "closing", "as_of")
    return {
        "name": name,
        **{key: value.hex() for key, value in ids.items()},
        "attestor_set_version": version,
        "totals": {key: str(value) if key in wide else value for key, value in totals.items()},
        "entries_root": entries_root.hex(),
        "source_hash": source_hash.hex(),
        "message": message.hex(),
        "digest": sha256(message).hex(),
    }


def build():
    entries = [statement_entry(i) for i in range(33)]
    extremes = [
        entry(0, 0, 0, bytes(32), bytes(32)),
        entry(1, 2**32 - 1, 2**64 - 1, b"\xff" * 32, b"\xff" * 32),
        entry(0, 65535, 1, label("reference"), bytes(31) + b"\x01"),
        entry(1, 0x04030201, 0x0C0B0A0908070605, bytes(range(13, 45)), bytes(range(45, 77))),
    ]

    leaves = [bytes.fromhex(e["leaf_hash"]) for e in entries]
    trees = []
    for size in list(range(10)) + [13, 16, 17, 31, 32, 33]:
        if size < 10:
            runs = [(s, n) for s in range(size) for n in range(1, size - s + 1)]
        else:
            edges = [(0, 1), (0, size), (1, size - 1), (0, size - 1), (1, size - 2), (size - 1, 1), (size - 2, 2)]
            runs = edges + [(3, 2), (5, 6), (size // 2 - 1, 2), (7, 4)]
        trees.append(tree(leaves[:size], runs))

    # The published test inputs of Certificate Transparency, whose roots are well known.
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    ct_leaves = [sha256(b"\x00" + bytes.fromhex(data)) for data in inputs]
    transparency = {
        "inputs": inputs,
        "leaf_hashes": [leaf.hex() for leaf in ct_leaves],
        "roots": [root(ct_leaves[:size]).hex() for size in range(len(inputs) + 1)],
    }

    ids = {key: label(key) for key in ("program", "config", "issuer")}
    credits = sum(int(e["amount"]) for e in entries if e["kind"] == "credit")
    debits = sum(int(e["amount"]) for e in entries if e["kind"] == "debit")
    opening = 1_000_000_00
    statement = {
        "number": 2,
        "opening": opening,
        "credit_total": credits,
        "debit_total": debits,
        "closing": opening + credits - debits,
        "as_of": 1_767_225_600,
        "entry_count": len(entries),
        "actionable_count": sum(e["actionable"] for e in entries),
    }
    empty = dict.fromkeys(statement, 0) | {"number": 1, "as_of": 1}
    widest = dict.fromkeys(statement, 2**64 - 1) | {
        "as_of": -(2**63),
        "entry_count": 2**32 - 1,
        "actionable_count": 2**32 - 1,
    }
    # Every byte position has a value of its own, so a swapped pair of fields shows.
    distinct = {
        "number": 0x0807060504030201,
        "opening": 0x1817161514131211,
        "credit_total": 0x2827262524232221,
        "debit_total": 0x3837363534333231,
        "closing": 0x4847464544434241,
        "as_of": 0x5857565554535251,
        "entry_count": 0x64636261,
        "actionable_count": 0x74737271,
    }
    source = label("source file")
    attestations = [
        attestation("example statement", ids, 3, statement, root(leaves), source),
        attestation("first statement without entries", ids, 1, empty, root([]), source),
        attestation("widest values", dict.fromkeys(ids, b"\xff" * 32), 2**32 - 1, widest, b"\xff" * 32, b"\xff" * 32),
        attestation("distinct bytes", ids, 0x84838281, distinct, label("root"), source),
    ]

    return {
        "entries.json": {"entries": entries, "extremes": extremes},
        "merkle.json": {"trees": trees, "certificate_transparency": transparency},
        "attestations.json": {"attestations": attestations},
    }


def main():
    stale = []
    for name, content in build().items():
        text = json.dumps(content, indent=1) + "\n"
        file = HERE / name
        if "--check" in sys.argv[1:]:
            if not file.exists() or file.read_text() != text:
                stale.append(name)
        else:
            file.write_text(text)
    if stale:
        sys.exit(f"not what generate.py writes: {', '.join(stale)}; run it without --check")


if __name__ == "__main__":
    main()
