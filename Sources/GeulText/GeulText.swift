// The room GeulText is furnished in the commits that follow.
