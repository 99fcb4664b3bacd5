"""The Model Context Protocol: the engine's calls as tools, over stdio and streamable HTTP."""
