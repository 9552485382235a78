// The room GeulNetwork is furnished in the commits that follow.
