"""Between messages of the protocol and the nouns of the backend; here alone lies what a message may hold."""
