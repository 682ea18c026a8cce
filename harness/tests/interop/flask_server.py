"""What people write with Flask, behind Flask's development server.

Usage: flask_server.py 1.0|1.1; says its port on stdout.
"""

import sys

import flask
from werkzeug.serving import WSGIRequestHandler, make_server

app = flask.Flask(__name__)


@app.get("/numbers/<int:count>")
def numbers(count):
    """A generator: its length is not known before."""
    return flask.Response((f"{n}\n" for n in range(count)), mimetype="text/plain")


@app.get("/breaks")
def breaks():
    """A generator that fails when part of it is on its way."""

    def half():
        yield "half\n" * 1000
        raise RuntimeError("the other half is not to be had")

    return flask.Response(half(), mimetype="text/plain")


@app.get("/fails")
def fails():
    raise RuntimeError("on purpose")


@app.get("/leads/<int:code>")
def leads(code):
    return flask.redirect(flask.url_for("numbers", count=3), code)


@app.get("/slashed/")
def slashed():
    return "with a slash\n"


@app.post("/form")
def form():
    return "".join(f"{name}={value}\n" for name, value in sorted(flask.request.form.items()))


@app.route("/echo", methods=["POST", "PUT"])
def echo():
    answer = flask.jsonify(flask.request.get_json())
    answer.headers["X-Method"] = flask.request.method
    return answer, 201


@app.post("/count")
def count():
    return f"{len(flask.request.get_data())}\n"


@app.get("/query")
def query():
    return flask.jsonify(sorted(flask.request.args.items(multi=True)))


class Http11(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"


class Http10(WSGIRequestHandler):
    protocol_version = "HTTP/1.0"


if __name__ == "__main__":
    version = {"1.0": Http10, "1.1": Http11}[sys.argv[1]]
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=version)
    print(server.server_port, flush=True)
    server.serve_forever()
