"""The web page: the calls of the service as pages for people, rendered without a build step."""
