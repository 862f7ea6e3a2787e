# SPDX-License-Identifier: GPL-2.0
"""make board: the script, the image, and all boots of a kit by Debian's U-Boot."""

import gzip
import json
import re
import shutil
import struct
import subprocess

from xendma.util.errors import UserError
from xendma.util.paths import BUILD
from xendma.sources import tree as trees
from xendma.results import board_log, board_page, boards, expected
from xendma.rig import boot
from xendma.rig.boards import image, place, script
from xendma.rig.machines import virt
from xendma.rig.machines.machine import Machine
from xendma.runs import board

from .support import RIG, TOUCHED, Case, later, make, small_tree
from .test_board import SMALL, compiled
from .test_board_log import HIT

# With firmware and ACPI, this machine lacks a device that is in its tree.
MACHINE = "virt,virtualization=on,gic-version=2,acpi=off"
HARDWARE = ["-cpu", "cortex-a57", "-smp", "1", "-m", "1G"]
U_BOOT = "/usr/lib/u-boot/qemu_arm64/u-boot.bin"
# A make that takes the file of the series for a kernel.
STUB = f"""
for word; do
	case $word in
	O=*) objects=${{word#O=}} ;;
	M=*) module=${{word#M=}} ;;
	esac
done
[ "${{objects-}}" ] || exit 0
mkdir -p "$objects/arch/arm64/boot"
cp {TOUCHED} "$objects/arch/arm64/boot/Image"
[ -z "${{MORE-}}" ] || truncate -s 33M "$objects/arch/arm64/boot/Image"
echo CONFIG_SWIOTLB_XEN=y >"$objects/.config"
[ -z "${{module-}}" ] || echo module >"$module/xen_dma_test.ko"
"""


