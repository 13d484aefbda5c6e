"""The command line's subcommands, one file each: ``add(parsers)`` declares it, ``run(arguments)`` does it."""
