"""``python -m api``, and the entry point of the command ``flagstone``.

The processes that read documents import the program that started them anew. They find only this
here, and not all of the service.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from api.cli.program import main as run

    run()


if __name__ == "__main__":
    main()
