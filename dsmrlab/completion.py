"""`dsmrlab completion`: what a shell needs to complete our commands."""

from __future__ import annotations

import click

from dsmrlab.edge import LabCommand, Settings

SHELLS = ("bash", "zsh", "fish")


@click.command(
    cls=LabCommand,
    example="completion bash >> ~/.bashrc",
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a completion script for a shell."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, "dsmrlab", "_DSMRLAB_COMPLETE").source()
    settings = ctx.ensure_object(Settings)
    settings.show({"shell": shell, "script": script}, script)
