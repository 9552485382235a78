// The room GeulTraining is furnished in the commits that follow.
