"""One file a revision, named by its number and what it brings; frozen once it has been released."""
