"""The command line: the server, its settings, coturn's configuration and secrets, the proxy's, the doctor."""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from meshvoice import assets, env_file
from meshvoice.settings import Settings, SettingsError
from meshvoice.settings_report import Sources, report

EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the process's exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
    except SettingsError as problem:
        print(f"meshvoice: {problem}", file=sys.stderr)
        return EXIT_USAGE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="meshvoice", description="Voice rooms for small groups, self-hosted."
    )
    parser.add_argument(
        "--env-file",
        type=Path,
        default=Path("conf/meshvoice.env"),
        help="settings as NAME=value lines; the environment wins over it (default: %(default)s)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the server")
    serve.set_defaults(run=_serve)
    _of_several(serve)
    health = commands.add_parser("health", help="ask the running server how it is; exit code 0 if it works")
    health.set_defaults(run=_health)
    _of_several(health)
    settings = commands.add_parser("settings", help="print each setting, and where its value comes from")
    settings.set_defaults(run=_print_settings)
    make_secrets = commands.add_parser("secrets", help="write the env file with new secrets, once")
    make_secrets.add_argument("path", type=Path, nargs="?", help="instead of --env-file's; - prints it")
    make_secrets.set_defaults(run=_secrets)
    host_link = commands.add_parser("host-link", help="print a link, good once, that makes somebody a host")
    host_link.add_argument(
        "--origin", default="", metavar="ORIGIN", help="which of MESHVOICE_ORIGIN (default: the first)"
    )
    host_link.set_defaults(run=_host_link)
    conf = commands.add_parser("coturn-conf", help="print coturn's configuration")
    conf.add_argument("--guard", action="store_true", help="print the kernel guard (nftables) instead")
    conf.add_argument("--user", default="turnserver", help="whom the guard confines: coturn's user")
    conf.add_argument("--log", choices=("syslog", "stdout"), default="syslog", help="to where coturn logs")
    conf.set_defaults(run=_coturn_conf)
    rotate = commands.add_parser(
        "coturn-rotate", help="tell the running coturn the secrets, and prove that it takes them"
    )
    rotate.add_argument("--check", action="store_true", help="only prove it, from any machine")
    rotate.add_argument("--userdb", default="", metavar="PATH", help="coturn's database (default: Debian's)")
    rotate.set_defaults(run=_coturn_rotate)
    renew = commands.add_parser(
        "coturn-renew", help="render coturn's files anew and restart it, where they changed and nobody relays"
    )
    renew.set_defaults(run=_coturn_renew)
    coturn = commands.add_parser("coturn", help="run a local coturn with that configuration")
    coturn.set_defaults(run=_coturn)
    proxy = commands.add_parser("proxy-conf", help="print the reverse proxy's configuration")
    proxy.add_argument(
        "proxy", choices=("nginx", "caddy", "apache", "haproxy", "traefik"), help="the proxy that it is for"
    )
    proxy.add_argument("--cert", default="", metavar="PATH", help="certificate chain on the proxy's host")
    proxy.add_argument("--key", default="", metavar="PATH", help="its key")
    proxy.set_defaults(run=_proxy_conf)
    doctor = commands.add_parser("doctor", help="prove the TURN path, or name the leg that fails")
    doctor.add_argument("--json", action="store_true", help="one JSON document in place of lines")
    doctor.set_defaults(run=_doctor)
    return parser


def _of_several(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--process",
        type=int,
        default=0,
        metavar="N",
        help="which of MESHVOICE_PROCESSES, from 0 (the default)",
    )


def _settings(chosen: argparse.Namespace) -> Settings:
    return Settings.from_env(env_file.merged(chosen.env_file, dict(os.environ)))


