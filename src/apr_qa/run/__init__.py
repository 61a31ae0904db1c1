"""Asks engines and writes down what came back: the only room that starts programs and talks to their sockets."""
