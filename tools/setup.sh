#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Install from Debian what a list (see tools/packages) names and is not there;
# with a second word, only what is marked with it.
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
		# The compiler for this machine is gcc's own.
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

# The project asks apt for this machine's mirror: apt must have read it once.
knows_mirror() {
	[ -n "$mark" ] || ! grep -qs '^ID=debian' /etc/os-release ||
		ls /var/lib/apt/lists/*Release >/dev/null 2>&1
}

want=$(missing)
[ -z "$want" ] && knows_mirror && exit 0
command -v apt-get >/dev/null ||
	stop "this is no Debian: install these (names as in Debian) in your system's way:$want"

root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null ||
		stop "not root and no sudo: have someone run 'apt-get install$want'"
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
