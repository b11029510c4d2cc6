"""From what the engine answers to the bytes of the dialect."""
