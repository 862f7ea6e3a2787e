# SPDX-License-Identifier: GPL-2.0
"""make domain: devices passed through to a direct-mapped domain, alone and beside dom0."""

from ..util.archs import ARCH
from ..util.paths import BUILD
from ..sources import tree as trees, xen_source
from ..results.run import Run
from ..rig.boot import Boot
from ..rig.machines import domain
from ..rig.variant import PATCHED, Variant
from . import drivers, kernels, selftest


def prepare(tree_name: str, variant: Variant, dom0: bool, clients: bool = False) -> Boot:
    """Return the Boot of the domain.

    dom0    -- whether an idle dom0 is beside it
    clients -- whether to use drivers of the kernel, in place of the tests
    """
    tree, machine = trees.get(tree_name), domain.Domain(dom0=dom0)
    words = [machine.dom0_args, drivers.ARGS] if clients else \
        [machine.dom0_args, *selftest.words(tree, variant)]
    kind = ["domain", "dom0"] if dom0 else ["domain"]
    name = "-".join([str(tree.name), f"xen{xen_source.VERSION}", ARCH, variant.name, *kind,
                     *["clients"] * clients])
    boot = Boot(tree, xen_source.VERSION, variant, kernels.recipe(tree), BUILD / "dom0" / name,
                "with drivers of the kernel" if clients else "", " ".join(words),
                machine=machine)
    boot.domain = "a domain beside dom0" if dom0 else "a domain without dom0"
    boot.defines = {"CLIENTS": "1"}		# the registers of the displays
    if clients:
        boot.control = kernels.CLIENTS / drivers.CONTROL["clients"]
        boot.files = drivers.program(tree, ARCH) | drivers.programs()
        drivers.remove_pictures(boot)
    return boot


def run(tree_name: str, variant: Variant = PATCHED) -> list[tuple[Run, list[str]]]:
    """Boot the tests with and without dom0, and the newest tree's drivers without."""
    tree = trees.get(tree_name)
    ran: list[tuple[Run, list[str]]] = [
        (prepare(tree_name, variant, dom0).run(), []) for dom0 in (False, True)]
    if kernels.has_drivers(tree, ARCH):
        ran.append(drivers.photograph(prepare(tree_name, variant, False, clients=True)))
    return ran
