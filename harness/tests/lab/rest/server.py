"""The lab's REST server: two numbers added or multiplied, on Flask's development server.

    server.py [HOST [PORT]]         default 0.0.0.0 5151; port 0 takes a free one

The debug mode indents the JSON. Where it listens, and each request, is told on stderr.
"""

import sys

from flask import Flask, jsonify, request

app = Flask(__name__)


def answer(work):
    try:
        a, b = int(request.args["a"]), int(request.args["b"])
    except (KeyError, ValueError):
        return jsonify({"error": "Invalid input"}), 400
    return jsonify({"result": work(a, b)})


@app.route("/add")
def add():
    return answer(lambda a, b: a + b)


@app.route("/mul")
def mul():
    return answer(lambda a, b: a * b)


if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "0.0.0.0"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 5151
    # The reloader would serve in a second process, which outlives the first.
    app.run(host=host, port=port, debug=True, use_reloader=False)
