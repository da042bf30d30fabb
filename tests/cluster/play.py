# SPDX-License-Identifier: Apache-2.0
"""A play of run-four."""


class Play:
    """body(gang) yields lines, to be the same in every mixture, and dictionaries of figures; judge(figures, stock's) yields what is wrong with them."""

    def __init__(self, body, arguments=(), needs_network=False, is_quick=False, takes_figures=False, judge=lambda figures, stock: []):
        self.body, self.arguments, self.judge = body, list(arguments), judge
        self.needs_network, self.is_quick, self.takes_figures = needs_network, is_quick, takes_figures
