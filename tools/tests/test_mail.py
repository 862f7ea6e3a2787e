# SPDX-License-Identifier: GPL-2.0
"""make mail: recipients, trailers, and the commands for b4. No test sends a mail."""

import json
import re
import shutil
import subprocess
import unittest

from xendma.util.paths import BUILD
from xendma.sources import tree
from xendma.series import patch

from . import support
from .support import ALL_TOUCHED, IDENTITY, Case, copy_project, environment, git, make

NEEDED = ("MAINTAINERS", "scripts/get_maintainer.pl", "scripts/checkpatch.pl",
          "scripts/spelling.txt", "scripts/const_structs.checkpatch")


class Mail(Case):
    def mail(self, *args, **kw):
        done = make("mail", f"OUT={self.tmp}/out", *args, **kw)
        self.assert_ok(done)
        return done.stdout, [p.read_text() for p in sorted((self.tmp / "out").iterdir())]

    def test_newest(self):
        printed, (letter, *each) = self.mail("TREE=newest")
        to = re.search(r"(?m)^To:  (.*)$", printed)[1]
        for who in ("Juergen Gross", "Stefano Stabellini", "Marek Szyprowski"):
            self.assertIn(who, to)
            for text in (letter, *each):
                self.assertIn(who, text.split("\n\n")[0])
        for who in ("xen-devel@", "iommu@", "linux-arm-kernel@"):
            self.assertIn(who, re.search(r"(?m)^Cc:  (.*)$", printed)[1])
        self.assertIn("In-Reply-To: <20260415-xen-swiotlb-v1-1-de24eda3c0fd@nxp.com>", letter)
        self.assertRegex(letter, r"\nbase: Debian .*\nchange-id: 2026\d{4}-[\w-]+-[0-9a-f]{12}\n\Z")
        self.assertIn("    Cc: stable@vger.kernel.org # 5.19+\n", printed)
        self.assertIn('    Fixes: 566fb90e050d ("', printed)
        self.assertIn("Nothing was sent", printed)

    def test_notes(self):
        """Mails that a list would not take are named as such."""
        printed, _ = self.mail("TREE=6.12", "PART=fixes")
        self.assertIn("Note: not for a list yet: stable trees take what mainline has", printed)
        self.assertIn("Note: no Signed-off-by: SIGNOFF=1 adds yours", printed)
        printed, _ = self.mail("TREE=newest", "PART=fixes", "SIGNOFF=1")
        self.assertNotIn("Note:", printed)
        printed, _ = self.mail(f"KDIR={support.small_tree(self.tmp / 'k')}", "SIGNOFF=1")
        self.assertRegex(printed, r"Note: no base-commit: \S+/k is not the top of a git tree\n"
                                  r"Note: each part is a series of its own")

    def test_next_version_has_a_changelog(self):
        project = copy_project(self.tmp / "project")
        support.edit(project / "series/0000-all", "Version: 1", "Version: 2")
        with open(project / "series/changes", "a", encoding="ascii") as f:
            f.write("v2: something else.\n")
        _, (letter, *each) = self.mail("TREE=newest", root=project,
                                       XENDMA_BUILD=BUILD)
        self.assertRegex(letter, r"Subject: \[PATCH v2 00/\d+\]")
        self.assertIn("\nv2: something else.\n\nbase: ", letter)
        self.assertNotIn("SPDX", letter)
        self.assertRegex(each[0], r"Subject: \[PATCH v2 01/\d+\]")

    def test_stable_submission(self):
        commit = "0123456789abcdef0123456789abcdef01234567"
        ids = self.tmp / "ids"
        ids.write_text(f"{commit} xen/swiotlb: fix user mappings of DMA buffers on ARM\n")
        printed, (letter, *each) = self.mail("TREE=6.12", f"UPSTREAM={ids}")
        self.assertEqual(len(each), 1)
        self.assertIn("To:  stable@vger.kernel.org\n", printed)
        self.assertNotIn("In-Reply-To:", letter)
        self.assertIn("Subject: [PATCH 6.12 1/1] xen/swiotlb: fix user mappings of DMA buffers", each[0])
        self.assertIn(f"\n\ncommit {commit} upstream.\n\n", each[0])

    def test_bad_ids(self):
        ids = self.tmp / "ids"
        for text, why in (("0123 x\n", "'0123' is no commit id of 40 digits"), ("", "names no commit"),
                          ("0" * 40 + " x\n", "no patch for this tree has the subject 'x'")):
            ids.write_text(text)
            self.assert_stops(make("mail", "TREE=6.12", f"UPSTREAM={ids}", f"OUT={self.tmp}/out"),
                              f"UPSTREAM={ids}", why)
            self.assertFalse((self.tmp / "out").exists())
        self.assert_stops(make("mail", "TREE=6.12", "UPSTREAM=/nonexistent"), "No such file")

    def test_part(self):
        """One part has its own recipients, and b4 marks it as an RFC, too."""
        printed, (letter, *each) = self.mail("TREE=newest", "PART=callers")
        self.assertEqual(len(each), 4)
        for text, n in zip((letter, *each), range(5)):
            self.assertIn(f"\nSubject: [RFC PATCH {n}/4] ", text)
        self.assertIn("Heiko", re.search(r"(?m)^To:  (.*)$", printed)[1])
        self.assertNotIn("In-Reply-To:", letter)
        cover = (self.tmp / "out-b4/cover").read_text()
        self.assertTrue(cover.startswith("Do not map coherent DMA memory a second time\n\nThree "))
        tracking = json.loads(cover[cover.rindex("\n{") + 1:])
        self.assertEqual(tracking["series"]["prefixes"], ["RFC"])
        change_id = tracking["series"]["change-id"]
        self.assertTrue(letter.endswith(f"\nchange-id: {change_id}\n"))

    def test_people_of_a_letter(self):
        printed, (letter, *_) = self.mail("TREE=6.12", "PART=fixes")
        cover = patch.letter((6, 12), "fixes")
        for who in cover.get_all("Cc"):
            self.assertIn(who, letter.split("\n\n")[0])
        self.assertEqual(cover["Part"], "fixes")
        self.assertIn(f"change-id: {cover['Change-id']}\n", printed)
        tracking = (self.tmp / "out-b4/cover").read_text()
        self.assertIn('"prefixes": []', tracking)

    def test_callers_go_to_their_own_lists(self):
        """Each patch goes to its own list, and the letter goes to all lists."""
        _, (letter, *each) = self.mail("TREE=newest", "PART=callers")
        lists = ("linux-remoteproc@", "linux-rockchip@", "linux-arm-msm@", "xen-devel@")
        for own, text in zip(lists, each, strict=True):
            head = text.split("\n\n")[0]
            self.assertEqual([l for l in lists if l in head], [own])
            self.assertEqual(head.count("\nTo: "), 1)
            self.assertIn(own, letter.split("\n\n")[0])

    def test_tree_without_maintainers(self):
        k = support.small_tree(self.tmp / "k", "6.12")
        (k / "MAINTAINERS").unlink()
        self.assert_stops(make("mail", f"KDIR={k}", f"OUT={self.tmp}/out"), f"{k} has no MAINTAINERS",
                          "name the full source")

    def test_no_program_of_a_tree_is_run(self):
        """The program of Debian reads the MAINTAINERS of the tree."""
        k = support.small_tree(self.tmp / "k", "6.12")
        (k / "scripts").mkdir()
        (k / "scripts/get_maintainer.pl").write_text(f"system 'touch {self.tmp}/ran';\n")
        (k / "MAINTAINERS").write_text("List\n----\n\nXEN\nM:\tA Vendor <a@vendor.invalid>\n"
                                       "S:\tMaintained\nF:\tdrivers/xen/\n")
        printed, _ = self.mail(f"KDIR={k}")
        self.assertIn("To:  A Vendor <a@vendor.invalid>\n", printed)
        self.assertFalse((self.tmp / "ran").exists())

    def b4_branch(self):
        """Create a repository with the series on a branch, like the printed commands."""
        self.mail("TREE=newest", "SIGNOFF=1")
        t, repo = tree.get("newest"), self.tmp / "repo"
        for f in (*ALL_TOUCHED, *NEEDED):
            (repo / f).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(t.path / f, repo / f)
        git(repo, "init", "-q", "-b", "master")
        for key, value in (("name", IDENTITY["GIT_AUTHOR_NAME"]),
                           ("email", IDENTITY["GIT_AUTHOR_EMAIL"])):
            git(repo, "config", f"user.{key}", value)
        git(repo, "config", "b4.send-endpoint-web", "")
        git(repo, "add", "-A")
        git(repo, "commit", "-qm", "base")
        git(repo, "checkout", "-qb", "b4/xen-swiotlb-dma")
        git(repo, "commit", "-q", "--allow-empty", "-F", f"{self.tmp}/out-b4/cover")
        git(repo, "am", "-q", *map(str, sorted((self.tmp / "out").iterdir())[1:]))
        shutil.copy(self.tmp / "out-b4/b4-config", repo / ".b4-config")
        return repo

    def b4(self, repo, *args):
        env = environment(HOME=self.tmp, XDG_CONFIG_HOME=self.tmp, XDG_DATA_HOME=self.tmp,
                          XDG_CACHE_HOME=self.tmp)
        done = subprocess.run(["b4", *args], cwd=repo, env=env, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    @unittest.skipUnless(shutil.which("b4"), "b4 is not installed")
    def test_b4_reads_the_branch(self):
        """b4 shows the branch, and writes the mails that it would send."""
        repo = self.b4_branch()
        self.assertIn("change-id: 20261121-xen-swiotlb-dma-by-address-",
                      self.b4(repo, "prep", "--show-info"))
        self.b4(repo, "send", "--no-sign", "-o", str(self.tmp / "mails"))
        mails = sorted((self.tmp / "mails").iterdir())
        self.assertEqual(len(mails), len(list((self.tmp / "out").iterdir())))
        self.assertIn("change-id: 20261121-xen-swiotlb-dma-by-address-", mails[0].read_text())

    @unittest.skipUnless(shutil.which("b4"), "b4 is not installed")
    def test_b4_checks_the_branch(self):
        repo = self.b4_branch()
        if "--check " not in self.b4(repo, "prep", "--help"):
            self.skipTest("this b4 has no prep --check; 0.14, of Debian 13, has")
        for f in ("COPYING", "CREDITS", "Kbuild", "Makefile", "README", "fs", "init", "ipc", "lib"):
            (repo / f).touch()	# checkpatch runs in a kernel tree only
        checked = self.b4(repo, "prep", "--check")
        # The repository has no history, so checkpatch knows no commit ids.
        printed = re.findall(r"checkpatch\.pl: (.*)", checked)
        self.assertEqual([l for l in printed if "Unknown commit id" not in l], [])
        self.assertRegex(checked, r"Success: \d+, Warning: \d+, Error: 0")
        self.assertEqual(checked.count(": xen/swiotlb: "),
                         sum("-xen-swiotlb-" in p.name for p in (self.tmp / "out").iterdir()))
