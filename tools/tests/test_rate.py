# SPDX-License-Identifier: GPL-2.0
"""The work of a backend, in requests per 10^6 instructions."""

from unittest import mock

from xendma.util.archs import ARCH
from xendma.results import report
from xendma.rig.variant import STOCK
from xendma.runs import kernels, rate

from .support import Case, later


class Numbers(Case):
    """The numbers come from one moment, and two boots agree."""

    LOG = ("# rate {0} begins", "# rate {0} ends", "# calls {0}, requests 100",
           "# calls {0}, lookups 1100", "# calls {0}, maps 800", "# calls {0}, maps_of_own 0",
           "# calls {0}, maps_of_others none", "# calls {0}, merges 50",
           "# calls {0}, by_xen_to 300", "# calls {0}, by_xen_from 100")

    def setUp(self):
        super().setUp()
        self.patch(rate.report, "unexpected", lambda run: [])

    def patch(self, *args):
        patcher = mock.patch.object(*args)
        patcher.start()
        self.addCleanup(patcher.stop)

    def measure(self, name, *boots, log=LOG):
        """Return (Run, faults); boots -- (requests, instructions) of each boot."""
        home = self.tmp / name
        home.mkdir(exist_ok=True)
        run = mock.Mock(home=home, variant=name)
        run.name = name
        text = "\r\n".join(line.format(mode) for mode in rate.MODES for line in log)
        (home / "console.log").write_text(text + "\r\n")
        samples = [{(mode, point): (1000 + n * ended, 7 + requests * ended)
                    for mode in rate.MODES for ended, point in enumerate(("begins", "ends"))}
                   for requests, n in boots]
        with mock.patch.object(rate, "boot_once", side_effect=[(run, s) for s in samples]):
            return rate.run("4.20", run.variant)

    def table(self, *runs):
        return [dict(zip(*rows)) for head, *body in [list(rate.rows(list(runs)))]
                for rows in ((head, row) for row in body)]

    def test_rates(self):
        stock, faults = self.measure("stock", (100, 10**8), (101, 10**8))
        self.assertEqual(faults, [])
        patched, _ = self.measure("patched", (200, 10**8), (202, 10**8))
        for row in self.table(stock, patched):
            more = row["kernel"] == "patched"
            self.assertEqual(row["per 10^6"], "2.0100" if more else "1.0050")
            self.assertEqual(row["to stock"], "2.0000" if more else "1.0000")
            self.assertEqual((row["two boots"], row["maps"]), ("1.00%", "8.00"))
            # 1,100 lookups, of which 50 merges have two each.
            self.assertEqual((row["lookups"], row["by Xen"]), ("10.00", "4.00"))
        self.assertIn("persistent", rate.text([stock, patched]))

    def test_noise(self):
        _, faults = self.measure("stock", (100, 10**8), (103, 10**8))
        self.assertEqual(faults, [f"stock, {mode}: two boots differ by 3.00%, more than 2%"
                                  for mode in rate.MODES])

    def test_function_that_is_gone(self):
        """A kernel without the function never calls it; the requests must be there."""
        log = [line.replace("lookups 1100", "lookups none").replace("merges 50", "merges 0")
               for line in self.LOG]
        run, _ = self.measure("fast", (100, 10**8), (100, 10**8), log=log)
        self.assertEqual({row["lookups"] for row in self.table(run)}, {"0.00"})
        with self.assertRaises(KeyError):
            self.measure("torn", (100, 10**8), (100, 10**8), log=self.LOG[3:])

    def test_failed_boot(self):
        """A boot that fails has no numbers, also not those of an earlier one."""
        stock, _ = self.measure("stock", (100, 10**8), (100, 10**8))
        self.assertTrue(rate.load(stock))
        self.patch(rate.report, "unexpected", lambda run: ["panic"])
        self.measure("stock", (100, 10**8), (100, 10**8))
        self.assertFalse(rate.load(stock))

    def test_sample(self):
        """Both numbers are those of a machine that is stopped."""
        asked = []

        class Fake:
            def call(self, command):
                asked.append(command)
                return {"query-replay": {"icount": 5}, "query-blockstats": [
                    {"device": "", "stats": {}},
                    {"device": "disk", "stats": {"rd_operations": 2, "wr_operations": 1}}],
                        }.get(command)
        self.assertEqual(rate.sample(Fake()), (5, 3))
        self.assertEqual((asked[0], asked[-1]), ("stop", "cont"))

    def test_comments_that_ask(self):
        counter = rate.Counter(self.tmp)
        counter.monitor = mock.Mock()
        with mock.patch.object(rate, "sample", side_effect=[(1, 2), (3, 4)]):
            self.assertIsNone(counter("# rate persistent goes on\n"))
            self.assertEqual(counter("# rate persistent begins\n"), "\n")
            self.assertEqual(counter("# rate persistent ends\n"), "\n")
        self.assertEqual(counter.samples, {("persistent", "begins"): (1, 2),
                                           ("persistent", "ends"): (3, 4)})

    def test_config(self):
        """The kernel that is measured has a backend, and no debug options."""
        newest = mock.Mock(newest=True)
        newest.name = "7.3"
        with mock.patch.object(kernels, "has_suite", lambda tree: False):
            text = "".join(f.read_text() for f in kernels.fragments(newest, ARCH, kernels.RATE))
        for option in ("XEN_BLKDEV_BACKEND", "VIRTIO_BLK", "KPROBE_EVENTS"):
            self.assertIn(f"CONFIG_{option}=y\n", text)
        for option in ("DEBUG_ATOMIC_SLEEP", "DEBUG_VM", "DMA_API_DEBUG", "DRM"):
            self.assertNotIn(f"CONFIG_{option}=y\n", text)


class Measured(Case):
    @later("demo", 15)
    def test_stock(self):
        """A stock kernel looks for each map in the table of foreign frames."""
        run, faults = rate.run("4.20", STOCK)
        self.assertEqual([*faults, *report.unexpected(run)], [], report.summary(run))
        for mode, twice in rate.load(run).items():
            for work in twice:
                self.assertGreater(work.requests, 500, mode)
                self.assertGreaterEqual(work.maps, 1, mode)
                self.assertGreaterEqual(work.lookups, work.maps, mode)