def _relay_settings(chosen: argparse.Namespace) -> Settings:
    """Read what the relay's own commands need: on its host nothing signs sessions."""
    env = env_file.merged(chosen.env_file, dict(os.environ))
    if not env.get("MESHVOICE_SECRET_KEY", "").strip():
        env = {**env, "MESHVOICE_SECRET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}
    return Settings.from_env(env)


def _settings_of_one(chosen: argparse.Namespace) -> Settings:
    settings, number = _settings(chosen), chosen.process
    if not 0 <= number < settings.processes:
        raise SettingsError("--process", f"is from 0 to {settings.processes - 1} (MESHVOICE_PROCESSES)")
    return replace(settings, port=settings.port + number)


def _serve(chosen: argparse.Namespace) -> int:
    try:
        settings = _settings_of_one(chosen)
        from meshvoice.web import logs, server  # after the settings, so that a refusal comes at once

        logs.setup(settings.log_format)
        return server.run(settings)
    except SettingsError as problem:
        if not _logs_json(chosen):
            raise
        from meshvoice.web import logs

        logs.setup("json")
        logs.log.critical("%s", problem)
        return EXIT_USAGE


def _logs_json(chosen: argparse.Namespace) -> bool:
    try:
        env = env_file.merged(chosen.env_file, dict(os.environ))
    except SettingsError:
        # A file that can't be read says nothing of it.
        env = dict(os.environ)
    return env.get("MESHVOICE_LOG_FORMAT", "").strip().lower() == "json"


def _health(chosen: argparse.Namespace) -> int:
    from meshvoice.web import health

    return health.print_health(_settings_of_one(chosen))


def _print_settings(chosen: argparse.Namespace) -> int:
    path: Path = chosen.env_file
    file = env_file.read(path)
    sources = Sources(environment=dict(os.environ), file=file, file_name=str(path))
    text, right = report(sources, [*env_file.strangers(file, path)])
    sys.stdout.write(text)
    return 0 if right else EXIT_USAGE


def _secrets(chosen: argparse.Namespace) -> int:
    path: Path = chosen.path or chosen.env_file
    template = (assets.find("conf") / "meshvoice.env.example").read_text(encoding="utf-8")
    if str(path) == "-":
        sys.stdout.write(env_file.with_secrets(template))
        return 0
    try:
        env_file.write_new(path, template)
    except FileExistsError:
        return _fill(path)
    except OSError as problem:
        print(f"meshvoice: {path} can't be written: {problem.strerror}", file=sys.stderr)
        return 1
    print(f"wrote {path} with new secrets; only you can read it", file=sys.stderr)
    return 0


def _fill(path: Path) -> int:
    filled = env_file.fill(path)
    if not filled:
        print(
            f"meshvoice: {path} is there already and stays as it is. For a new secret let its line there "
            "stand empty (`MESHVOICE_SECRET_KEY=`, `COTURN_SHARED_SECRET=`) and run this again",
            file=sys.stderr,
        )
        return 1
    print(f"{path} was there: gave {' and '.join(filled)} a value, and left the rest", file=sys.stderr)
    return 0


def _host_link(chosen: argparse.Namespace) -> int:
    from meshvoice.web import host_link

    return host_link.print_link(_settings(chosen), origin=chosen.origin)


def _coturn_conf(chosen: argparse.Namespace) -> int:
    from meshvoice.turn import commands

    settings = _relay_settings(chosen)
    if chosen.guard:
        return commands.print_guard(settings, user=chosen.user)
    return commands.print_conf(settings, log=chosen.log)


def _coturn_rotate(chosen: argparse.Namespace) -> int:
    from meshvoice import doctor

    return doctor.rotate(_relay_settings(chosen), database=chosen.userdb, check=chosen.check)


def _coturn_renew(chosen: argparse.Namespace) -> int:
    from meshvoice.turn import renewal

    return renewal.renew(_relay_settings(chosen))


def _coturn(chosen: argparse.Namespace) -> int:
    from meshvoice.turn import commands

    return commands.run_coturn(_relay_settings(chosen), env_file=chosen.env_file)


def _proxy_conf(chosen: argparse.Namespace) -> int:
    from meshvoice.proxies import commands

    return commands.print_conf(_settings(chosen), proxy=chosen.proxy, cert=chosen.cert, key=chosen.key)


def _doctor(chosen: argparse.Namespace) -> int:
    from meshvoice import doctor

    return doctor.run(_relay_settings(chosen), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
