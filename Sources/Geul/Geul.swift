// The room Geul is furnished in the commits that follow.
