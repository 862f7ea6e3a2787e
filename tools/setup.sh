#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Install the missing Debian packages of a list (see tools/packages).  With a second
# argument, install only the packages with this mark.
set -u

list=${1:?usage: setup.sh LIST [MARK]}
mark=${2-}
stop() {
	echo "xen-dma: error: $*" >&2
	exit 1
}

missing() {
	while read -r what package marked; do
		case $what in
		''|'#'*) continue ;;
		# On this machine, gcc is the native compiler.
		/usr/aarch64-linux-gnu/*|aarch64-linux-gnu-*)
			[ "$(uname -m)" = aarch64 ] && continue ;;
		x86_64-linux-gnu-*)
			[ "$(uname -m)" = x86_64 ] && continue ;;
		esac
		[ "$marked" = "$mark" ] || [ -z "$mark" ] || continue
		case $what in
		/*) [ -e "$what" ] && continue ;;
		*) command -v "$what" >/dev/null && continue ;;
		esac
		printf ' %s' "$package"
	done <"$list"
}

# The project uses the mirror of this machine, so apt must have read its lists once.
knows_mirror() {
	[ -n "$mark" ] || ! grep -qs '^ID=debian' /etc/os-release ||
		ls /var/lib/apt/lists/*Release >/dev/null 2>&1
}

want=$(missing)
[ -z "$want" ] && knows_mirror && exit 0
command -v apt-get >/dev/null ||
	stop "this system is not Debian: install these packages (Debian's names) yourself:$want"

root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null ||
		stop "not root, and no sudo: ask an administrator to run 'apt-get install$want'"
	root=sudo
fi

echo "xen-dma: reading Debian's package lists" >&2
$root apt-get update -q >&2 ||
	stop "'apt-get update' failed: check the network and /etc/apt, then run make again"
[ -z "$want" ] && exit 0
echo "xen-dma: installing$want" >&2
# shellcheck disable=SC2086 # a list of words
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
	--no-install-recommends $want >&2 ||
	stop "cannot install$want: see apt's message above, then run make again"
want=$(missing)
[ -z "$want" ] || stop "still missing after installing:$want"
