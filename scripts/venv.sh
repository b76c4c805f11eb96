# Sourced by the commands of this folder: one virtual environment in .venv, holding exactly what a lock says.
# shellcheck shell=bash

step() { printf '\n== %s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Prints the first Python that is at least 3.11. $PYTHON, where given, is asked first.
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; install it, or name it: PYTHON=/path/to/python $0"
}

# make_venv LOCK: .venv holds what LOCK says, installed by hash. Nothing is done when it holds it already.
# An environment made from requirements-dev.lock serves for requirements.lock too: the first is a superset of the second.
make_venv() {
    local lock=$1 python wanted
    wanted=$(cat "$lock" | sha256sum)
    if grep -qsxF "$wanted" .venv/locks; then
        return
    fi
    python=$(find_python)
    step "making .venv from $lock with $("$python" --version)"
    rm -rf .venv
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        fail "'$python -m venv' failed; on Debian: apt-get install python3-venv"
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    sha256sum <"$lock" >.venv/locks
    if [ "$lock" = requirements-dev.lock ]; then
        sha256sum <requirements.lock >>.venv/locks
    fi
}
