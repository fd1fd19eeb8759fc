"""The building machinery behind ``build.py``: one idea a module, standard library only.

``cli`` runs the commands; ``environment`` makes what the build needs; ``userland`` builds libc and the
packages through ``sources``, ``toolchain``, ``libc``, ``package`` and ``link_passes``; ``assembly`` puts
``dist/`` together; ``cache`` remembers everything by content.
"""