class Script(Case):
    """The script of U-Boot, the image, and the job for LAVA."""

    def setUp(self):
        super().setUp()
        self.at = place.Place(0x28000000, "serial0", 0x9000000, True)
        self.steps = board.steps("7.3.4", True)
        self.text = script.text("abc123", self.steps, self.at, {"stock": "a=1", "patched": "a=2"},
                                ["watchdog@1"])

    def test_progress_is_kept_before_a_boot(self):
        self.assertLess(self.text.index("fatwrite"), self.text.index("booti"))
        self.assertLess(self.text.index("saveenv"), self.text.index("booti"))
        self.assertLess(self.text.index("wdt start"), self.text.index("booti"))
        self.assertNotRegex(self.text, r"@[A-Z]+@")

    def test_no_boot_from_old_memory(self):
        """Each file and each change of the tree is a condition of the boot."""
        lines = [l.strip() for l in self.text[:self.text.index("booti")].splitlines()]
        steps = [l for l in lines if re.search(r"\b(?:load|fdt (?:set|addr)) ", l)]
        self.assertEqual(len(steps), 9)
        for line in steps:
            self.assertRegex(line, r"^if .*; then$")
        self.assertLess(max(map(len, lines)), 500)
        self.assertEqual(*(len(re.findall(rf"\b{word}\b", self.text)) for word in ("if", "fi")))
        self.assertRegex(self.text, r'booti .*\n[\s;fi]+\n\s*echo "xen-dma kit \w+: cannot boot')

    def test_environment_keeps_only_the_progress(self):
        """A boot that was picked by hand is made once."""
        picked, saved = self.text.index("setenv xendma_pick\n"), self.text.index("if saveenv")
        self.assertLess(self.text.index("xendma_boot ${xendma_pick}"), picked)
        self.assertLess(picked, saved)
        self.assertLess(saved, self.text.index("setenv fdt_high"))

    def test_each_dangerous_test_has_a_boot_of_its_own(self):
        alone = [s.only for s in self.steps if s.kernel == "stock" and s.real]
        self.assertEqual(alone, boards.dangerous("7.3.4", True))
        self.assertEqual(self.steps[2].only.split(","), alone)
        self.assertTrue(set(alone) <= set(boards.test_names()))
        self.assertFalse([s for s in self.steps[:2] if s.real])
        for n in range(1, len(self.steps) + 1):
            self.assertIn(f'"${{xendma_boot}}" = {n};', self.text)

    def test_failures_hold_for_other_addresses(self):
        """The list of a kit accepts any address, and the kernel's list does not."""
        message = HIT.replace("0x57000000+1", "0x99000000+64") + " (PAR 0x80d)"
        path = self.tmp / "failures.ini"
        path.write_text(boards.loosened("7.3.4", True))
        for control, wanted in ((path, True), (None, False)):
            found = {p: s for p, s, _ in expected.expected_failures(
                "7.3.4", **({"path": control} if control else {}))}
            seen = re.search(found["memory.own_*.translated"],
                             f"page of 0x99000000+1, to: {message}")
            self.assertEqual(bool(seen), wanted)

    def test_tests_that_a_board_lacks(self):
        for outside in (True, False):
            text = boards.loosened("7.3.4", outside)
            self.assertEqual("pool_outside" in text, outside)
            self.assertEqual(boards.OUTSIDE in boards.dangerous("7.3.4", outside), outside)
            self.assertNotIn("device_pages", text)

    def test_image(self):
        (self.tmp / "file").write_text("text\n")
        image.write([self.tmp / "file"], self.tmp / "sd.img")
        head = (self.tmp / "sd.img").read_bytes()[:512]
        self.assertEqual(head[510:], b"\x55\xaa")
        kind, first, count = struct.unpack_from("<B3xII", head, 446 + 4)
        self.assertEqual((kind, first), (0x0c, 2048))
        self.assertEqual((first + count) * 512, (self.tmp / "sd.img").stat().st_size)
        there = subprocess.run(["mtype", "-i", f"{self.tmp}/sd.img@@1M", "::file"], check=True,
                               capture_output=True, text=True).stdout
        self.assertEqual(there, "text\n")

    def test_job_for_lava(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is not installed")
        job = yaml.safe_load(script.lava("abc123", self.steps, "a,board"))
        self.assertEqual([list(action)[0] for action in job["actions"]],
                         ["deploy", "boot", "test"])
        monitor = job["actions"][2]["test"]["monitors"][0]
        self.assertRegex(script.banner("abc123", 1, 14, self.steps[0]), monitor["start"])
        self.assertRegex(script.done("abc123"), monitor["end"])
        results = [re.match(monitor["pattern"], l) for l in ("ok 1 a.test", "not ok 2 b", "# x")]
        self.assertEqual([m and (m["result"], m["test_case_id"]) for m in results],
                         [("ok", "a.test"), ("not ok", "b"), None])

    def test_kit_with_other_files(self):
        """make board replaces its own files, and no other."""
        out, newest = self.tmp / "out", trees.get("newest")
        (out / "series").mkdir(parents=True)
        (out / "series/0001-x.patch").write_text("x\n")
        (out / "kit.json").write_text(json.dumps({"files": ["kit.json", "series/0001-x.patch"]}))
        board.check_outdir(out, newest)
        for name, shown in (("capture.txt", "capture.txt"), ("build/linux/Makefile", "build"),
                            ("series/notes", "series/notes"), ("stock.img", "stock.img")):
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_text("mine\n")
            with self.assertRaisesRegex(UserError, f"OUT=.*/out has {shown}, which is not of make "
                                        "board: move it away, or name another directory"):
                board.check_outdir(out, newest)
            (out / name).unlink()
        board.check_outdir(out, newest)
        for text in ("", "[]", '{"files": 1}', '{"files": [[], 1]}', '{"files": [1]}', "{}"):
            (out / "kit.json").write_text(text)
            with self.assertRaisesRegex(UserError, "has series, which is not of make board"):
                board.check_outdir(out, newest)


class Source(Case):
    """A kit for the kernel source of a user, who builds the kernels."""

    def setUp(self):
        super().setUp()
        self.k = small_tree(self.tmp / "k")
        (self.k / "Makefile").write_text((self.k / "Makefile").read_text()
                                         + f"$(shell touch {self.tmp}/ran)\n")
        compiled(SMALL, self.tmp / "x.dtb")
        self.kit = self.tmp / "kit"

    def make(self, out):
        return make("board", f"DTB={self.tmp}/x.dtb", f"KDIR={self.k}", f"OUT={out}")

    def test_source_is_only_read(self):
        with self.unwritten(self.k):
            self.assert_ok(self.make(self.kit))
        self.assertFalse((self.tmp / "ran").exists())
        facts = json.loads((self.kit / "kit.json").read_text())
        patches = sorted(p.name for p in (self.kit / "series").iterdir())[1:]
        self.assertEqual(len(facts["applied"]["patched"]), len(patches))
        self.assertIn("The kernels are missing: sh build-kernels.sh",
                      (self.kit / "README.txt").read_text())
        self.assertFalse((self.kit / "stock.img").exists())
        self.assertEqual(facts["files"], sorted(board.names_below(self.kit)))

    def test_directory_in_the_source(self):
        with self.unwritten(self.k):
            self.assert_stops(self.make(self.k / "kit"), "is in the kernel source, which is only")

    def test_script_adds_both_kernels(self):
        """With a compiler that writes text: stock is built first, and then all patches."""
        self.assert_ok(self.make(self.kit))
        stubs = self.tmp / "bin"
        stubs.mkdir()
        for name, text in (("aarch64-linux-gnu-gcc", "exit 0\n"), ("make", STUB)):
            (stubs / name).write_text(f"#!/bin/sh\n{text}")
            (stubs / name).chmod(0o755)
        argv = ["sh", self.kit / "build-kernels.sh", self.k, self.tmp / "work"]
        path = f"{stubs}:/usr/bin:/bin"
        with self.unwritten(self.k):
            done = subprocess.run(argv, env={"PATH": path}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        sources = {name: (self.kit / f"{name}.img").read_text() for name in ("stock", "patched")}
        self.assertEqual(sources["stock"], (self.k / TOUCHED).read_text())
        self.assertNotEqual(sources["patched"], sources["stock"])
        base = (self.kit / "base.rd").read_bytes()
        for name in sources:
            disk = (self.kit / f"{name}.rd").read_bytes()
            self.assertTrue(disk.startswith(base))
            self.assertIn(b"xen_dma_test.ko", gzip.decompress(disk[len(base):]))
            there = subprocess.run(["mtype", "-i", f"{self.kit}/sd.img@@1M", f"::{name}.img"],
                                   check=True, capture_output=True, text=True).stdout
            self.assertEqual(there, sources[name])
        done = subprocess.run(argv, env={"PATH": path}, capture_output=True, text=True)
        self.assert_stops(done, "cannot create", "name another directory")
        with self.unwritten(self.kit):
            done = subprocess.run([*argv[:3], self.tmp / "large"], capture_output=True, text=True,
                                  env={"PATH": path, "MORE": "1"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("Image of stock is larger than its place of 32 MiB", done.stderr)
        with self.unwritten(self.kit):
            self.assert_stops(self.make(self.kit), "has patched.img, which is not of make board")


class UBoot(Machine):
    """A machine whose boots end with a line of U-Boot."""
    last = r"xen-dma kit \w+: done"


@later("demo", 15)
@RIG
class Proof(Case):
    """The image boots by Debian's U-Boot, under Xen, with both kernels."""

    @classmethod
    def setUpClass(cls):
        cls.home = BUILD / "board/proof"
        shutil.rmtree(cls.home, ignore_errors=True)
        cls.home.mkdir(parents=True)
        dtb = cls.home / "virt.dtb"
        subprocess.run([virt.QEMU, "-machine", f"{MACHINE},dumpdtb={dtb}", *HARDWARE,
                        "-display", "none"], check=True, capture_output=True)
        cls.made = make("board", f"DTB={dtb}", f"OUT={cls.home}/kit", progress=True)
        if cls.made.returncode:
            raise AssertionError("make board failed")
        disk = cls.home / "disk"
        shutil.copyfile(cls.home / "kit" / board.IMAGE, disk)
        argv = [virt.QEMU, "-machine", MACHINE, *HARDWARE, "-display", "none", "-monitor", "none",
                "-nic", "none", "-serial", "stdio", "-bios", U_BOOT, "-drive",
                f"if=none,id=disk,format=raw,file={disk}",
                "-device", "virtio-blk-device,drive=disk"]
        boot.run_qemu(argv, cls.home / "console.log", False, 900, UBoot())
        cls.log = (cls.home / "console.log").read_text()
        cls.kit = board_log.facts(cls.home / "kit")
        cls.found = board_log.outcomes(board_log.read(cls.home / "console.log"), cls.kit, "LOG=x")

    def test_front_door(self):
        done = make("board-report", f"LOG={self.home}/console.log", f"KIT={self.home}/kit")
        self.assert_ok(done)
        self.assertIn(f"{len(self.kit.boots)} boots", done.stdout)

    def test_u_boot_made_each_boot_once(self):
        numbers = re.findall(r"(?m)^xen-dma kit \w+: boot (\d+) of", self.log)
        self.assertEqual(numbers, [str(n + 1) for n in range(len(self.kit.boots))])
        self.assertEqual(self.log.count("(XEN) Xen version 4.20."), len(numbers))

    def test_progress_is_on_the_medium(self):
        text = subprocess.run(["mtype", "-i", f"{self.home}/disk@@1M", f"::{script.PROGRESS}"],
                              check=True, capture_output=True, text=True).stdout
        self.assertIn(f"xendma_next={len(self.kit.boots) + 1}", text)

    def test_results_are_those_without_u_boot(self):
        self.assertEqual(board_log.unexpected(self.found), [])
        self.assertGreater(len(self.found[1].run.tests), 250)

    def test_no_fault_of_cache_maintenance_is_claimed(self):
        """QEMU copies memory that is not mapped, which faults, but has no caches."""
        words = {out.only: out.word for out in self.found if out.real and out.kernel == "stock"}
        self.assertEqual(words["misuse.released_static"], board_log.SURVIVED)
        self.assertEqual(words["memory.own_static.bounce"], board_log.IN_COPY)
        self.assertEqual(words[boards.DEADLY], board_log.CRASH)
        self.assertIn("proves no fault", board_page.about_faults(self.found))

    def test_patched_log_in_place_of_stock_is_detected(self):
        """Swap the kernels in the facts: nearly everything is unexpected then."""
        facts = json.loads((self.home / "kit/kit.json").read_text())
        facts["applied"] = {"stock": facts["applied"]["patched"], "patched": []}
        swapped = board_log.Facts(self.home / "kit", **facts)
        found = board_log.outcomes(board_log.read(self.home / "console.log"), swapped, "LOG=x")
        self.assertGreater(len(board_log.unexpected(found)), 50)
