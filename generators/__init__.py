"""Built-in generators: each continues a still image as a video.

A new generator is a file (or a folder, for a method of several parts)
here, a class derived from `plugins.Generator`, and an entry point in
pyproject.toml. It imports only `plugins`.
"""
