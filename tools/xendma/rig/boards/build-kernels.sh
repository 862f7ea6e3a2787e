#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Build the kernels of a kit from a copy of your kernel source, and add them to the kit.
# make board KDIR= writes this script, and does not run it: it runs the source's makefiles.
#
#   sh build-kernels.sh /path/to/linux [/path/for/the/build]
set -eu

kit=$(cd "$(dirname "$0")" && pwd)
source=${1:?usage: build-kernels.sh /path/to/linux [/path/for/the/build]}
work=${2:-$kit/build}
export ARCH=arm64 CROSS_COMPILE="${CROSS_COMPILE-aarch64-linux-gnu-}"
stop() {
	echo "xen-dma: error: $*" >&2
	exit 1
}

[ -f "$source/Makefile" ] || stop "$source is no kernel source: name its top directory"
for program in make cpio gzip mcopy patch "${CROSS_COMPILE}gcc"; do
	command -v "$program" >/dev/null || stop "$program is not installed: install it"
done
mkdir "$work" || stop "cannot create $work: remove it, or name another directory"
work=$(cd "$work" && pwd)
cp -a "$source" "$work/linux"
cd "$work/linux"
make -s mrproper

# Stop if a file is larger than its place in memory, in MiB.
check_size() {
	[ "$(wc -c <"$1")" -le $(($2 << 20)) ] ||
		stop "${1##*/} of $3 is larger than its place of $2 MiB:" \
			"leave options out of $kit/kernel.config"
}

build() {
	make -s O="$work/objects" KCONFIG_ALLCONFIG="$kit/kernel.config" allnoconfig
	grep '^CONFIG_.*=' "$kit/kernel.config" | while read -r option; do
		grep -Fqx -- "$option" "$work/objects/.config" || echo "not in this kernel: $option"
	done
	grep -qx CONFIG_SWIOTLB_XEN=y "$work/objects/.config" || stop "no CONFIG_SWIOTLB_XEN"
	make -s -j"$(nproc)" O="$work/objects" Image modules
	rm -rf "$work/module"
	cp -r "$kit/module" "$work/module"
	make -s O="$work/objects" M="$work/module" modules
	(cd "$work/module" && echo xen_dma_test.ko | cpio -o -H newc --quiet) | gzip -9n |
		cat "$kit/base.rd" - >"$work/ramdisk"
	check_size "$work/objects/arch/arm64/boot/Image" 32 "$1"
	check_size "$work/ramdisk" 16 "$1"
	cp "$work/objects/arch/arm64/boot/Image" "$kit/$1.img"
	cp "$work/ramdisk" "$kit/$1.rd"
	mcopy -o -i "$kit/sd.img@@1M" "$kit/$1.img" "$kit/$1.rd" ::
}

build stock
for file in "$kit"/series/[0-9]*.patch; do
	case $file in
	*/0000-*) continue ;;
	esac
	patch -s -p1 <"$file" || stop "$file does not apply: is $source the source of the kit?"
done
build patched
echo "both kernels are in $kit, and in its sd.img"
