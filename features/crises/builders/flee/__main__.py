"""`python -m features.crises.builders.flee`; see `convert`."""

import sys

from features.crises.builders.flee.convert import main

sys.exit(main())
