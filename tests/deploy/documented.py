"""What docs/deployment.md tells people to type, so that the tests type the same."""

from __future__ import annotations

import re
import textwrap

from tests.deploy.playbooks import CHECKOUT


def documented(language: str, part: str) -> str:
    """Give the one code block that holds a part, with apt asking nobody."""
    text = (CHECKOUT / "docs/deployment.md").read_text()
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.M | re.S)
    (found,) = (block for _, block in blocks if part in block)
    return textwrap.dedent(found).replace("apt install", "apt-get install -qy --no-install-recommends")
