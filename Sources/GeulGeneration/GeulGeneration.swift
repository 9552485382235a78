// The room GeulGeneration is furnished in the commits that follow.
