"""One class for each service of the protocol: reads the request, calls one function, writes the answer."""
