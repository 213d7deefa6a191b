"""The scenario language: how a file is read, checked and described."""
