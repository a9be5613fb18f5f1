#!/bin/sh
# Makes .venv ready: ngspice from the system's packages, a virtual environment, the package in it.
#
# usage: scripts/setup.sh [EXTRA[,EXTRA]...]    for example scripts/setup.sh test,lint
#
# PYTHON             the Python to use; otherwise the first of python3, python3.13, 3.12 and 3.11
#                    that is 3.11 or later
# OPTOSPICE_NGSPICE  an ngspice of your own, its prefix folder or its library; then none is installed
#
# Exit status 2: something is missing that only you can provide; one line says what.
set -eu
cd "$(dirname "$0")/.."

extras=${1:-}
log=$(mktemp)
half_made=

tidy_up() {
    rm -f "$log"
    if [ -n "$half_made" ]; then rm -rf .venv; fi
}
trap tidy_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf 'setup: %s\n' "$*" >&2; }
stop() {
    say "$*"
    exit 2
}

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_recent "$PYTHON" || stop "PYTHON=$PYTHON is not a Python 3.11 or later"
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11; do
        if is_recent "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    stop "no Python 3.11 or later found: install one, or name it as in PYTHON=/opt/python/bin/python3"
}

venv_works() { is_recent .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }

# Debian and Ubuntu leave ensurepip out of Python; its package carries the version in its name.
venv_package() {
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 && return
    "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

ngspice_packages() {
    if [ -n "${OPTOSPICE_NGSPICE:-}" ]; then
        [ -n "$(find "$OPTOSPICE_NGSPICE" -name 'libngspice*.so*' 2>/dev/null)" ] ||
            stop "OPTOSPICE_NGSPICE=$OPTOSPICE_NGSPICE holds no libngspice.so.0"
        return
    fi
    command -v ngspice >/dev/null || echo ngspice
    "$python" -c 'import ctypes; ctypes.CDLL("libngspice.so.0")' >/dev/null 2>&1 || echo libngspice0
}

run_apt() {
    # shellcheck disable=SC2086  # empty, or two words
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=60 "$@" >>"$log" 2>&1 </dev/null
}

install_packages() {
    by_hand="apt-get update && apt-get install -y --no-install-recommends $*"
    if ! command -v apt-get >/dev/null; then
        stop "missing (by Debian's names): $*; install ngspice with its shared library libngspice.so.0, and Python's venv, then run again"
    elif [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif sudo -n true >/dev/null 2>&1; then
        as_root="sudo -n"
    else
        stop "missing: $*; run this, then try again: sudo sh -c '$by_hand'"
    fi
    say "installing with apt-get: $*"
    run_apt install -y --no-install-recommends "$@" && return
    say "updating apt's package lists, then trying again"
    : >"$log"
    if ! run_apt update || ! run_apt install -y --no-install-recommends "$@"; then
        sed -n 's/^[EW]: /setup: apt-get said: /p' "$log" | head -n 3 >&2
        stop "apt-get failed; run this as root, then try again: $by_hand"
    fi
}

if venv_works; then
    python=.venv/bin/python
    packages=$(ngspice_packages)
else
    python=$(find_python)
    packages="$(venv_package) $(ngspice_packages)"
fi

# shellcheck disable=SC2086  # a list of words
set -- $packages
if [ $# -gt 0 ]; then
    install_packages "$@"
    [ -z "$(ngspice_packages)" ] ||
        stop "apt-get installed $*, yet $python finds no ngspice or no libngspice.so.0"
fi

if [ "$python" != .venv/bin/python ]; then
    say "creating .venv with $("$python" --version)"
    half_made=yes
    rm -rf .venv
    "$python" -m venv .venv >"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        stop "$python could not create .venv"
    }
    half_made=
fi

say "installing optospice${extras:+[$extras]} and what it needs into .venv"
.venv/bin/python -m pip install --disable-pip-version-check -q -e ".${extras:+[$extras]}" >&2
say "ready"
