#!/bin/sh
# Unpacks a second, newer ngspice beside the system's, into a folder of its own.
#
# usage: scripts/fetch_ngspice.sh FOLDER
#
# Debian 12 only: takes ngspice from bookworm-backports. Nothing is installed; select it with
# OPTOSPICE_NGSPICE=FOLDER. Exit status 3 where it cannot be had.
set -eu

folder=$(realpath -m "${1:?usage: scripts/fetch_ngspice.sh FOLDER}")
if [ -n "$(find "$folder" -name 'libngspice.so*' 2>/dev/null)" ]; then
    exit 0
fi
. /etc/os-release
if [ "${VERSION_CODENAME:-}" != bookworm ] || ! command -v apt-get >/dev/null; then
    echo "fetch_ngspice: only for Debian 12 (bookworm)" >&2
    exit 3
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mirror=$(sed -n 's/^URIs: *\(http[^ ]*debian\)\/* *$/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
echo "deb ${mirror:-http://deb.debian.org/debian} bookworm-backports main" > "$work/sources.list"
mkdir "$work/lists"
apt() {
    apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o APT::Sandbox::User=root "$@" >>"$work/log" 2>&1
}
cd "$work"
if ! apt update || ! apt download ngspice/bookworm-backports libngspice0/bookworm-backports; then
    echo "fetch_ngspice: the packages cannot be had: $(tail -n 1 "$work/log")" >&2
    exit 3
fi
for package in ./*.deb; do
    dpkg-deb -x "$package" "$work/unpacked"
done
mkdir -p "$(dirname "$folder")"
mv "$work/unpacked" "$folder"
