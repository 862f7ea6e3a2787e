# SPDX-License-Identifier: GPL-2.0
"""Files, arguments and keys of a boot; QEMU and the build are replaced by mocks."""

import contextlib
import unittest
from unittest import mock

from xendma.util import cpus, paths
from xendma.results import ktap
from xendma.rig import boot, build, initramfs
from xendma.rig.machines import MACHINES, machine, virt
from xendma.rig.variant import PATCHED, STOCK
from xendma.runs import drivers, kernels

from .support import Case

LOG = "TAP version 13\n1..1\nok 1 last.no_stray_hits\n" \
      "# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0\n"


class Fake(Case):
    """A test that builds and boots nothing."""

    def setUp(self):
        super().setUp()
        # Do not wait for other boots and builds.
        self.enterContext(mock.patch.object(cpus, "BUILD", self.tmp))
        self.tree = mock.Mock(release="7.3.4", version=(7, 3, 4), package="x 1", newest=True)
        self.tree.name = "7.3"
        for name in ("image", "initrd", "xen"):
            (self.tmp / name).write_bytes(b"x" * 16)
        self.recipe = build.Recipe("arm64", ())

    def is_taken(self, name):
        """Return whether somebody has a lock."""
        with cpus.lock_file(name) as lock:
            return not cpus.taken(lock)

    def patched(self, *triples):
        """Return a context that gives attributes other values."""
        stack = contextlib.ExitStack()
        for place, name, value in triples:
            stack.enter_context(mock.patch.object(place, name, value))
        return stack


class Boots(Fake):
    def boot(self, xen="4.20", log=LOG, timed_out=False, **more):
        """Return (the Boot, its Run, the defines of its device tree)."""
        kernel = build.Kernel(self.tmp / "image", [], ["0001-a"], ["0001-a", "0002-b"])
        defines = {}

        def run_qemu(argv, console, *args):
            self.assertTrue(self.is_taken("cpu0"))
            return log, timed_out
        with self.patched(
                (boot.build, "build", lambda tree, variant, recipe: kernel),
                (initramfs, "initramfs", lambda *args: self.tmp / "initrd"),
                (boot.hypervisor, "binary", lambda xen, arch: self.tmp / "xen"),
                (boot, "require_programs", lambda *names: None),
                (boot, "log", lambda text: None),
                (boot.ktap, "statuses", lambda console, source: {"last.no_stray_hits": "PASS"}),
                (virt, "require_programs", lambda *names: None),
                (virt, "run_program", lambda argv, what, **kw: ""),
                (virt, "compile_device_tree", lambda base, to, values: defines.update(values)),
                (boot, "run_qemu", run_qemu)):
            one = boot.Boot(self.tree, xen, PATCHED, self.recipe, self.tmp / "home", **more)
            return one, one.run(), defines

    def test_run(self):
        one, run, defines = self.boot(args="console=hvc0 x=1")
        self.assertEqual((run.verdict, run.tests), (ktap.PASSED, {"last.no_stray_hits": ("PASS", "")}))
        self.assertEqual((run.applied, run.series), (["0001-a"], ["0001-a", "0002-b"]))
        self.assertIn(": passed: 1 tests", (one.home / "verdict").read_text())
        self.assertIn(f"-kernel {self.tmp}/xen ", (one.home / "command").read_text())
        self.assertEqual(defines["DOM0_ARGS"], '"console=hvc0 x=1"')
        self.assertEqual(defines["KERNEL_SIZE"], "0x10")

    def test_usual_arguments(self):
        _, _, defines = self.boot()
        self.assertEqual(defines["DOM0_ARGS"], f'"{MACHINES["arm64"].dom0_args}"')
        self.assertEqual(defines["XEN_ARGS"], f'"{MACHINES["arm64"].xen_args}"')

    def test_without_xen(self):
        one, run, defines = self.boot(xen=None, defines={"CLIENTS": "1"}, devices=["-x"])
        command = (one.home / "command").read_text().split()
        self.assertEqual((run.xen, defines), (None, {"CLIENTS": "1"}))
        self.assertIn(f"{self.tmp}/image", command)
        self.assertIn("console=ttyAMA0", " ".join(command))
        self.assertEqual(command[-1], "-x")

    def test_other_machine(self):
        """A caller may replace the machine of a Boot."""
        other = virt.Virt("virt,gic-version=3", ("-smp", "4"), (0x1000, 0x2000))
        one, _, defines = self.boot(machine=other)
        self.assertIn("gic-version=3 -smp 4 ", (one.home / "command").read_text())
        self.assertEqual(defines["KERNEL_ADDR"], "0x1000")

    def test_timed_out(self):
        self.assertEqual(self.boot(log="KTAP version 1\n", timed_out=True)[1].verdict,
                         ktap.TIMEOUT)

    def test_machines_without_a_bare_kernel(self):
        for arch in ("arm", "x86_64"):
            load = machine.Load(self.tree, self.tmp, None, self.tmp / "image",
                                self.tmp / "initrd", "", "")
            with self.assertRaisesRegex(Exception, "boots under Xen only"):
                MACHINES[arch].command(load)


