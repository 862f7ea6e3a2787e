# SPDX-License-Identifier: GPL-2.0
"""Options that a verb does not read, and values that it does not know: one line says so."""

import os
import shutil
from concurrent import futures

from xendma.util.errors import UserError
from xendma.cli import options

from . import support
from .support import Case, make, small_tree


class Options(Case):
    """A verb refuses options that it does not read."""

    def test_kdir_of_a_boot(self):
        for args, verb in ((["dom0"], " dom0"), ([], "")):
            self.assert_stops(make(*args, "KDIR=/src/linux"),
                              f"KDIR= is for make series, make mail, make board, not for make{verb}")

    def test_out_of_a_boot(self):
        self.assert_stops(make("dom0", f"OUT={self.tmp}"), "OUT= is for make series")

    def test_every_option_of_another_verb(self):
        """Each verb refuses each of them; one for each verb comes by make."""
        calls = {}
        for verb, heeded in options.HEEDS.items():
            for name in sorted(set(options.DEFAULT) - set(heeded)):
                with self.assertRaisesRegex(UserError, f"^{name}= is for make"):
                    options.Options({name: "1"}).check(verb)
                calls[verb] = name
        self.assertEqual(set(calls), set(options.HEEDS))
        with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            ended = pool.map(lambda verb: make(*[] if verb == "all" else [verb],
                                               f"{calls[verb]}=1"), calls)
            for name, done in zip(calls.values(), ended):
                self.assert_stops(done, f"{name}= is for make")

    def test_misspelt_variable(self):
        self.assert_stops(make("dom0", "SERIESS=0"), "SERIESS= is unknown")
        self.assert_stops(make("series", "kdir=/src/linux"), "kdir= is unknown")

    def test_path_that_a_shell_left_empty(self):
        self.assert_stops(make("series", "KDIR="), "KDIR= is empty")

    def test_table_of_some_mutants(self):
        """Before the first boot."""
        self.assert_stops(make("mutants", "ONLY=*:sign", "RECORD=1"), "leave ONLY= out")

    def test_seed(self):
        self.assert_stops(make("fuzz", "SEED=0"), "SEED=0")

    def test_two_kernels(self):
        self.assert_stops(make("series", "TREE=6.12", f"KDIR={self.tmp}"), "TREE= and KDIR= both")

    def test_unknown_value_of_sign_off(self):
        self.assert_stops(make("series", "SIGNOFF=yes"), "SIGNOFF=yes is unknown")

    def test_series_for_a_path_needs_few_programs(self):
        """make series needs no compiler, QEMU or apt, so it runs on any distribution."""
        bare = self.tmp / "bin"
        bare.mkdir()
        for name in ("make", "sh", "python3", "git", "ed", "spatch", "unifdef", "uname", "grep", "diff",
                     "cp", "mv", "rm"):
            (bare / name).symlink_to(support.program_path(name))
        done = support.subprocess.run(
            [shutil.which("make"), "-s", "-C", support.ROOT, "series",
             f"KDIR={small_tree(self.tmp / 'k')}", f"OUT={self.tmp}/out"], text=True,
            capture_output=True, env=support.environment(PATH=bare))
        self.assert_ok(done)
