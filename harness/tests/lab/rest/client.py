"""The lab's REST client: asks for a sum, a product, or both, each on a connection of its own.

    client.py [--op add|mul|both] [-a 2] [-b 3] [--base http://127.0.0.1:5151]

The numbers are sent as they are written; what they are is the server's to say.
"""

import argparse

import requests


def ask(op, a, b, base):
    try:
        response = requests.get(f"{base}/{op}", params={"a": a, "b": b}, timeout=3)
        if response.status_code == 200:
            print(f"{op}({a},{b}) = {response.json()['result']}")
        else:
            print(f"{op} error {response.status_code}: {response.text.rstrip()}")
    except Exception as error:
        print(f"{op} exception: {error}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--op", choices=["add", "mul", "both"], default="both")
    parser.add_argument("-a", default="2")
    parser.add_argument("-b", default="3")
    parser.add_argument("--base", default="http://127.0.0.1:5151")
    given = parser.parse_args()
    for op in ["add", "mul"] if given.op == "both" else [given.op]:
        ask(op, given.a, given.b, given.base)


if __name__ == "__main__":
    main()
