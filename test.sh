#!/usr/bin/env bash
# All tests, against the real programs: installs the references that are missing, makes a missing
# one a failure, and runs `cargo test --workspace`. Without this script, plain `cargo test
# --workspace` runs the same tests and reports as ignored those whose program is not there.
#
# Needs Rust, a C compiler, and (only where a reference is missing) Debian's or Ubuntu's apt-get,
# as root or with sudo, and pip.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# program:package, for each program that a test starts.
references=(bash:bash curl:curl python3:python3 tshark:tshark tcpdump:tcpdump ip:iproute2
    mosquitto:mosquitto mosquitto_passwd:mosquitto mosquitto_pub:mosquitto-clients
    nginx:nginx-light wrk:wrk chromium:chromium)

missing=()
# The tests' PATH may lack the directories for administrators.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
for reference in "${references[@]}"; do
    if ! command -v "${reference%%:*}" >/dev/null; then
        missing+=("${reference##*:}")
    fi
done

# Python's own: Debian's are too old or too many, so pip brings them. Package:what it must import.
python_references=("paho-mqtt>=2:from paho.mqtt.client import CallbackAPIVersion"
    "pyzmq>=25:import zmq.auth.thread" "flask>=3:import flask" "requests>=2:import requests"
    "schemathesis>=4:import schemathesis.cli")
python_packages=()
for reference in "${python_references[@]}"; do
    if ! python3 -c "${reference#*:}" 2>/dev/null; then
        python_packages+=("${reference%%:*}")
    fi
done
if ((${#python_packages[@]} > 0)) && ! python3 -m pip --version >/dev/null 2>&1; then
    missing+=(python3-pip)
fi

if ((${#missing[@]} > 0)); then
    if ! command -v apt-get >/dev/null; then
        echo "test.sh: no apt-get here; install these yourself: ${missing[*]}" >&2
        exit 1
    fi
    as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "test.sh: neither root nor sudo; as root: apt-get install ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "test.sh: installing ${missing[*]}" >&2
    # tshark's package asks a question; `env` carries the answer through sudo.
    apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
    if ! "${apt[@]}" update >&2 ||
        ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 </dev/null; then
        echo "test.sh: apt-get failed; install these yourself: ${missing[*]}" >&2
        exit 1
    fi
fi

if ((${#python_packages[@]} > 0)); then
    echo "test.sh: installing ${python_packages[*]}" >&2
    pip=(python3 -m pip install --quiet --disable-pip-version-check)
    # Debian's Python asks for the second form.
    if ! "${pip[@]}" "${python_packages[@]}" >&2 &&
        ! "${pip[@]}" --user --break-system-packages "${python_packages[@]}" >&2; then
        echo "test.sh: pip failed; install ${python_packages[*]} for python3 yourself" >&2
        exit 1
    fi
fi

# MQTT.js, where there is an npm to bring it; without one its test is ignored, and says so.
if command -v npm >/dev/null && [[ ! -d target/npm/node_modules/mqtt ]]; then
    echo "test.sh: installing MQTT.js" >&2
    mkdir -p target/npm
    if ! npm install --silent --no-fund --no-audit --prefix target/npm mqtt@5 >&2; then
        echo "test.sh: npm failed; npm install --prefix target/npm mqtt@5 yourself" >&2
        exit 1
    fi
fi

# The peers of other implementations in Rust: a workspace of their own, so that their trees stay
# out of ours.
if ! cargo build --quiet --release --locked --manifest-path benches/peers/Cargo.toml \
    --target-dir benches/peers/target; then
    echo "test.sh: the peers in benches/peers do not build; see above" >&2
    exit 1
fi

export WIRELAB_REQUIRE_REFERENCES=1
exec cargo test --workspace "$@"