class Builds(Fake):
    """A build compiles only the stale parts."""

    def build(self, *modules, changed=None):
        """Build, and return the names of compiled parts: "Image" and modules."""
        built = []

        def make(work, objects, what, *targets, arch):
            self.assertTrue(self.is_taken("build"))
            built.extend(t for t in targets if t == "Image")
            (objects / "arch/arm64/boot").mkdir(parents=True, exist_ok=True)
            (objects / "arch/arm64/boot/Image").write_text("image")
            (objects / "System.map").write_text("symbols")

        def module(place, to, *_):
            built.append(to.name)
            to.write_text("module")
        recipe = build.Recipe("arm64", (), modules=modules)
        with self.patched(
                (build, "BUILD", self.tmp), (build, "make", make),
                (build, "build_module", module), (build, "log", lambda text: None),
                (build, "patched_sources", lambda tree, variant: (changed or {}, [])),
                (build.selection, "patches_for", lambda tree: []),
                (build, "prepare", lambda tree, changed, recipe: (self.tmp, self.tmp / "obj"))):
            build.build(self.tree, STOCK, recipe)
        return built

    def module(self, name, text="x"):
        place = self.tmp / name
        place.mkdir(exist_ok=True)
        (place / "Makefile").write_text(f"obj-m += {name}.o\n")
        (place / f"{name}.c").write_text(text)
        return place

    def test_modules(self):
        usual, more = self.module("usual"), self.module("more")
        self.assertEqual(self.build(usual), ["Image", "usual.ko"])
        self.assertEqual(self.build(usual), [])
        # A module of some boots only does not make the other modules stale.
        self.assertEqual(self.build(usual, more), ["Image", "more.ko"])
        self.module("more", "changed")
        self.assertEqual(self.build(usual), [])
        self.assertEqual(self.build(usual, more), ["Image", "more.ko"])

    def test_source(self):
        usual = self.module("usual")
        self.build(usual)
        self.assertEqual(self.build(usual, changed={"a.c": b"1"}), ["Image", "usual.ko"])


class Recipes(unittest.TestCase):
    def test_modules_of_the_demo(self):
        """Only the kernel of make demo has the modules for drivers."""
        newest = mock.Mock(newest=True)
        newest.name = "7.3"
        with mock.patch.object(kernels, "has_suite", lambda tree: True):
            self.assertEqual([p.relative_to(paths.TESTS).as_posix()
                              for p in kernels.recipe(newest).modules], ["test_modules"])
            self.assertEqual([p.relative_to(paths.TESTS).as_posix()
                              for p in kernels.for_demo(newest).modules],
                             ["test_modules", "clients/test_modules"])

    def test_controls_exist(self):
        for name in drivers.CONTROL.values():
            self.assertTrue((kernels.CLIENTS / name).is_file(), name)
