"""The one door to the network: every outgoing request of Flagstone passes here.

::

    with Door(Policy(hosts=("docs.example.org",)), cache=Cache(folder / "answers.sqlite")) as door:
        page = door.get("https://docs.example.org/")        # redirects followed, 2xx or SourceError
        answer = door.ask("https://docs.example.org/old")   # one answer, whatever its status
        door.download(url, path, limits=Limits(body_bytes=10**9), sha256=digest)

1. An address must be http or https, without credentials, to an allowed host and port.
2. Its name is looked up once; every address of it must be public, or in a named network.
3. The connection goes to the checked address; reused connections were checked when they were made.
4. Redirects are followed here, hop by hop, each under 1 to 3, and never from https to http.
5. Headers, unpacked body, silence, slowness and total time have limits.
6. What may pass (429, 502, 503, 504, broken connections) is asked for again, Retry-After heeded.

Errors say what failed, not why in detail: that is in the log.
"""

from ingest.egress.addresses import Network as Network
from ingest.egress.cache import Cache as Cache
from ingest.egress.connect import Resolver as Resolver
from ingest.egress.connect import system_resolver as system_resolver
from ingest.egress.door import Door as Door
from ingest.egress.policy import USER_AGENT as USER_AGENT
from ingest.egress.policy import Clock as Clock
from ingest.egress.policy import Limits as Limits
from ingest.egress.policy import Policy as Policy
from ingest.egress.policy import Retry as Retry
from ingest.egress.response import Counts as Counts
from ingest.egress.response import Response as Response
