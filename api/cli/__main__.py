"""``python -m api.cli`` is ``flagstone``."""

from api.cli.program import main

main()
