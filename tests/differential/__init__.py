"""The same small programs through minichat and through langchain-core, where that is installed."""
