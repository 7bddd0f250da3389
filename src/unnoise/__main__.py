"""``python -m unnoise`` is the command ``unnoise``."""

from unnoise.cli import main

if __name__ == "__main__":
    main()
