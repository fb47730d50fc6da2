"""`python -m service`: the command line, run from a checkout."""

from service.cli import main

if __name__ == "__main__":
    main()
