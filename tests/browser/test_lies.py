"""What somebody claims gives way to what is heard of them."""

from __future__ import annotations

import pytest

from tests.browser.harness import Stage, all_hear_each_other, until

MUTED_BY_WORD = """() => {
  for (const way of [WebSocket.prototype, RTCDataChannel.prototype]) {
    const { send } = way;
    way.send = function (said) {
      const told = typeof said === "string" ? said.replaceAll('"muted":false', '"muted":true') : said;
      return send.call(this, told);
    };
  }
}"""


@pytest.mark.long
async def test_whoever_says_muted_and_is_heard_is_shown_as_heard(own_stage: Stage) -> None:
    """To the server and past it, while the microphone goes on."""
    ana, bo = await own_stage.sea("Ana", "Bo")
    await bo.page.evaluate(MUTED_BY_WORD)
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    row = ana.page.locator(".person[data-word]", has_text="Bo")

    async def told() -> bool:
        return "says muted, but is heard" in await row.inner_text()

    await until("Bo's tile tells what is heard", told)
    assert await row.get_attribute("data-word") == "here"
