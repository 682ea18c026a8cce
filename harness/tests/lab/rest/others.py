"""What the lab's capture has behind its sums: the requests that no sum answers.

    others.py [BASE]                default http://127.0.0.1:5151

A number that is none, a path that is none, a method that the path lacks; and two that ask about
a sum only.
"""

import sys

import requests

base = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:5151"
for method, target in [
    ("GET", "/add?a=x&b=1"),
    ("GET", "/div?a=1&b=1"),
    ("POST", "/add"),
    ("HEAD", "/add?a=1&b=2"),
    ("OPTIONS", "/add"),
]:
    response = requests.request(method, base + target, timeout=3)
    print(method, target, response.status_code, response.headers.get("Allow", ""))
