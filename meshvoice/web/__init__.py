"""The only place that knows aiohttp: HTTP, WebSockets, cookies and the process's loop."""
