"""What docs/ tells operators to type, so that the tests type the same."""

from __future__ import annotations

import re
import textwrap

from tests.deploy.playbooks import CHECKOUT


def documented(language: str, part: str) -> str:
    """Give the one code block that holds a part, with apt asking nobody."""
    pages = [CHECKOUT / "docs/deployment.md", *sorted((CHECKOUT / "docs/operations").glob("*.md"))]
    text = "\n".join(page.read_text() for page in pages)
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.M | re.S)
    (found,) = (block for _, block in blocks if part in block)
    return textwrap.dedent(found).replace("apt install", "apt-get install -qy --no-install-recommends")
