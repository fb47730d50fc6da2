"""Jobs: what takes long, done once by any worker, and seen by all."""
