"""The HTTP API: thin routes over the store, the jobs and what each audience may know."""
